/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A split step: eligibility, weights, the apportionment over parts, recipients, contributions and contributors.
 * Floors and caps are in clamp.c. */
#include "split.h"

#include <string.h>

#define SCALE_BITS 50 /* of the weights made for floors and caps */

struct split {
    struct ch_distribution *d;
    struct ch_step_result *result;
    const struct ch_rule_step *step;
    const struct ch_inputs *in;
    struct ch_arena *scratch;
    uint64_t *shares;      /* per contribution, the sum of eligible shares; NULL where no part asks */
    ch_u128 *clamp_weight; /* v per recipient; NULL without floor and cap */
    int64_t pot;           /* of the parts that are not empty */
};

size_t ch_recipient_path(const void *inputs, size_t entry, char *path)
{
    const struct ch_recipient *each = &((const struct ch_inputs *)inputs)->recipients[entry];
    memcpy(path, each->id, each->id_length);
    return each->id_length;
}

static size_t contribution_path(const void *inputs, size_t entry, char *path)
{
    const struct ch_contribution *each = &((const struct ch_inputs *)inputs)->contributions[entry];
    memcpy(path, each->id, each->id_length);
    return each->id_length;
}

struct inside {
    const struct ch_inputs *in;
    const struct ch_contribution *contribution;
};

/* Names the contribution, so that nobody wins the tie in every shared one. */
static size_t contributor_path(const void *context, size_t entry, char *path)
{
    const struct inside *inside = context;
    const struct ch_contributor *each = &inside->in->contributors[inside->contribution->first + entry];
    size_t length = inside->contribution->id_length;
    memcpy(path, inside->contribution->id, length);
    path[length++] = 0;
    memcpy(path + length, each->id, each->id_length);
    return length + each->id_length;
}

static size_t part_path(const void *step, size_t entry, char *path)
{
    const char *id = ((const struct ch_rule_step *)step)->id;
    size_t length = strlen(id);
    memcpy(path, id, length);
    path[length++] = '/';
    if (entry >= 10)
        path[length++] = (char)('0' + entry / 10);
    path[length++] = (char)('0' + entry % 10);
    return length;
}

const struct ch_step_result *ch_known_step(const struct ch_distribution *d, const struct ch_step_result *result)
{
    return d->known ? &d->known[result - d->steps] : NULL;
}

bool ch_apportion_cut(struct ch_arena *scratch, struct ch_apportionment *a, const struct ch_cut *known, int64_t *amount,
                      struct ch_cut *cut)
{
    if (known) {
        a->weight_total = known->weight_total;
        a->extra = known->extra;
        a->cut_remainder = known->remainder;
        memcpy(a->cut_tie, known->tie, sizeof a->cut_tie);
        ch_apportion_again(a, amount);
    } else if (!ch_apportion(scratch, a, amount))
        return false;
    *cut = (struct ch_cut){.weight_total = a->weight_total, .extra = a->extra, .remainder = a->cut_remainder};
    memcpy(cut->tie, a->cut_tie, sizeof cut->tie);
    return true;
}

static bool status_counts(const struct split *s, size_t recipient)
{
    return s->step->eligible_status >> s->in->recipients[recipient].status & 1;
}

static bool recipient_passes(const struct split *s, size_t recipient)
{
    const struct ch_recipient *each = &s->in->recipients[recipient];
    return status_counts(s, recipient) && each->window_units >= s->step->min_units &&
           each->distinct_licensees >= s->step->min_licensees;
}

static bool contribution_passes(const struct split *s, size_t contribution)
{
    const struct ch_contribution *each = &s->in->contributions[contribution];
    return s->shares[contribution] > 0 && each->window_units >= s->step->min_units &&
           each->distinct_licensees >= s->step->min_licensees;
}

