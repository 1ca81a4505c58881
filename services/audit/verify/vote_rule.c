/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The decision rule over three classes, for `verify vote`: the first of six comparisons that fails names the outcome.
 */
#include <string.h>

#include "commonhold/json.h"
#include "vote.h"

#define DEN_MAX 1000

const char *const VOTE_CODES[VOTE_CLASSES] = {"U", "W", "C"};

/* left OP right, and what it means when it does not hold. */
struct comparison {
    const char *outcome;
    int check, class_index; /* -1: none */
    int64_t left, right;
    const char *op;
    bool holds;
};

struct fractions {
    int64_t q[2], cq[2], s[2], cs[2], ay[2], needed, must;
    bool s_strict, cs_strict;
    bool turnout_only; /* elections and budget rounds */
};

static bool read_fraction(const json_t *rule, const char *num, const char *den, int64_t least, int64_t fraction[2])
{
    fraction[0] = verify_figure(rule, num);
    fraction[1] = verify_figure(rule, den);
    return fraction[0] >= 0 && fraction[1] >= least && fraction[1] <= DEN_MAX && fraction[0] <= fraction[1];
}

static bool read_rule(const json_t *rule, struct fractions *f)
{
    f->needed = verify_figure(rule, "classes_needed");
    f->must = verify_figure(rule, "must_carry");
    f->turnout_only = strcmp(verify_text(rule, "method"), "rule") != 0;
    f->s_strict = json_is_true(json_object_get(rule, "s_strict"));
    f->cs_strict = json_is_true(json_object_get(rule, "cs_strict"));
    return read_fraction(rule, "q_num", "q_den", 1, f->q) && read_fraction(rule, "cq_num", "cq_den", 1, f->cq) &&
           read_fraction(rule, "s_num", "s_den", 1, f->s) && read_fraction(rule, "cs_num", "cs_den", 1, f->cs) &&
           read_fraction(rule, "ay_num", "ay_den", 0, f->ay) && f->needed >= 0 && f->needed <= VOTE_CLASSES &&
           f->must >= 0 && f->must <= 7 && json_is_boolean(json_object_get(rule, "s_strict")) &&
           json_is_boolean(json_object_get(rule, "cs_strict"));
}

static struct comparison at_least(const char *outcome, int check, int class_index, int64_t left, int64_t right)
{
    return (struct comparison){outcome, check, class_index, left, right, ">=", left >= right};
}

/* yes of yes and no against a fraction; nobody who said either is 0 > 0. */
static struct comparison support(const char *outcome, int check, int class_index, const struct vote_count *c,
                                 const int64_t fraction[2], bool strict)
{
    int64_t said = c->yes + c->no, left = said ? c->yes * fraction[1] : 0, right = fraction[0] * said;
    bool more = strict || said == 0;
    return (struct comparison){
        outcome, check, class_index, left, right, more ? ">" : ">=", more ? left > right : left >= right};
}

static int64_t votes(const struct vote_count *c)
{
    return c->yes + c->no + c->abstain;
}

/* Fills the comparisons in their order; how many. */
static size_t compare(const struct fractions *f, const struct vote_count counts[VOTE_CLASSES],
                      const struct vote_count *total, int64_t carrying, struct comparison list[12])
{
    size_t n = 0;
    list[n++] = at_least("no_quorum", 1, -1, votes(total) * f->q[1], f->q[0] * total->roll);
    for (int i = 0; i < VOTE_CLASSES; i++)
        if (counts[i].roll > 0)
            list[n++] = at_least("no_class_quorum", 2, i, votes(&counts[i]) * f->cq[1], f->cq[0] * counts[i].roll);
    if (f->turnout_only)
        return n;
    list[n++] = support("not_supported", 3, -1, total, f->s, f->s_strict);
    for (int i = 0; i < VOTE_CLASSES; i++)
        if (f->must >> i & 1)
            list[n++] = support("class_blocked", 4, i, &counts[i], f->cs, f->cs_strict);
    list[n++] = at_least("class_blocked", 4, -1, carrying, f->needed);
    if (f->ay[1] > 0)
        list[n++] = at_least("not_enough_approval", 5, -1, total->yes * f->ay[1], f->ay[0] * total->roll);
    return n;
}

static json_t *describe(struct ch_arena *arena, const struct comparison *failed, const struct vote_count *total,
                        json_t *carried)
{
    const char *state = !failed ? "carried" : failed->check <= 2 ? "lapsed" : "rejected";
    json_t *reason = failed ? json_pack("{s:i, s:I, s:s, s:I}", "check", failed->check, "left",
                                        (json_int_t)failed->left, "op", failed->op, "right", (json_int_t)failed->right)
                            : json_pack("{s:i, s:n, s:n, s:n}", "check", 6, "left", "op", "right");
    return ch_json_pack(arena, "{s:s, s:s, s:s?, s:o, s:{s:I, s:I, s:I, s:I}, s:o}", "outcome",
                        failed ? failed->outcome : "carried", "state", state, "class",
                        failed && failed->class_index >= 0 ? VOTE_CODES[failed->class_index] : NULL, "reason", reason,
                        "totals", "roll", (json_int_t)total->roll, "yes", (json_int_t)total->yes, "no",
                        (json_int_t)total->no, "abstain", (json_int_t)total->abstain, "carried_classes", carried);
}

json_t *vote_decide(struct ch_arena *arena, const json_t *rule, const struct vote_count counts[VOTE_CLASSES])
{
    struct fractions f;
    struct comparison list[12];
    struct vote_count total = {0};
    if (!read_rule(rule, &f))
        return NULL;
    json_t *carried = json_array();
    for (int i = 0; i < VOTE_CLASSES; i++) {
        total.roll += counts[i].roll;
        total.yes += counts[i].yes;
        total.no += counts[i].no;
        total.abstain += counts[i].abstain;
        if (support("", 4, i, &counts[i], f.cs, f.cs_strict).holds)
            json_array_append_new(carried, json_string(VOTE_CODES[i]));
    }
    size_t count = compare(&f, counts, &total, (int64_t)json_array_size(carried), list), i = 0;
    while (i < count && list[i].holds)
        i++;
    return describe(arena, i < count ? &list[i] : NULL, &total, carried);
}
