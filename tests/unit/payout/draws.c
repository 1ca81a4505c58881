/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The drawing of cases and their shrinking. It knows nothing of payouts: whatever a property draws is a row of numbers.
 */
#include "draws.h"

#include <stdlib.h>
#include <string.h>

#define TRIES_MAX     20000 /* of one shrinking */
#define LEAVE_OUT_MAX 24    /* numbers at a time: about what one person or contribution draws */

/* SplitMix64: any seed is a good one. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void keep(struct draws *draws, uint64_t value)
{
    if (draws->count == draws->room) {
        draws->room = draws->room ? draws->room * 2 : 64;
        draws->value = realloc(draws->value, draws->room * sizeof *draws->value);
        if (!draws->value)
            abort();
    }
    draws->value[draws->count++] = value;
}

uint64_t draw(struct draws *draws, uint64_t below)
{
    if (!draws->repeated)
        keep(draws, next_random(&draws->state) % below);
    uint64_t value = draws->at < draws->count ? draws->value[draws->at] % below : 0;
    draws->at++;
    return value;
}

bool draw_chance(struct draws *draws, uint64_t in)
{
    return draw(draws, in) == in - 1;
}

int64_t draw_amount(struct draws *draws, int64_t max)
{
    static const uint64_t below[] = {4, 40, 4000};
    uint64_t kind = draw(draws, 4), limit = (uint64_t)max + 1;
    if (kind < 3 && below[kind] < limit)
        limit = below[kind];
    return (int64_t)draw(draws, limit);
}

int64_t draw_between(struct draws *draws, int64_t low, int64_t high)
{
    return low + (int64_t)draw(draws, (uint64_t)(high - low) + 1);
}

struct shrinking {
    property *holds;
    struct draws best; /* the least that fails so far */
    struct draws tried;
    size_t tries;
};

/* Takes `tried` for the best when the property still fails of it. */
static bool still_fails(struct shrinking *s)
{
    if (s->tries == TRIES_MAX)
        return false;
    s->tries++;
    struct ch_arena *arena = ch_arena_new();
    s->tried.at = 0;
    bool fails = s->holds(arena, &s->tried) != NULL;
    ch_arena_free(arena);
    if (!fails)
        return false;
    if (s->tried.at < s->tried.count)
        s->tried.count = s->tried.at; /* the rest was not drawn */
    memcpy(s->best.value, s->tried.value, s->tried.count * sizeof *s->tried.value);
    s->best.count = s->tried.count;
    return true;
}

static void start_from_best(struct shrinking *s)
{
    memcpy(s->tried.value, s->best.value, s->best.count * sizeof *s->best.value);
    s->tried.count = s->best.count;
}

static bool without(struct shrinking *s, size_t at, size_t length)
{
    start_from_best(s);
    memmove(s->tried.value + at, s->tried.value + at + length, (s->best.count - at - length) * sizeof *s->tried.value);
    s->tried.count -= length;
    return still_fails(s);
}

static bool with_value(struct shrinking *s, size_t at, uint64_t value)
{
    start_from_best(s);
    if (s->tried.value[at] <= value)
        return false;
    s->tried.value[at] = value;
    return still_fails(s);
}

/* The least value, by halves, with which it fails, if failing grows with the value; one less at a time at the end. */
static bool lower(struct shrinking *s, size_t at)
{
    bool better = with_value(s, at, 0);
    while (at < s->best.count && with_value(s, at, s->best.value[at] / 2))
        better = true;
    for (int i = 0; i < 64 && at < s->best.count && s->best.value[at] > 0; i++) {
        if (!with_value(s, at, s->best.value[at] - 1))
            break;
        better = true;
    }
    return better;
}

static bool shrink_once(struct shrinking *s)
{
    bool better = false;
    for (size_t length = LEAVE_OUT_MAX; length > 0; length--)
        for (size_t at = 0; at + length <= s->best.count;)
            if (without(s, at, length))
                better = true;
            else
                at++;
    for (size_t at = 0; at < s->best.count; at++)
        better = lower(s, at) || better;
    return better;
}

/* The text of the least failing case. `found` is used up. */
static const char *shrink(struct ch_arena *arena, property *holds, struct draws *found, size_t *count)
{
    struct shrinking s = {.holds = holds, .best = *found};
    s.best.repeated = true;
    s.tried = s.best;
    s.tried.value = calloc(found->count + 1, sizeof *s.tried.value);
    if (!s.tried.value)
        abort();
    while (shrink_once(&s))
        ;
    s.best.at = 0;
    const char *text = holds(arena, &s.best);
    if (count)
        *count = s.best.count;
    free(s.tried.value);
    *found = s.best;
    return text;
}

const char *find_counterexample(struct ch_arena *arena, property *holds, uint64_t seed, size_t rounds, size_t *count)
{
    const char *text = NULL;
    struct draws draws = {0};
    for (size_t round = 0; round < rounds && !text; round++) {
        struct ch_arena *scratch = ch_arena_new();
        draws.count = draws.at = 0;
        draws.state = seed + round;
        if (holds(scratch, &draws))
            text = shrink(arena, holds, &draws, count);
        ch_arena_free(scratch);
    }
    free(draws.value);
    return text;
}
