/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The waterfall of a statement, done again with nothing but the statement (payout.md, section 7.2). */
#include <string.h>

#include "verify.h"

#define STEPS_MAX    32
#define FRACTION_MAX 1000000

const char *verify_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t verify_figure(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    int64_t figure = json_is_integer(value) ? json_integer_value(value) : -1;
    return figure < 0 || figure > VERIFY_MONEY_MAX ? -1 : figure;
}

const json_t *verify_named(const json_t *array, const char *key, const char *value, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(verify_text(json_array_get(array, i), key), value) == 0)
            return json_array_get(array, i);
    return NULL;
}

/* A figure that may be left out, and else is one. */
static bool is_figure(const json_t *object, const char *name, int64_t least, int64_t most)
{
    int64_t figure = verify_figure(object, name);
    return !json_object_get(object, name) || (figure >= least && figure <= most);
}

/* The figures this file counts with are there and small enough to be multiplied. */
static bool is_step(const json_t *step)
{
    static const char *const figures[] = {"base", "wanted", "amount", "remaining"};
    const json_t *rule = json_object_get(step, "rule");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (verify_figure(step, figures[i]) < 0)
            return false;
    return json_is_object(rule) && json_is_boolean(json_object_get(step, "shortfall")) &&
           is_figure(step, "leftover", 0, VERIFY_MONEY_MAX) && is_figure(rule, "num", 0, FRACTION_MAX) &&
           is_figure(rule, "den", 1, FRACTION_MAX) && is_figure(rule, "amount", 0, VERIFY_MONEY_MAX) &&
           is_figure(rule, "max", 0, VERIFY_MONEY_MAX) && is_figure(rule, "target", 0, VERIFY_MONEY_MAX) &&
           is_figure(rule, "at_least", 0, VERIFY_MONEY_MAX) &&
           !json_object_get(rule, "num") == !json_object_get(rule, "den");
}

static int64_t fraction(int64_t base, const json_t *rule)
{
    if (!json_object_get(rule, "den"))
        return 0;
    verify_wide den = (verify_wide)verify_figure(rule, "den"),
                part = (verify_wide)base * (verify_wide)verify_figure(rule, "num");
    const char *round = verify_text(rule, "round");
    if (strcmp(round, "up") == 0)
        return (int64_t)((part + den - 1) / den);
    return strcmp(round, "half_up") == 0 ? (int64_t)((2 * part + den) / (2 * den)) : (int64_t)(part / den);
}

/* -1 when the rule names a step that is none before this one. */
static int64_t base_of(const json_t *s, size_t i, int64_t remaining)
{
    const json_t *steps = json_object_get(s, "steps");
    const char *of = verify_text(json_object_get(json_array_get(steps, i), "rule"), "of");
    if (strcmp(of, "gross") == 0)
        return verify_figure(s, "pot");
    if (strncmp(of, "after:", 6) == 0)
        return verify_figure(verify_named(steps, "id", of + 6, i), "remaining");
    return remaining;
}

/* What earlier steps of this run gave an account, leftovers of splits among it. */
static int64_t given(const json_t *steps, size_t before, const char *account)
{
    int64_t sum = 0;
    for (size_t i = 0; i < before; i++) {
        const json_t *step = json_array_get(steps, i);
        bool split = strcmp(verify_text(step, "kind"), "split") == 0;
        if (strcmp(verify_text(step, "to"), account) == 0 && (!split || json_object_get(step, "leftover")))
            sum += verify_figure(step, split ? "leftover" : "amount");
    }
    return sum;
}

static int64_t wanted_of(const json_t *s, size_t i, int64_t base)
{
    const json_t *steps = json_object_get(s, "steps"), *rule = json_object_get(json_array_get(steps, i), "rule");
    const char *kind = verify_text(rule, "kind"), *to = verify_text(rule, "to");
    int64_t wanted = fraction(base, rule);
    if (strcmp(kind, "require") == 0)
        return verify_figure(rule, "at_least");
    if (json_object_get(rule, "amount_from"))
        wanted = verify_figure(s, "rail_fees");
    else if (json_object_get(rule, "amount"))
        wanted = verify_figure(rule, "amount");
    if (strcmp(kind, "until_target") == 0) {
        int64_t gap =
            verify_figure(rule, "target") - verify_figure(json_object_get(s, "balances"), to) - given(steps, i, to);
        wanted = gap < 0 ? 0 : gap < wanted ? gap : wanted;
    }
    const json_t *max = json_object_get(rule, "max");
    return max && wanted > json_integer_value(max) ? json_integer_value(max) : wanted;
}

