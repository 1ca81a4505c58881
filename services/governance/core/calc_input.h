/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the offline calculators of governance share: reading numbers of a JSON document, and the one refusal they answer
 * with (governance.md, section 11). */
#ifndef COMMONHOLD_GOVERNANCE_CALC_INPUT_H
#define COMMONHOLD_GOVERNANCE_CALC_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"

/* Why an input was refused. */
struct ch_calc_refusal {
    const char *slug;
    const char *pointer; /* RFC 6901, NULL where there is none */
    int line;            /* of the text, from 1; 0 where there is none */
    const char *detail;  /* one sentence */
};

/* Fills the refusal; false always, so that checks may return it. */
bool ch_calc_refuse(struct ch_calc_refusal *refusal, const char *slug, const char *pointer, const char *detail);

/* The one line of a refusal, {"error","pointer","line","detail"}, without its end. */
char *ch_calc_refusal_text(struct ch_arena *arena, const struct ch_calc_refusal *refusal);

/* The document in a text of at most `max` bytes. NULL when refused: too_large, out_of_range for an integer beyond 64
 * bits, else not_json. Fractions pass here; whoever wants an integer in their place refuses them. */
const json_t *ch_calc_json(struct ch_arena *arena, const char *text, size_t size, size_t max,
                           struct ch_calc_refusal *refusal);

/* An integer that must be there, its bounds, and the int64_t of a struct that it goes into. */
struct ch_calc_number {
    const char *name;
    size_t offset;
    int64_t min, max;
    const char *not_over; /* number of the same object it may not exceed (num and den); NULL for none */
};

/* Reads `count` numbers of the object at `pointer` into the struct at `into`. False with the first refusal: missing,
 * not_integer, out_of_range. */
bool ch_calc_numbers(struct ch_arena *arena, const json_t *object, const char *pointer,
                     const struct ch_calc_number *numbers, size_t count, void *into, struct ch_calc_refusal *refusal);

/* Holds numbers that were read against their `not_over`: out_of_range. */
bool ch_calc_fractions(struct ch_arena *arena, const json_t *object, const char *pointer,
                       const struct ch_calc_number *numbers, size_t count, struct ch_calc_refusal *refusal);

#endif
