/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The waterfall: a rule's steps in order over one pot. Splits are in split.c and clamp.c, the documents it makes in
 * distribution_write.c. */
#include "distribute.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "fields.h"
#include "known.h"
#include "split.h"

int64_t ch_fraction(int64_t base, int64_t num, int64_t den, enum ch_rounding round)
{
    ch_u128 product = (ch_u128)base * (ch_u128)num, divisor = (ch_u128)den;
    switch (round) {
    case CH_ROUND_DOWN:
        return (int64_t)(product / divisor);
    case CH_ROUND_UP:
        return (int64_t)((product + divisor - 1) / divisor);
    case CH_ROUND_HALF_UP:
        return (int64_t)((2 * product + divisor) / (2 * divisor));
    }
    return 0;
}

void ch_distribution_flag(struct ch_distribution *d, const char *name, const char *step, int part)
{
    const char *flag = name;
    if (step)
        flag = part < 0 ? ch_printf(d->arena, "%s:%s", name, step) : ch_printf(d->arena, "%s:%s/%d", name, step, part);
    for (size_t i = 0; i < d->flag_count; i++)
        if (strcmp(d->flags[i], flag) == 0)
            return;
    d->flags[d->flag_count++] = flag;
}

void ch_trace_add(struct ch_distribution *d, struct ch_trace_row row)
{
    struct ch_trace *trace = d->trace;
    if (trace->count == trace->room) {
        trace->room = trace->room ? trace->room * 2 : 16;
        struct ch_trace_row *rows = ch_alloc_array(d->arena, trace->room, sizeof *rows);
        if (trace->count)
            memcpy(rows, trace->rows, trace->count * sizeof *rows);
        trace->rows = rows;
    }
    row.step = d->step_count; /* the step being run */
    trace->rows[trace->count++] = row;
}

static void add_to_fund(struct ch_distribution *d, const char *account, int64_t minor)
{
    for (size_t i = 0; i < d->fund_count; i++)
        if (strcmp(d->funds[i].account, account) == 0) {
            d->funds[i].minor += minor;
            return;
        }
    assert(d->fund_count < sizeof d->funds / sizeof *d->funds);
    d->funds[d->fund_count++] = (struct ch_fund_amount){account, minor};
}

static int64_t given_to_fund(const struct ch_distribution *d, const char *account)
{
    for (size_t i = 0; i < d->fund_count; i++)
        if (strcmp(d->funds[i].account, account) == 0)
            return d->funds[i].minor;
    return 0;
}

static int64_t base_of(const struct ch_distribution *d, const struct ch_rule_step *step, int64_t remaining)
{
    switch (step->base) {
    case CH_BASE_GROSS:
        return d->inputs->pot;
    case CH_BASE_REMAINING:
        return remaining;
    case CH_BASE_AFTER:
        return d->steps[step->after].remaining;
    }
    return remaining;
}

static int64_t until_target(const struct ch_distribution *d, const struct ch_rule_step *step, int64_t fraction)
{
    int64_t balance = ch_inputs_balance(d->inputs, step->to) + given_to_fund(d, step->to);
    int64_t gap = step->target > balance ? step->target - balance : 0;
    return fraction < gap ? fraction : gap;
}

static int64_t wanted_of(const struct ch_distribution *d, const struct ch_rule_step *step, int64_t base)
{
    int64_t fraction = ch_fraction(base, step->num, step->den, step->round);
    int64_t wanted = fraction;
    switch (step->kind) {
    case CH_STEP_FIXED:
        wanted = step->from_rail_fees ? d->inputs->rail_fees : step->amount;
        break;
    case CH_STEP_UNTIL_TARGET:
        wanted = until_target(d, step, fraction);
        break;
    case CH_STEP_ASSIGN:
        wanted = step->amount >= 0 ? step->amount : fraction;
        break;
    case CH_STEP_REQUIRE:
        wanted = step->at_least;
        break;
    case CH_STEP_PERCENT:
    case CH_STEP_SPLIT:
    case CH_STEP_CARRY:
        break;
    }
    return step->max >= 0 && wanted > step->max ? step->max : wanted;
}

/* Moves a step's amount to where it goes. False: weight_overflow. */
static bool give(struct ch_distribution *d, struct ch_step_result *result)
{
    const struct ch_rule_step *step = result->step;
    switch (step->kind) {
    case CH_STEP_FIXED:
    case CH_STEP_PERCENT:
    case CH_STEP_UNTIL_TARGET:
        add_to_fund(d, step->to, result->amount);
        return true;
    case CH_STEP_SPLIT:
        if (!ch_split(d, result))
            return false;
        add_to_fund(d, step->to, result->leftover);
        d->leftover += result->leftover;
        return true;
    case CH_STEP_CARRY:
        d->carried += result->amount;
        return true;
    case CH_STEP_ASSIGN:
        result->recipient = (size_t)ch_inputs_find(d->inputs, step->to, strlen(step->to));
        return true;
    case CH_STEP_REQUIRE:
        return true;
    }
    return true;
}