/* Balances of accounts with a target are needed to judge the step; all else that may be absent counts as zero. */
static const char *unknown_figure(const json_t *s, const json_t *step)
{
    const json_t *rule = json_object_get(step, "rule");
    if (strcmp(verify_text(rule, "kind"), "until_target") == 0 &&
        (verify_figure(json_object_get(s, "balances"), verify_text(rule, "to")) < 0 ||
         verify_figure(rule, "target") < 0))
        return "its target or the fund's balance is missing";
    return NULL;
}

/* One step against what the rule makes of the statement's own figures; *remaining goes on. */
static const char *check_step(struct ch_arena *arena, const json_t *s, size_t i, int64_t *remaining)
{
    const json_t *step = json_array_get(json_object_get(s, "steps"), i), *rule = json_object_get(step, "rule");
    if (!is_step(step))
        return "a figure of it is missing or cannot be";
    if (strcmp(verify_text(step, "id"), verify_text(rule, "id")) != 0 ||
        strcmp(verify_text(step, "kind"), verify_text(rule, "kind")) != 0)
        return "it is not the rule's";
    const char *wrong = unknown_figure(s, step);
    int64_t base = base_of(s, i, *remaining);
    if (wrong || base < 0)
        return wrong ? wrong : "it counts from a step that is not before it";
    bool require = strcmp(verify_text(rule, "kind"), "require") == 0;
    int64_t wanted = wanted_of(s, i, base), amount = require ? 0 : wanted > *remaining ? *remaining : wanted;
    *remaining -= amount;
    if (verify_figure(step, "base") != base || verify_figure(step, "wanted") != wanted ||
        verify_figure(step, "amount") != amount || verify_figure(step, "remaining") != *remaining)
        return ch_printf(arena, "of %lld the rule takes %lld and leaves %lld", (long long)base, (long long)amount,
                         (long long)*remaining);
    return json_is_true(json_object_get(step, "shortfall")) == (require ? base < wanted : amount < wanted)
               ? NULL
               : "whether it fell short is told wrong";
}

/* Nothing of the pot is lost: what is left over at the end, and what steps of kind carry took, is carried. */
static const char *check_sums(const json_t *s, int64_t carried)
{
    const json_t *funds = json_object_get(s, "funds"), *fund;
    size_t i;
    int64_t sum = verify_figure(s, "total");
    if (verify_figure(s, "carried") != carried)
        return "what the steps leave is not what is carried into the next run";
    json_array_foreach(funds, i, fund)
    {
        if (verify_figure(fund, "amount") < 0 || sum > VERIFY_MONEY_MAX)
            return "a fund's amount is no figure";
        sum += verify_figure(fund, "amount");
    }
    return sum + carried == verify_figure(s, "pot") ? NULL : "lines, funds and what is carried do not make the pot";
}

const char *verify_steps(struct ch_arena *arena, const json_t *s)
{
    const json_t *steps = json_object_get(s, "steps");
    int64_t remaining = verify_figure(s, "pot"), carried = 0;
    size_t count = json_array_size(steps);
    if (remaining < 0 || count == 0 || count > STEPS_MAX)
        return "there is no pot, or there are no steps";
    for (size_t i = 0; i < count; i++) {
        const json_t *step = json_array_get(steps, i);
        const char *wrong = check_step(arena, s, i, &remaining);
        if (wrong)
            return ch_printf(arena, "step %s: %s", verify_text(step, "id"), wrong);
        if (verify_named(steps, "id", verify_text(step, "id"), i))
            return ch_printf(arena, "step %s is there twice", verify_text(step, "id"));
        if (strcmp(verify_text(step, "kind"), "carry") == 0)
            carried += verify_figure(step, "amount");
    }
    return check_sums(s, remaining + carried);
}
