/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The purpose tree and the regions (version 1 of the list): tables made from sql/reference at build time.
 *
 * Hierarchy is walked only in this tree. DPV and DUO IRIs are labels: in DPV security purposes lie below
 * PublicBenefit, so a test "isA PublicBenefit" there would hand data to surveillance. */
#ifndef LICENSING_CORE_PURPOSES_H
#define LICENSING_CORE_PURPOSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_PURPOSES_VERSION 1
#define CH_PURPOSE_UNKNOWN  63 /* the bit of a purpose that is not in the list; no code has it */

struct ch_purpose {
    const char *code;
    const char *parents; /* codes separated by one space; "" for the root */
    bool assignable;     /* may be asked for and consented to */
    const char *default_tier, *match, *dpv, *duo;
    uint64_t ancestors;   /* bit n: ch_purposes[n] is the code itself or above it, over any parent */
    uint64_t descendants; /* bit n: ch_purposes[n] is the code itself or below it */
};
extern const struct ch_purpose ch_purposes[];
extern const size_t ch_purpose_count; /* at most 63 */

struct ch_region {
    char code[3];       /* ISO 3166-1 alpha-2 */
    const char *groups; /* of "EU EEA WORLD", separated by one space */
};
extern const struct ch_region ch_regions[];
extern const size_t ch_region_count;

/* Index of a code in ch_purposes, CH_PURPOSE_UNKNOWN if it is none. Exact: no prefix, no case folding. */
unsigned ch_purpose_index(const char *code);
/* The bits of all assignable codes. */
uint64_t ch_purposes_assignable(void);
/* The code an incoming IRI maps to: only by a row whose `match` is exact; NULL otherwise. Accepts the full IRI. */
const char *ch_purpose_from_iri(const char *iri);

/* A set of regions: bit 26 * first + second letter; the last bit stands for a region that is not assigned. */
#define CH_REGION_UNKNOWN 676
#define CH_REGION_WORDS   11
struct ch_region_set {
    uint64_t words[CH_REGION_WORDS];
};
/* Bit of an assigned code, CH_REGION_UNKNOWN for anything else (a group too). */
unsigned ch_region_bit(const char *code);
/* Adds a code or all members of a group. False when it is neither; the set is then unchanged. */
bool ch_region_set_add(struct ch_region_set *set, const char *code_or_group);
bool ch_region_set_has(const struct ch_region_set *set, unsigned bit);
bool ch_region_set_within(const struct ch_region_set *inner, const struct ch_region_set *outer);

/* The tree checks a migration must pass, over any rows (members code, parents, assignable, dpv are read): codes
 * unique, parents known, no cycle, the first row the one root, no code below PG and also below COM or X, no
 * security IRI below PG. False with one sentence in `error` (256 bytes). At most 63 rows. */
bool ch_purpose_tree_check(const struct ch_purpose *rows, size_t count, char *error);

#endif
