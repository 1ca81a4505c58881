/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Floors and caps of a split (payout.md 7.5): freeze whoever is below the floor or above the cap, whichever side
 * weighs more, until the exact proposals of all others keep both. Exact: every comparison is multiplied out, and
 * none passes 2^128. R < 2^53 and v <= V < 2^74, so a proposal's product stays under 2^127. The floors frozen in
 * one round sum to at most R, as do the caps (each is below its proposal), so their sum times V stays under 2^128. */
#include "split.h"

#include <assert.h>

struct round {
    int64_t rest;     /* R */
    ch_u128 open_sum; /* V */
    int64_t floor;    /* f of whom the floor holds */
    int64_t cap;
};

enum side { WITHIN, BELOW, ABOVE };

static enum side side_of(const struct round *r, ch_u128 weight, bool floored)
{
    int64_t floor = floored ? r->floor : 0;
    if (r->open_sum == 0)
        return floor > 0 ? BELOW : WITHIN;
    ch_u128 proposal = (ch_u128)r->rest * weight;
    if (proposal < (ch_u128)floor * r->open_sum)
        return BELOW;
    return proposal > (ch_u128)r->cap * r->open_sum ? ABOVE : WITHIN;
}

/* Sums over the open recipients of one round. */
struct sides {
    bool any;
    ch_u128 fixed;    /* floors of those below and caps of those above */
    ch_u128 proposed; /* v of both */
};

static struct sides look(const struct ch_clamp *c, const struct round *r, const enum ch_frozen *frozen, size_t count)
{
    struct sides s = {false, 0, 0};
    for (size_t i = 0; i < count; i++) {
        enum side side = frozen[i] == CH_FROZEN_NOT ? side_of(r, c->weight[i], c->floored[i]) : WITHIN;
        if (side == WITHIN)
            continue;
        s.any = true;
        s.fixed += (ch_u128)(side == BELOW ? r->floor : r->cap);
        s.proposed += c->weight[i];
    }
    return s;
}

/* Freezes one side or, when they balance, both. */
static void freeze(const struct ch_clamp *c, struct round *r, enum ch_frozen *frozen, size_t count, bool below,
                   bool above)
{
    const struct round before = *r;
    for (size_t i = 0; i < count; i++) {
        if (frozen[i] != CH_FROZEN_NOT)
            continue;
        enum side side = side_of(&before, c->weight[i], c->floored[i]);
        if ((side == BELOW && below) || (side == ABOVE && above)) {
            frozen[i] = side == BELOW ? CH_FROZEN_FLOOR : CH_FROZEN_CAP;
            r->rest -= side == BELOW ? r->floor : r->cap;
            r->open_sum -= c->weight[i];
        }
    }
    assert(r->rest >= 0);
}

static void settle(const struct ch_clamp *c, struct round *r, enum ch_frozen *frozen, size_t count)
{
    for (;;) {
        struct sides s = look(c, r, frozen, count);
        if (!s.any)
            return;
        ch_u128 needed = r->open_sum ? s.fixed * r->open_sum : s.fixed;
        ch_u128 proposed = r->open_sum ? (ch_u128)r->rest * s.proposed : 0;
        freeze(c, r, frozen, count, needed >= proposed, needed <= proposed);
    }
}

/* The end of the rounds is known: whoever was frozen on the way would still be beyond that bound. Where nobody is open
 * it is the member's own amount that tells; where floor and cap are one amount, cap is said of both. */
static void settle_known(const struct ch_clamp *c, struct round *r, const struct ch_step_result *known,
                         enum ch_frozen *frozen, size_t count)
{
    static const enum ch_frozen of_side[] = {
        [WITHIN] = CH_FROZEN_NOT, [BELOW] = CH_FROZEN_FLOOR, [ABOVE] = CH_FROZEN_CAP};
    r->rest = known->rest;
    r->open_sum = known->clamp.weight_total;
    for (size_t i = 0; i < count; i++) {
        bool capped = r->open_sum == 0 && c->weight[i] > 0 && (r->rest > 0 || known->amounts[0] == r->cap);
        frozen[i] = capped ? CH_FROZEN_CAP : of_side[side_of(r, c->weight[i], c->floored[i])];
    }
}

