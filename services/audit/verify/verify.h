/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the checks of a verification share. */
#ifndef COMMONHOLD_VERIFY_H
#define COMMONHOLD_VERIFY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/tlog.h"

#define VERIFY_ENTRY_MAX 65535                     /* bytes of an entry of the log */
#define VERIFY_MONEY_MAX INT64_C(0x1fffffffffffff) /* 2^53 - 1 minor units */

/* ---- the report: one line a check ---- */

struct verify_report {
    bool failed, quiet; /* quiet: nothing is printed */
};
/* `ok NAME`, or with `wrong` `FAIL NAME wrong`. */
void verify_say(struct verify_report *report, const char *name, const char *wrong);

/* ---- whom to believe: what was given on the command line, never what a file brings along ---- */

struct verify_trust {
    bool has_key;
    struct ch_vkey key;
    const char *key_wrong; /* why the key given is none; NULL */
    bool has_policy;
    struct ch_tlog_policy *policy;
    char policy_wrong[200]; /* why the policy given is none */
};
/* `vkey` and `policy_path` may be NULL. False with a message when the file cannot be read. */
bool verify_trust_read(struct ch_arena *arena, const char *vkey, const char *policy_path, struct verify_trust *trust);
/* Each NULL, or one sentence. A line of a key that is trusted for this origin is there; it holds; the policy is met. */
const char *verify_key(const struct verify_trust *trust, const struct ch_checkpoint *checkpoint);
const char *verify_signature(const struct verify_trust *trust, const struct ch_checkpoint *checkpoint);
const char *verify_policy(struct ch_arena *arena, const struct verify_trust *trust,
                          const struct ch_checkpoint *checkpoint);

/* NULL with a message when the file cannot be read. */
char *verify_file(struct ch_arena *arena, const char *path, size_t *size);
/* SHA-256(0x00 || first || second). */
void verify_leaf(const void *first, size_t first_size, const void *second, size_t second_size,
                 uint8_t leaf[CH_TLOG_HASH]);

/* ---- statements ---- */

/* Members of an object; "" and -1 for what is not there, has another type or, of a figure, is outside 0 to 2^53 - 1. */
const char *verify_text(const json_t *object, const char *name);
int64_t verify_figure(const json_t *object, const char *name);
/* A decimal string without leading zeros; false when it is none or passes 2^126. */
typedef unsigned __int128 verify_wide;
bool verify_number(const json_t *object, const char *name, verify_wide *value);
/* The first of `before` objects whose member `key` is `value`; NULL. */
const json_t *verify_named(const json_t *array, const char *key, const char *value, size_t before);

/* NULL, or one sentence in the arena: every amount follows from base, fraction, rounding and max, every remainder from
 * the step before, and lines, funds and what is carried make the pot. */
const char *verify_steps(struct ch_arena *arena, const json_t *statement);
/* The same: every step's money goes where the rule sends it, parts have what their shares give them, what no part could
 * give is the leftover, and each fund has what the steps gave it. For steps that verify_steps found right. */
const char *verify_splits(struct ch_arena *arena, const json_t *statement);
/* SHA-256(run 0x00 path): what a tie is broken by. */
void verify_tie(const char *run, const char *path, uint8_t tie[CH_TLOG_HASH]);
/* NULL, or one sentence in the arena: every row of the trace divides right and of what the step before it gave, its
 * extra unit is on the right side of the cut, and the rows sum to the line. */
const char *verify_trace(struct ch_arena *arena, const json_t *statement);

/* All checks of a statement, in their order; `rule` may be NULL. */
void verify_check_statement(struct ch_arena *arena, const json_t *statement, const json_t *rule,
                            const struct verify_trust *trust, struct verify_report *report);
int verify_statement(int argc, char **argv);

#endif
