/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the money of each step of a statement went: its parts, its leftover, the funds (payout.md, sections 7.2 to 7.4
 * and 8.1). The steps themselves have been checked before (steps.c). */
#include <string.h>

#include "commonhold/crypto.h"
#include "verify.h"

#define PARTS_MAX 16

void verify_tie(const char *run, const char *path, uint8_t tie[CH_TLOG_HASH])
{
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, run, strlen(run) + 1); /* the zero between them is the text's own end */
    ch_sha256_add(sum, path, strlen(path));
    ch_sha256_end(sum, tie);
}

/* The step's amount shared over the parts: what each gets. */
static bool share_out(struct ch_arena *arena, const json_t *s, const json_t *step, size_t count, int64_t *amounts)
{
    const json_t *parts = json_object_get(json_object_get(step, "rule"), "parts");
    verify_wide total = (verify_wide)verify_figure(step, "amount"), whole = 0, rest[PARTS_MAX];
    uint8_t ties[PARTS_MAX][CH_TLOG_HASH];
    int64_t missing = (int64_t)total;
    for (size_t i = 0; i < count; i++) {
        int64_t share = verify_figure(json_array_get(parts, i), "share");
        if (share < 1 || share > 10000)
            return false;
        whole += (verify_wide)share;
    }
    for (size_t i = 0; i < count; i++) {
        verify_wide product = total * (verify_wide)verify_figure(json_array_get(parts, i), "share");
        amounts[i] = (int64_t)(product / whole);
        rest[i] = product % whole;
        missing -= amounts[i];
        verify_tie(verify_text(s, "run_id"), ch_printf(arena, "%s/%zu", verify_text(step, "id"), i), ties[i]);
    }
    for (size_t i = 0; i < count; i++) {
        int64_t before = 0;
        for (size_t j = 0; j < count; j++)
            before += rest[j] > rest[i] || (rest[j] == rest[i] && memcmp(ties[j], ties[i], CH_TLOG_HASH) < 0);
        amounts[i] += before < missing;
    }
    return true;
}

/* How many units went to the largest remainders, and the last of those: there is none where there was no unit. */
static const char *check_cutoff(const json_t *cut, verify_wide all)
{
    const json_t *cutoff = json_object_get(cut, "cutoff");
    int64_t extra = verify_figure(cut, "extra");
    verify_wide least;
    uint8_t tie[CH_TLOG_HASH];
    if (extra < 0 || !cutoff || (extra == 0) != json_is_null(cutoff))
        return "a number of extra units and its cutoff do not belong together";
    if (extra == 0)
        return NULL;
    return verify_number(cutoff, "remainder", &least) && least > 0 && least < all &&
                   ch_unhex(verify_text(cutoff, "tie"), tie, sizeof tie)
               ? NULL
               : "a cutoff cannot be";
}

/* The parts; *empty is what no part could give, *full what the others have together. */
static const char *check_parts(struct ch_arena *arena, const json_t *s, const json_t *step, int64_t *empty,
                               int64_t *full)
{
    const json_t *parts = json_object_get(step, "parts"), *part;
    size_t i, count = json_array_size(parts);
    int64_t amounts[PARTS_MAX];
    *empty = *full = 0;
    if (count == 0 || count > PARTS_MAX ||
        count != json_array_size(json_object_get(json_object_get(step, "rule"), "parts")) ||
        !share_out(arena, s, step, count, amounts))
        return "it does not have the rule's parts";
    json_array_foreach(parts, i, part)
    {
        verify_wide all;
        if (verify_figure(part, "amount") != amounts[i])
            return ch_printf(arena, "its part %zu has %lld by the shares", i, (long long)amounts[i]);
        if (!verify_number(part, "weight_total", &all))
            return "a part has no weight_total";
        *(all == 0 ? empty : full) += amounts[i];
        bool cut = all > 0 && !json_object_get(step, "clamp");
        const char *wrong = cut ? check_cutoff(part, all) : NULL;
        if (wrong || (!cut && (json_object_get(part, "cutoff") || json_object_get(part, "extra"))))
            return wrong ? wrong : "a part that shares nothing out has extra units";
    }
    return NULL;
}

/* What floors and caps left to be shared out, and whether anybody was there to take it. */
static const char *check_clamp(const json_t *clamp, int64_t full, int64_t *left)
{
    verify_wide all;
    int64_t rest = verify_figure(clamp, "rest");
    *left = 0;
    if (rest < 0 || rest > full || !verify_number(clamp, "weight_total", &all))
        return "what floors and caps leave is no part of it";
    if (all == 0)
        *left = rest;
    return check_cutoff(clamp, all);
}

static const char *check_split(struct ch_arena *arena, const json_t *s, const json_t *step)
{
    const json_t *rule = json_object_get(step, "rule"), *clamp = json_object_get(step, "clamp");
    int64_t empty, full, left = 0;
    bool clamped = json_object_get(rule, "cap_each") || verify_figure(rule, "floor_each") > 0;
    if (clamped != json_is_object(clamp) || (clamp && !clamped))
        return "it is clamped, or not, other than the rule has it";
    const char *wrong = check_parts(arena, s, step, &empty, &full);
    if (!wrong && clamped)
        wrong = check_clamp(clamp, full, &left);
    if (wrong)
        return wrong;
    return verify_figure(step, "leftover") == empty + left ? NULL : "its leftover is not what its parts leave";
}