static ch_u128 recipient_weight(const struct ch_recipient *each, enum ch_weight weight)
{
    switch (weight) {
    case CH_WEIGHT_USAGE:
        return (ch_u128)each->units;
    case CH_WEIGHT_QUALITY:
        return (ch_u128)each->units * each->quality_ppm;
    case CH_WEIGHT_EQUAL:
        return each->equal;
    case CH_WEIGHT_TENURE:
        return (ch_u128)each->tenure;
    case CH_WEIGHT_EXTERNAL:
        return (ch_u128)each->external;
    }
    return 0;
}

static ch_u128 contribution_weight(const struct ch_contribution *each, enum ch_weight weight)
{
    switch (weight) {
    case CH_WEIGHT_USAGE:
        return (ch_u128)each->units;
    case CH_WEIGHT_QUALITY:
        return (ch_u128)each->units * each->quality_ppm;
    case CH_WEIGHT_EQUAL:
        return 1;
    case CH_WEIGHT_EXTERNAL:
        return (ch_u128)each->external;
    case CH_WEIGHT_TENURE: /* refused with the rule */
        return 0;
    }
    return 0;
}

/* Eligible weights of a part, one for each recipient or contribution. */
static ch_u128 *part_weights(const struct split *s, const struct ch_rule_part *part, struct ch_arena *scratch,
                             size_t *count)
{
    *count = part->by_contribution ? s->in->contribution_count : s->in->recipient_count;
    ch_u128 *weight = ch_alloc_array(scratch, *count, sizeof *weight);
    for (size_t i = 0; i < *count; i++) {
        if (part->by_contribution)
            weight[i] = contribution_passes(s, i) ? contribution_weight(&s->in->contributions[i], part->weight) : 0;
        else
            weight[i] = recipient_passes(s, i) ? recipient_weight(&s->in->recipients[i], part->weight) : 0;
    }
    return weight;
}

static void sum_shares(struct split *s)
{
    s->shares = ch_alloc_array(s->scratch, s->in->contribution_count, sizeof *s->shares);
    for (size_t i = 0; i < s->in->contribution_count; i++) {
        const struct ch_contribution *each = &s->in->contributions[i];
        for (size_t j = each->first; j < each->first + (size_t)each->contributors; j++)
            if (status_counts(s, s->in->contributors[j].recipient))
                s->shares[i] += s->in->contributors[j].share;
    }
}

static ch_u128 contributor_weight(const struct split *s, const struct ch_contributor *each)
{
    return status_counts(s, each->recipient) ? each->share : 0;
}

/* What a contribution earned goes to its contributors by share. */
static bool share_contribution(struct split *s, size_t part, size_t index, int64_t total, struct ch_arena *scratch)
{
    const struct ch_contribution *c = &s->in->contributions[index];
    const struct ch_contributor *each = &s->in->contributors[c->first];
    const struct inside inside = {s->in, c};
    const struct ch_trace *trace = s->d->trace;
    ch_u128 *weight = ch_alloc_array(scratch, c->contributors, sizeof *weight);
    int64_t *amount = ch_alloc_array(scratch, c->contributors, sizeof *amount);
    for (size_t i = 0; i < c->contributors; i++)
        weight[i] = contributor_weight(s, &each[i]);
    struct ch_apportionment a = {.run_id = s->in->run_id,
                                 .total = total,
                                 .count = c->contributors,
                                 .weight = weight,
                                 .path = contributor_path,
                                 .context = &inside,
                                 .no_cut = true};
    if (!ch_apportion(scratch, &a, amount))
        return false;
    for (size_t i = 0; i < c->contributors; i++) {
        s->result->amounts[each[i].recipient] += amount[i];
        if (trace && each[i].recipient == trace->recipient)
            ch_trace_add(s->d, (struct ch_trace_row){.level = CH_TRACE_CONTRIBUTOR,
                                                     .part = part,
                                                     .contribution = (int64_t)index,
                                                     .total = total,
                                                     .amount = amount[i],
                                                     .weight = weight[i],
                                                     .weight_total = a.weight_total});
    }
    return true;
}

