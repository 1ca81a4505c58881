/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Property tests with shrinking. A case is made of numbers it draws one after the other; a failing one is made again
 * from fewer and smaller numbers as long as it still fails, so what is printed is about the least that goes wrong. */
#ifndef TESTS_PAYOUT_DRAWS_H
#define TESTS_PAYOUT_DRAWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

struct draws {
    uint64_t *value; /* what was drawn; when repeated, what will be: 0 behind the end */
    size_t count, at, room;
    uint64_t state; /* of the generator */
    bool repeated;
};

/* A number below `below` (at least 1). 0 should make the simplest case. */
uint64_t draw(struct draws *draws, uint64_t below);
/* One in `in` is true. */
bool draw_chance(struct draws *draws, uint64_t in);
/* 0 to `max`: mostly small, now and then anything. */
int64_t draw_amount(struct draws *draws, int64_t max);
int64_t draw_between(struct draws *draws, int64_t low, int64_t high);

/* NULL when it holds of the case drawn; else what went wrong, for people, in the arena. */
typedef const char *property(struct ch_arena *arena, struct draws *draws);

/* The first of `rounds` cases of which the property does not hold, shrunk, as text in the arena; NULL when it holds of
 * all. `*count` (may be NULL) is how many numbers that case draws. */
const char *find_counterexample(struct ch_arena *arena, property *holds, uint64_t seed, size_t rounds, size_t *count);

#endif