/* Where the rule sends the step's money; NULL where it goes to nobody. */
static const char *goes_to(const json_t *rule)
{
    static const char *const ways[][2] = {
        {"fixed", "to"}, {"percent", "to"}, {"until_target", "to"}, {"assign", "recipient"}, {"split", "leftover_to"}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(verify_text(rule, "kind"), ways[i][0]) == 0)
            return verify_text(rule, ways[i][1]);
    return NULL;
}

/* What the steps gave an account. */
static int64_t fund_of(const json_t *steps, const char *account)
{
    const json_t *step;
    size_t i;
    int64_t sum = 0;
    json_array_foreach(steps, i, step)
    {
        const char *kind = verify_text(step, "kind");
        if (strcmp(kind, "assign") != 0 && strcmp(verify_text(step, "to"), account) == 0)
            sum += verify_figure(step, strcmp(kind, "split") == 0 ? "leftover" : "amount");
    }
    return sum;
}

/* Each fund has what the steps gave it. None is left out: the sums of the steps and of the pot would not meet. */
static const char *check_funds(struct ch_arena *arena, const json_t *s)
{
    const json_t *funds = json_object_get(s, "funds"), *fund;
    const char *last = "";
    size_t i;
    json_array_foreach(funds, i, fund)
    {
        const char *to = verify_text(fund, "to");
        if (strcmp(last, to) >= 0)
            return "the funds are not in their order";
        if (verify_figure(fund, "amount") == 0)
            return ch_printf(arena, "%s is among the funds, and has nothing of this run", to);
        if (verify_figure(fund, "amount") != fund_of(json_object_get(s, "steps"), to))
            return ch_printf(arena, "the steps give %s another amount", to);
        last = to;
    }
    return NULL;
}

/* How many of the flags are this one, which the steps make or (wanted 0) do not; -1 when it should be there and is not,
 * or the other way round. Whether floors were unfunded nobody can tell from one line: wanted < 0. */
static int flag_count(const json_t *flags, const char *flag, int wanted)
{
    const json_t *one;
    size_t i;
    int found = 0;
    json_array_foreach(flags, i, one) found += json_is_string(one) && strcmp(json_string_value(one), flag) == 0;
    return found > 1 || (wanted >= 0 && found != wanted) ? -1 : found;
}

/* How many flags a split has; -1 when one is wrong. */
static int split_flags(struct ch_arena *arena, const json_t *flags, const json_t *step)
{
    const json_t *parts = json_object_get(step, "parts"), *part, *clamp = json_object_get(step, "clamp");
    const char *id = verify_text(step, "id");
    bool bind = strcmp(verify_text(clamp, "weight_total"), "0") == 0 && verify_figure(clamp, "rest") > 0;
    int caps = flag_count(flags, ch_printf(arena, "caps_bind:%s", id), bind);
    int floors = flag_count(flags, ch_printf(arena, "floors_unfunded:%s", id), clamp ? -1 : 0), sum = caps + floors;
    size_t i;
    if (caps < 0 || floors < 0)
        return -1;
    json_array_foreach(parts, i, part)
    {
        bool empty = strcmp(verify_text(part, "weight_total"), "0") == 0;
        int found = flag_count(flags, ch_printf(arena, "empty_part:%s/%zu", id, i), empty);
        if (found < 0)
            return -1;
        sum += found;
    }
    return sum;
}

/* The flags are those that the steps make, each once, and no other. */
static bool flags_hold(struct ch_arena *arena, const json_t *s)
{
    const json_t *flags = json_object_get(s, "flags"), *steps = json_object_get(s, "steps"), *step;
    size_t i, count = json_array_size(steps);
    int left = verify_figure(json_array_get(steps, count - 1), "remaining") > 0;
    int sum = flag_count(flags, "undistributed", left);
    json_array_foreach(steps, i, step)
    {
        int more = strcmp(verify_text(step, "kind"), "split") == 0 ? split_flags(arena, flags, step) : 0;
        int fell = flag_count(flags, ch_printf(arena, "shortfall:%s", verify_text(step, "id")),
                              json_is_true(json_object_get(step, "shortfall")));
        if (sum < 0 || more < 0 || fell < 0)
            return false;
        sum += more + fell;
    }
    return sum == (int)json_array_size(flags);
}

const char *verify_splits(struct ch_arena *arena, const json_t *s)
{
    const json_t *steps = json_object_get(s, "steps"), *step;
    size_t i;
    json_array_foreach(steps, i, step)
    {
        const char *to = goes_to(json_object_get(step, "rule")), *wrong = NULL;
        if (!to != !json_object_get(step, "to") || (to && strcmp(verify_text(step, "to"), to) != 0))
            wrong = "it goes to another than the rule has it";
        else if (strcmp(verify_text(step, "kind"), "split") == 0)
            wrong = check_split(arena, s, step);
        if (wrong)
            return ch_printf(arena, "step %s: %s", verify_text(step, "id"), wrong);
    }
    if (json_object_get(s, "flags") && !flags_hold(arena, s))
        return "the flags are not those that the steps make";
    return check_funds(arena, s);
}
