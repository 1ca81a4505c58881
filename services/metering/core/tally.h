/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Attribution: which contributions may be delivered, whose they are, and how many rows of each are in the batch. */
#ifndef METERING_CORE_TALLY_H
#define METERING_CORE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally *tally);

/* Adds an allowed contribution: its id, its number, whose it is. A repeated id is ignored. */
void tally_allow(struct tally *tally, const uint8_t id[16], int64_t no, const uint8_t member[16]);
size_t tally_allowed(const struct tally *tally);
/* Distinct members of all allowed contributions. */
size_t tally_members_allowed(const struct tally *tally);

/* Index of an allowed contribution, -1 for any other. */
int64_t tally_find(struct tally *tally, const uint8_t id[16]);
/* Ordinal of its member, below tally_members_allowed. */
uint32_t tally_member(const struct tally *tally, int64_t index);
/* The number it was allowed with. */
int64_t tally_no(const struct tally *tally, int64_t index);
void tally_count(struct tally *tally, int64_t index);
/* Rows counted since the last reset, and distinct members among them (also with rows that are not counted: tally_see).
 */
uint64_t tally_rows(const struct tally *tally);
size_t tally_members(const struct tally *tally);
void tally_see(struct tally *tally, int64_t index);
void tally_reset(struct tally *tally);

/* PostgreSQL array literals, beside one another: numbers and counts of what was counted, in rising index. */
void tally_write(const struct tally *tally, struct out *numbers, struct out *counts);
/* Array literal of all allowed contributions. */
void tally_write_allowed(const struct tally *tally, struct out *ids);

#endif
