/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The arithmetic of a statement, done again with nothing but the statement: steps of the waterfall (payout.md 7.2) and
 * the member's rows of each apportionment (7.3). */
#include <string.h>

#include "commonhold/crypto.h"
#include "verify.h"

const char *verify_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t verify_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool verify_number(const json_t *object, const char *name, verify_wide *value)
{
    const char *text = verify_text(object, name);
    *value = 0;
    if (!*text || strlen(text) > 38 || strspn(text, "0123456789") != strlen(text))
        return false;
    for (; *text; text++)
        *value = *value * 10 + (unsigned)(*text - '0');
    return true;
}

static int64_t fraction(int64_t base, const json_t *rule)
{
    verify_wide den = (verify_wide)verify_integer(rule, "den"),
                part = (verify_wide)base * (verify_wide)verify_integer(rule, "num");
    const char *round = verify_text(rule, "round");
    if (den == 0)
        return 0;
    if (strcmp(round, "up") == 0)
        return (int64_t)((part + den - 1) / den);
    return strcmp(round, "half_up") == 0 ? (int64_t)((2 * part + den) / (2 * den)) : (int64_t)(part / den);
}

static const json_t *named(const json_t *array, const char *key, const char *value, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(verify_text(json_array_get(array, i), key), value) == 0)
            return json_array_get(array, i);
    return NULL;
}

static int64_t base_of(const json_t *s, size_t i, int64_t remaining)
{
    const json_t *steps = json_object_get(s, "steps");
    const char *of = verify_text(json_object_get(json_array_get(steps, i), "rule"), "of");
    if (strcmp(of, "gross") == 0)
        return verify_integer(s, "pot");
    if (strncmp(of, "after:", 6) == 0)
        return verify_integer(named(steps, "id", of + 6, i), "remaining");
    return remaining;
}

/* What earlier steps of this run gave an account, leftovers of splits among it. */
static int64_t given(const json_t *steps, size_t before, const char *account)
{
    int64_t sum = 0;
    for (size_t i = 0; i < before; i++) {
        const json_t *step = json_array_get(steps, i);
        if (strcmp(verify_text(step, "to"), account) == 0)
            sum += verify_integer(step, strcmp(verify_text(step, "kind"), "split") == 0 ? "leftover" : "amount");
    }
    return sum;
}

static int64_t wanted_of(const json_t *s, size_t i, int64_t base)
{
    const json_t *steps = json_object_get(s, "steps"), *rule = json_object_get(json_array_get(steps, i), "rule");
    const char *kind = verify_text(rule, "kind"), *to = verify_text(rule, "to");
    int64_t wanted = fraction(base, rule);
    if (strcmp(kind, "require") == 0)
        return verify_integer(rule, "at_least");
    if (json_object_get(rule, "amount_from"))
        wanted = verify_integer(s, "rail_fees");
    else if (json_object_get(rule, "amount"))
        wanted = verify_integer(rule, "amount");
    if (strcmp(kind, "until_target") == 0) {
        int64_t gap =
            verify_integer(rule, "target") - verify_integer(json_object_get(s, "balances"), to) - given(steps, i, to);
        wanted = gap < 0 ? 0 : gap < wanted ? gap : wanted;
    }
    const json_t *max = json_object_get(rule, "max");
    return max && wanted > json_integer_value(max) ? json_integer_value(max) : wanted;
}

const char *verify_steps(struct ch_arena *arena, const json_t *s)
{
    int64_t remaining = verify_integer(s, "pot");
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(s, "steps"), i, step)
    {
        const json_t *rule = json_object_get(step, "rule");
        const char *id = verify_text(step, "id");
        int64_t base = base_of(s, i, remaining), wanted = wanted_of(s, i, base), amount = wanted;
        if (strcmp(id, verify_text(rule, "id")) != 0 ||
            strcmp(verify_text(step, "kind"), verify_text(rule, "kind")) != 0)
            return ch_printf(arena, "step %s is not the rule's", id);
        bool require = strcmp(verify_text(rule, "kind"), "require") == 0;
        amount = require ? 0 : wanted > remaining ? remaining : wanted;
        remaining -= amount;
        if (verify_integer(step, "base") != base || verify_integer(step, "wanted") != wanted ||
            verify_integer(step, "amount") != amount || verify_integer(step, "remaining") != remaining)
            return ch_printf(arena, "step %s: of %lld the rule takes %lld and leaves %lld", id, (long long)base,
                             (long long)amount, (long long)remaining);
        if (json_is_true(json_object_get(step, "shortfall")) != (require ? base < wanted : amount < wanted))
            return ch_printf(arena, "step %s: whether it fell short", id);
    }
    return NULL;
}