static bool is_contributor(const struct split *s, size_t contribution, size_t recipient)
{
    const struct ch_contribution *c = &s->in->contributions[contribution];
    for (size_t j = c->first; j < c->first + (size_t)c->contributors; j++)
        if (s->in->contributors[j].recipient == recipient)
            return true;
    return false;
}

static void trace_part(struct split *s, size_t part, const struct ch_apportionment *a, const int64_t *amount, size_t i)
{
    bool whole = s->step->parts[part].by_contribution;
    ch_trace_add(s->d, (struct ch_trace_row){.level = whole ? CH_TRACE_CONTRIBUTION : CH_TRACE_RECIPIENT,
                                             .part = part,
                                             .contribution = whole ? (int64_t)i : -1,
                                             .total = a->total,
                                             .amount = amount[i],
                                             .weight = a->weight[i],
                                             .weight_total = a->weight_total});
}

static bool spread_contributions(struct split *s, size_t part, const struct ch_apportionment *a, const int64_t *amount)
{
    const struct ch_trace *trace = s->d->trace;
    struct ch_arena *scratch = ch_arena_new();
    bool good = true;
    for (size_t i = 0; i < a->count && good; i++) {
        bool traced = trace && is_contributor(s, i, trace->recipient);
        if (traced)
            trace_part(s, part, a, amount, i);
        if (amount[i] > 0 || (traced && a->weight[i] > 0))
            good = share_contribution(s, part, i, amount[i], scratch);
        if (ch_arena_used(scratch) > (1 << 20)) {
            ch_arena_free(scratch);
            scratch = ch_arena_new();
        }
    }
    ch_arena_free(scratch);
    return good;
}

/* A part without floor and cap. */
static bool share_part(struct split *s, size_t index, struct ch_apportionment *a, struct ch_arena *scratch)
{
    const struct ch_rule_part *part = &s->step->parts[index];
    struct ch_part_result *result = &s->result->parts[index];
    const struct ch_step_result *known = ch_known_step(s->d, s->result);
    int64_t *amount = ch_alloc_array(scratch, a->count, sizeof *amount);
    a->path = part->by_contribution ? contribution_path : ch_recipient_path;
    a->context = s->in;
    if (!ch_apportion_cut(scratch, a, known ? &known->parts[index].cut : NULL, amount, &result->cut))
        return false;
    result->apportioned = true;
    if (part->by_contribution)
        return spread_contributions(s, index, a, amount);
    for (size_t i = 0; i < a->count; i++)
        s->result->amounts[i] += amount[i];
    if (s->d->trace)
        trace_part(s, index, a, amount, s->d->trace->recipient);
    return true;
}

/* A part's contribution to the weights of floors and caps. */
static void add_clamp_weights(struct split *s, const struct ch_rule_part *part, const ch_u128 *weight, size_t count,
                              ch_u128 weight_total)
{
    for (size_t i = 0; i < count; i++) {
        if (!weight[i])
            continue;
        ch_u128 scaled = (weight[i] << SCALE_BITS) / weight_total;
        if (!part->by_contribution) {
            s->clamp_weight[i] += scaled * (ch_u128)part->share;
            continue;
        }
        const struct ch_contribution *c = &s->in->contributions[i];
        for (size_t j = c->first; j < c->first + (size_t)c->contributors; j++) {
            const struct ch_contributor *each = &s->in->contributors[j];
            s->clamp_weight[each->recipient] +=
                scaled * contributor_weight(s, each) / s->shares[i] * (ch_u128)part->share;
        }
    }
}

static void weigh_for_clamp(struct split *s, const struct ch_rule_part *part, const struct ch_apportionment *a,
                            ch_u128 weight_total)
{
    bool only_part = s->step->part_count == 1 && !part->by_contribution;
    if (only_part)
        memcpy(s->clamp_weight, a->weight, a->count * sizeof *a->weight);
    else
        add_clamp_weights(s, part, a->weight, a->count, weight_total);
}

