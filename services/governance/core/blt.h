/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ballot files as election offices and counting programs write them (BLT; governance.md, section 11):
 *
 *     5 2          candidates, seats
 *     -4           withdrawn candidates
 *     6 1 2 0      six papers: 1 before 2
 *     0
 *     "Ada"        a name for each candidate, then perhaps a title */
#ifndef COMMONHOLD_GOVERNANCE_BLT_H
#define COMMONHOLD_GOVERNANCE_BLT_H

#include <stdbool.h>
#include <stddef.h>

#include "calc_input.h"
#include "stv.h"

#define CH_BLT_SIZE_MAX ((size_t)64 << 20)

/* Reads a file; its ballots live in the arena, `text` is not needed any more. Fills all of the election but the seed of
 * its lot, which becomes zeros. Names and title are counted, not kept: results speak of numbers. False with the first
 * refusal and its line: bad_header, bad_number, bad_count, duplicate_preference, candidate_out_of_range,
 * equal_preference, missing_terminator, too_few_names, too_large. */
bool ch_blt_parse(struct ch_arena *arena, const char *text, size_t size, struct ch_stv_election *election,
                  struct ch_calc_refusal *refusal);

#endif