static bool apportion(struct ch_distribution *d, struct ch_step_result *result, struct ch_arena *scratch, int64_t total,
                      const ch_u128 *weight)
{
    struct ch_apportionment a = {.run_id = d->inputs->run_id,
                                 .total = total,
                                 .count = d->inputs->recipient_count,
                                 .weight = weight,
                                 .path = ch_recipient_path,
                                 .context = d->inputs};
    const struct ch_step_result *known = ch_known_step(d, result);
    result->rest = total;
    return ch_apportion_cut(scratch, &a, known ? &known->clamp : NULL, result->amounts, &result->clamp);
}

static void trace(struct ch_distribution *d, const struct ch_step_result *result, ch_u128 weight, enum ch_frozen frozen)
{
    if (d->trace)
        ch_trace_add(d, (struct ch_trace_row){.level = CH_TRACE_CLAMP,
                                              .contribution = -1,
                                              .total = result->rest,
                                              .amount = result->amounts[d->trace->recipient],
                                              .weight = weight,
                                              .weight_total = result->clamp.weight_total,
                                              .frozen = frozen});
}

static bool unfunded(struct ch_distribution *d, struct ch_step_result *result, const struct ch_clamp *c, int64_t floor,
                     struct ch_arena *scratch)
{
    size_t count = d->inputs->recipient_count;
    ch_u128 *weight = ch_alloc_array(scratch, count, sizeof *weight);
    for (size_t i = 0; i < count; i++)
        weight[i] = c->floored[i] ? (ch_u128)floor : 0;
    if (!apportion(d, result, scratch, c->pot, weight))
        return false;
    result->unfunded = true;
    ch_distribution_flag(d, "floors_unfunded", result->step->id, -1);
    if (d->trace)
        trace(d, result, weight[d->trace->recipient], CH_FROZEN_NOT);
    return true;
}

static bool funded(struct ch_distribution *d, struct ch_step_result *result, const struct ch_clamp *c, struct round *r,
                   struct ch_arena *scratch)
{
    size_t count = d->inputs->recipient_count;
    enum ch_frozen *frozen = ch_alloc_array(scratch, count, sizeof *frozen);
    if (ch_known_step(d, result))
        settle_known(c, r, ch_known_step(d, result), frozen, count);
    else
        settle(c, r, frozen, count);
    ch_u128 *open = ch_alloc_array(scratch, count, sizeof *open);
    for (size_t i = 0; i < count; i++)
        open[i] = frozen[i] == CH_FROZEN_NOT ? c->weight[i] : 0;
    if (!apportion(d, result, scratch, r->rest, open))
        return false;
    if (r->open_sum == 0) {
        result->leftover += r->rest;
        if (r->rest > 0)
            ch_distribution_flag(d, "caps_bind", result->step->id, -1);
    }
    for (size_t i = 0; i < count; i++)
        if (frozen[i] != CH_FROZEN_NOT)
            result->amounts[i] = frozen[i] == CH_FROZEN_FLOOR ? r->floor : r->cap;
    if (d->trace)
        trace(d, result, c->weight[d->trace->recipient], frozen[d->trace->recipient]);
    return true;
}

bool ch_clamp(struct ch_distribution *d, struct ch_step_result *result, const struct ch_clamp *c)
{
    struct ch_arena *scratch = ch_arena_new();
    struct round r = {.rest = c->pot, .cap = c->cap, .floor = c->floor_each < c->cap ? c->floor_each : c->cap};
    ch_u128 floors = 0;
    for (size_t i = 0; i < d->inputs->recipient_count; i++) {
        r.open_sum += c->weight[i];
        floors += c->floored[i] ? (ch_u128)r.floor : 0;
    }
    const struct ch_step_result *known = ch_known_step(d, result);
    bool short_of = known ? known->unfunded : floors > (ch_u128)c->pot;
    bool good = !(r.open_sum >> 74) &&
                (short_of ? unfunded(d, result, c, r.floor, scratch) : funded(d, result, c, &r, scratch));
    ch_arena_free(scratch);
    return good;
}
