/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What licensing's handlers and jobs ask of core/: JSON in, JSON out. This is the one place where stored facts become
 * the parsed documents that core/ decides on; neither HTTP nor the database is known here. */
#ifndef LICENSING_DECIDE_H
#define LICENSING_DECIDE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "commonhold/arena.h"

/* Faults of a Table Schema, [{"pointer","detail"}], NULL when there are none. *unsupported: all of them are things
 * Frictionless knows and pools do not. */
json_t *licensing_check_schema(struct ch_arena *arena, const json_t *schema, bool *unsupported);
/* Faults of a schema that is to follow `before`, which a pool has: its own, or where it does more than add nullable
 * columns and relax constraints; NULL when there are none. *notice_columns: the names of its new quasi and direct
 * columns. */
json_t *licensing_check_growth(struct ch_arena *arena, const json_t *before, const json_t *next, bool *unsupported,
                               const json_t **notice_columns);
/* What cannot be read with this schema in a dialect {delimiter, header_map, ignore}; NULL when all is well. */
json_t *licensing_check_dialect(struct ch_arena *arena, const json_t *schema, const char *format,
                                const json_t *dialect);

/* The review of a terms draft: {"errors", "narrowing"}. `in_force` is the canonical text it is compared with, NULL for
 * a pool's first terms; `new_notice` is what wider rules must carry. NULL with *faults when it is no terms document. */
json_t *licensing_review_terms(struct ch_arena *arena, const json_t *doc, const char *in_force, int64_t new_notice,
                               json_t **faults);
/* Two terms documents compared, as core/narrows.h writes it. NULL when either is none. */
json_t *licensing_terms_difference(struct ch_arena *arena, const char *older, const char *newer, int64_t new_notice);

/* Evaluates what licensing.load_screening or load_evaluation loaded, once per action and mode: {"facts", "decision",
 * "reasons", "evaluations":[{"request","output"}]}. Any denial denies; any council decision asks the council; actions
 * that need different rules are refused as "several-rules", since one agreement uses one rule. NULL with *faults when
 * the request cannot be read. */
json_t *licensing_evaluate(struct ch_arena *arena, const json_t *loaded, json_t **faults);

/* What stored facts offer, {"offer", "conditions"}: the offer as its conditions narrow it, canonical; NULL when there
 * is nothing to offer. */
const char *licensing_narrowed_offer(struct ch_arena *arena, const json_t *given);

#endif