static void abort_run(struct ch_distribution *d, const struct ch_rule_step *step)
{
    d->aborted = true;
    d->fund_count = 0;
    d->leftover = 0;
    d->carried = d->inputs->pot;
    ch_distribution_flag(d, "aborted", step->id, -1);
}

/* Runs the next step. False: weight_overflow. */
static bool run_step(struct ch_distribution *d, int64_t *remaining)
{
    const struct ch_rule_step *step = &d->rule->steps[d->step_count];
    struct ch_step_result *result = &d->steps[d->step_count];
    result->step = step;
    result->base = base_of(d, step, *remaining);
    result->wanted = wanted_of(d, step, result->base);
    if (step->kind == CH_STEP_REQUIRE) {
        result->shortfall = result->base < step->at_least;
        result->remaining = *remaining;
        if (result->shortfall)
            abort_run(d, step);
        d->step_count++;
        return true;
    }
    result->amount = result->wanted < *remaining ? result->wanted : *remaining;
    result->shortfall = result->amount < result->wanted;
    *remaining -= result->amount;
    result->remaining = *remaining;
    if (result->shortfall)
        ch_distribution_flag(d, "shortfall", step->id, -1);
    bool good = give(d, result);
    d->step_count++;
    return good;
}

static int compare_flags(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_funds(const void *a, const void *b)
{
    return strcmp(((const struct ch_fund_amount *)a)->account, ((const struct ch_fund_amount *)b)->account);
}

static void finish(struct ch_distribution *d, int64_t remaining)
{
    if (!d->aborted && remaining > 0) {
        d->carried += remaining;
        ch_distribution_flag(d, "undistributed", NULL, -1);
    }
    size_t kept = 0;
    for (size_t i = 0; i < d->fund_count; i++)
        if (d->funds[i].minor > 0)
            d->funds[kept++] = d->funds[i];
    d->fund_count = kept;
    qsort(d->funds, d->fund_count, sizeof *d->funds, compare_funds);
    qsort(d->flags, d->flag_count, sizeof *d->flags, compare_flags);
    struct ch_sha256 *hash = ch_sha256_begin();
    struct ch_out out;
    ch_out_begin(&out, ch_out_to_sha256, hash);
    ch_distribution_write(d, false, &out);
    ch_out_flush(&out);
    uint8_t digest[32];
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof digest, d->hash);
}

static struct ch_trace *trace_for(const struct ch_inputs *inputs, const char *explain, struct ch_refusals *list)
{
    int64_t recipient = ch_inputs_find(inputs, explain, strlen(explain));
    if (recipient < 0) {
        ch_refusal_add(list, "/recipients", "%s is not among them", explain);
        return NULL;
    }
    struct ch_trace *trace = ch_alloc(list->arena, sizeof *trace);
    trace->recipient = (size_t)recipient;
    return trace;
}

static struct ch_distribution *distribute(const struct ch_benefit_rule *rule, const struct ch_inputs *inputs,
                                          const char *explain, const struct ch_step_result *known,
                                          struct ch_refusals *list)
{
    struct ch_distribution *d = ch_alloc(list->arena, sizeof *d);
    d->rule = rule;
    d->inputs = inputs;
    d->known = known;
    d->arena = list->arena;
    d->steps = ch_alloc_array(d->arena, rule->step_count, sizeof *d->steps);
    /* per step at most: shortfall, floors_unfunded or caps_bind, one for each part; and one for the run */
    d->flags = ch_alloc_array(d->arena, rule->step_count * 18 + 2, sizeof *d->flags);
    if (explain && !(d->trace = trace_for(inputs, explain, list)))
        return NULL;
    int64_t remaining = inputs->pot;
    while (d->step_count < rule->step_count && !d->aborted)
        if (!run_step(d, &remaining)) {
            ch_refusal_add(list, "", "weight_overflow: the weights of step %s sum to 2^74 or more",
                           rule->steps[d->step_count - 1].id);
            return NULL;
        }
    finish(d, remaining);
    return d;
}

struct ch_distribution *ch_distribute(const struct ch_benefit_rule *rule, const struct ch_inputs *inputs,
                                      const char *explain, struct ch_refusals *list)
{
    return distribute(rule, inputs, explain, NULL, list);
}

struct ch_distribution *ch_distribute_part(const struct ch_benefit_rule *rule, const struct ch_inputs *part,
                                           const char *recipient, const json_t *head, const json_t *line,
                                           struct ch_refusals *list)
{
    const struct ch_step_result *known = ch_known_steps(rule, head, line, list);
    struct ch_distribution *d = known ? distribute(rule, part, recipient, known, list) : NULL;
    if (d)
        snprintf(d->hash, sizeof d->hash, "%s", ch_field_text(head, "hash", ""));
    return d;
}

int64_t ch_step_amount(const struct ch_step_result *step, size_t recipient)
{
    if (step->amounts)
        return step->amounts[recipient];
    return step->step->kind == CH_STEP_ASSIGN && step->recipient == recipient ? step->amount : 0;
}

int64_t ch_distribution_amount(const struct ch_distribution *d, size_t recipient)
{
    int64_t sum = 0;
    for (size_t i = 0; i < d->step_count && !d->aborted; i++)
        sum += ch_step_amount(&d->steps[i], recipient);
    return sum;
}