static bool run_part(struct split *s, size_t index, struct ch_arena *scratch)
{
    const struct ch_rule_part *part = &s->step->parts[index];
    struct ch_part_result *result = &s->result->parts[index];
    struct ch_apportionment a = {.run_id = s->in->run_id, .total = result->amount};
    a.weight = part_weights(s, part, scratch, &a.count);
    const struct ch_step_result *known = ch_known_step(s->d, s->result);
    ch_u128 sum = known ? known->parts[index].cut.weight_total : 0; /* at most 2^24 weights of at most 2^60 */
    for (size_t i = 0; i < a.count && !known; i++)
        sum += a.weight[i];
    if (sum >> 74)
        return false;
    result->cut.weight_total = sum;
    if (sum == 0) {
        s->result->leftover += result->amount;
        ch_distribution_flag(s->d, "empty_part", s->step->id, (int)index);
        return true;
    }
    s->pot += result->amount;
    if (!s->clamp_weight)
        return share_part(s, index, &a, scratch);
    weigh_for_clamp(s, part, &a, sum);
    return true;
}

static bool share_parts(struct split *s)
{
    size_t count = s->step->part_count;
    s->result->parts = ch_alloc_array(s->d->arena, count, sizeof *s->result->parts);
    ch_u128 weight[16];
    int64_t amount[16];
    for (size_t i = 0; i < count; i++)
        weight[i] = (ch_u128)s->step->parts[i].share;
    struct ch_apportionment a = {.run_id = s->in->run_id,
                                 .total = s->result->amount,
                                 .count = count,
                                 .weight = weight,
                                 .path = part_path,
                                 .context = s->step};
    if (!ch_apportion(s->scratch, &a, amount))
        return false;
    for (size_t i = 0; i < count; i++)
        s->result->parts[i].amount = amount[i];
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        struct ch_arena *scratch = ch_arena_new();
        good = run_part(s, i, scratch);
        ch_arena_free(scratch);
    }
    return good;
}

static bool clamp_parts(struct split *s)
{
    size_t count = s->in->recipient_count;
    bool *floored = ch_alloc_array(s->scratch, count, sizeof *floored);
    for (size_t i = 0; i < count; i++)
        floored[i] = s->clamp_weight[i] > 0 || recipient_passes(s, i);
    struct ch_clamp clamp = {
        .pot = s->pot, .floor_each = s->step->floor_each, .weight = s->clamp_weight, .floored = floored};
    switch (s->step->cap) {
    case CH_CAP_NONE:
        clamp.cap = CH_PAYOUT_MAX;
        break;
    case CH_CAP_AMOUNT:
        clamp.cap = s->step->cap_amount;
        break;
    case CH_CAP_RATIO:
        clamp.cap = ch_fraction(s->result->amount, s->step->cap_num, s->step->cap_den, CH_ROUND_DOWN);
        break;
    }
    return ch_clamp(s->d, s->result, &clamp);
}

bool ch_split(struct ch_distribution *d, struct ch_step_result *result)
{
    struct split s = {.d = d, .result = result, .step = result->step, .in = d->inputs, .scratch = ch_arena_new()};
    result->amounts = ch_alloc_array(d->arena, s.in->recipient_count, sizeof *result->amounts);
    result->clamped = s.step->floor_each > 0 || s.step->cap != CH_CAP_NONE;
    if (result->clamped)
        s.clamp_weight = ch_alloc_array(s.scratch, s.in->recipient_count, sizeof *s.clamp_weight);
    for (size_t i = 0; i < s.step->part_count && !s.shares; i++)
        if (s.step->parts[i].by_contribution)
            sum_shares(&s);
    bool good = share_parts(&s) && (!result->clamped || clamp_parts(&s));
    ch_arena_free(s.scratch);
    return good;
}