/* Whether the row's remainder, or at the cut its tie, is among those that got a unit. */
static bool gets_extra(struct ch_arena *arena, const json_t *s, const json_t *cut, verify_wide remainder,
                       const char *id)
{
    const json_t *cutoff = json_object_get(cut, "cutoff");
    verify_wide least;
    if (!json_is_object(cutoff) || !verify_number(cutoff, "remainder", &least) || remainder < least)
        return false;
    if (remainder > least)
        return true;
    uint8_t hash[VERIFY_HASH];
    char hex[2 * VERIFY_HASH + 1];
    const char *run = verify_text(s, "run_id"), *text = ch_printf(arena, "%s %s", run, id);
    char *bytes = ch_memdup(arena, text, strlen(text));
    bytes[strlen(run)] = '\0';
    ch_sha256(bytes, strlen(text), hash);
    ch_hex(hash, sizeof hash, hex);
    return strcmp(hex, verify_text(cutoff, "tie")) <= 0;
}

static const char *check_row(struct ch_arena *arena, const json_t *s, const json_t *step, const json_t *row)
{
    verify_wide total, weight, all, quotient, remainder, extra, amount, part = 0;
    const char *level = verify_text(row, "level"), *contribution = verify_text(row, "contribution");
    bool clamp = strcmp(level, "clamp") == 0;
    if (!verify_number(row, "total", &total) || !verify_number(row, "weight", &weight) ||
        !verify_number(row, "weight_total", &all) || !verify_number(row, "quotient", &quotient) ||
        !verify_number(row, "remainder", &remainder) || !verify_number(row, "extra", &extra) ||
        !verify_number(row, "amount", &amount) || (!clamp && !verify_number(row, "part", &part)))
        return "a row has no numbers";
    if (json_is_string(json_object_get(row, "frozen")) || all == 0)
        return NULL; /* a floor or a cap: the steps name both */
    if (total >> 53 || weight >> 74 || total * weight / all != quotient || total * weight % all != remainder ||
        quotient + extra != amount || extra > 1)
        return "a row does not divide as it says";
    if (strcmp(level, "contributor") == 0)
        return NULL; /* its contribution's row has the total */
    const json_t *cut =
        clamp ? json_object_get(step, "clamp") : json_array_get(json_object_get(step, "parts"), (size_t)part);
    verify_wide known;
    if (!verify_number(cut, "weight_total", &known) || known != all)
        return "a row weighs against another total than its step";
    const char *id = *contribution ? contribution : verify_text(s, "member");
    return (extra == 1) == gets_extra(arena, s, cut, remainder, id) ? NULL : "a row's extra unit is not its own";
}

const char *verify_trace(struct ch_arena *arena, const json_t *s)
{
    const json_t *traced = json_object_get(json_object_get(s, "trace"), "steps"), *steps = json_object_get(s, "steps");
    const json_t *own = json_object_get(json_object_get(s, "line"), "steps");
    int64_t sum = 0;
    size_t i, k;
    const json_t *step, *row;
    if (strcmp(verify_text(json_object_get(s, "trace"), "result_hash"), verify_text(s, "result_hash")) != 0)
        return "it is of another result";
    json_array_foreach(traced, i, step)
    {
        int64_t rows = 0, amount = verify_integer(step, "amount");
        json_array_foreach(json_object_get(step, "rows"), k, row)
        {
            verify_wide value = 0;
            const char *wrong = check_row(arena, s, json_array_get(steps, i), row);
            if (wrong)
                return ch_printf(arena, "step %s: %s", verify_text(step, "id"), wrong);
            verify_number(row, "amount", &value);
            rows += strcmp(verify_text(row, "level"), "contribution") == 0 ? 0 : (int64_t)value;
        }
        if (json_array_size(json_object_get(step, "rows")) > 0 && rows != amount)
            return ch_printf(arena, "step %s: its rows do not sum to its amount", verify_text(step, "id"));
        if (amount != verify_integer(named(own, "id", verify_text(step, "id"), json_array_size(own)), "amount"))
            return ch_printf(arena, "step %s: the line has another amount", verify_text(step, "id"));
        sum += amount;
    }
    return sum == verify_integer(s, "amount") ? NULL : "the steps do not sum to the line";
}
