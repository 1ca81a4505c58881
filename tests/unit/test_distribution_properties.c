/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The properties P1 to P15 of a distribution (payout.md 7.7) over drawn rules and inputs; P16, that a second
 * implementation agrees, is tests/reference. CH_ROUNDS cases of each (2000), from CH_SEED; what fails is shrunk. */
#include "payout/helpers.h"

#include "../../services/payout/core/clawback.h"
#include "payout/model.h"

static int64_t sum_of_lines(const struct ch_distribution *d)
{
    int64_t sum = 0;
    for (size_t i = 0; i < d->inputs->recipient_count; i++)
        sum += ch_distribution_amount(d, i);
    return sum;
}

static int64_t sum_of_funds(const struct ch_distribution *d)
{
    int64_t sum = 0;
    for (size_t i = 0; i < d->fund_count; i++)
        sum += d->funds[i].minor;
    return sum;
}

static bool has_flag(const struct ch_distribution *d, const char *name)
{
    for (size_t i = 0; i < d->flag_count; i++)
        if (strncmp(d->flags[i], name, strlen(name)) == 0)
            return true;
    return false;
}

static bool is_clamped(const struct model_step *step)
{
    return step->floor_each > 0 || step->cap != CH_CAP_NONE;
}

/* lines + funds + carried = pot, to the unit */
static const char *p1(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw(&m, draws);
    const struct ch_distribution *d = model_run(arena, &m);
    int64_t sum = sum_of_lines(d) + sum_of_funds(d) + d->carried;
    return sum == m.pot ? NULL : model_failed(arena, &m, "%lld come to %lld", (long long)m.pot, (long long)sum);
}

#define SHUFFLE(draws, array, count)                                                                                   \
    for (size_t i_ = (count); i_ > 1; i_--) {                                                                          \
        size_t j_ = (size_t)draw(draws, i_);                                                                           \
        __typeof__(*(array)) swap_ = (array)[i_ - 1];                                                                  \
        (array)[i_ - 1] = (array)[j_];                                                                                 \
        (array)[j_] = swap_;                                                                                           \
    }

/* any order of recipients, contributions, contributors: the same bytes */
static const char *p2(struct ch_arena *arena, struct draws *draws)
{
    struct model m, n;
    model_draw(&m, draws);
    n = m;
    SHUFFLE(draws, n.person, n.people);
    SHUFFLE(draws, n.contribution, n.contributions);
    for (size_t i = 0; i < n.contributions; i++) {
        struct model_contribution *c = &n.contribution[i], was = *c;
        size_t order[3] = {0, 1, 2};
        SHUFFLE(draws, order, c->contributors);
        for (size_t j = 0; j < c->contributors; j++) {
            c->who[j] = was.who[order[j]];
            c->share[j] = was.share[order[j]];
        }
    }
    /* the hash is one of all the other bytes */
    if (strcmp(model_run(arena, &m)->hash, model_run(arena, &n)->hash) == 0)
        return NULL;
    return model_failed(arena, &m, "another result for %s", model_inputs(arena, &n));
}

/* one apportionment without caps: less than 1 unit from the exact share */
static const char *p3(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw_split(&m, draws, MODEL_ONE_PART | MODEL_NO_THEN | MODEL_NO_CLAMP);
    const struct ch_distribution *d = model_run(arena, &m);
    ch_u128 total = d->steps[0].parts[0].cut.weight_total;
    for (size_t i = 0; i < m.people; i++) {
        ch_u128 exact = (ch_u128)m.pot * model_weight(&m.step[0], &m.step[0].part[0], &m.person[i]);
        ch_u128 got = (ch_u128)model_amount(d, m.person[i].name) * total;
        if (total && (exact > got ? exact - got : got - exact) >= total)
            return model_failed(arena, &m, "M%d is a unit off", m.person[i].name);
    }
    return NULL;
}

/* Whether a weighs at least as much as b in every part; and `*equal`, whether it weighs the same. */
static bool dominates(const struct model_step *step, const struct model_person *a, const struct model_person *b,
                      bool *equal)
{
    *equal = true;
    for (size_t i = 0; i < step->parts; i++) {
        uint64_t left = model_weight(step, &step->part[i], a), right = model_weight(step, &step->part[i], b);
        *equal = *equal && left == right;
        if (left < right)
            return false;
    }
    return true;
}

/* a higher weight never gets less; equal weights differ by at most 1 (same floors and caps, floors funded) */
static const char *p4(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw_split(&m, draws, MODEL_NO_THEN);
    const struct model_step *step = &m.step[0];
    const struct ch_distribution *d = model_run(arena, &m);
    int64_t apart = is_clamped(step) ? 1 : (int64_t)step->parts;
    for (size_t i = 0; i < m.people && !has_flag(d, "floors_unfunded"); i++)
        for (size_t j = 0; j < m.people; j++) {
            const struct model_person *a = &m.person[i], *b = &m.person[j];
            bool equal, floors = model_passes(step, a) == model_passes(step, b) || step->floor_each == 0;
            int64_t more = model_amount(d, a->name) - model_amount(d, b->name);
            if (floors && dominates(step, a, b, &equal) &&
                (equal ? llabs(more) > apart : more < 0 && -more > apart - 1))
                return model_failed(arena, &m, "M%d and M%d differ by %lld", a->name, b->name, (long long)more);
        }
    return NULL;
}

/* raising only my weight never lowers my amount */
static const char *p5(struct ch_arena *arena, struct draws *draws)
{
    struct model m, n;
    model_draw_split(&m, draws, MODEL_NO_THEN | MODEL_NO_ELIGIBLE);
    if (!m.people)
        return NULL;
    n = m;
    struct model_person *me = &n.person[draw(draws, m.people)];
    me->figures.units += draw_amount(draws, (INT64_C(1) << 40) - me->figures.units);
    me->tenure += draw_amount(draws, (INT64_C(1) << 40) - me->tenure);
    int64_t before = model_amount(model_run(arena, &m), me->name), after = model_amount(model_run(arena, &n), me->name);
    if (after >= before)
        return NULL;
    return model_failed(arena, &m, "M%d falls from %lld to %lld with\n%s", me->name, (long long)before,
                        (long long)after, model_inputs(arena, &n));
}

/* How many apportionments give to somebody: one for each part, or for each of its own contributions in it; the clamp's.
 */
static int64_t apportionments(const struct model *m, const struct model_person *person)
{
    int64_t count = is_clamped(&m->step[0]);
    for (size_t p = 0; p < m->step[0].parts; p++) {
        count += !m->step[0].part[p].then;
        for (size_t i = 0; i < m->contributions && m->step[0].part[p].then; i++)
            for (size_t j = 0; j < m->contribution[i].contributors; j++)
                count += m->contribution[i].who[j] == person->name;
    }
    return count;
}

/* The most anybody gets of a single split. */
static int64_t cap_of(const struct model *m)
{
    const struct model_step *step = &m->step[0];
    if (step->cap == CH_CAP_RATIO)
        return (int64_t)((ch_u128)m->pot * (ch_u128)step->cap_num / (ch_u128)step->cap_den);
    return step->cap == CH_CAP_AMOUNT ? step->cap_amount : CH_PAYOUT_MAX;
}

/* pot + 1 lowers nobody by more than 1 unit per apportionment; where a cap is a ratio of the pot, while the cap is the
 * same: one unit more for everybody at the cap is taken from whoever had what they could not take */
static const char *p6(struct ch_arena *arena, struct draws *draws)
{
    struct model m, n;
    model_draw_split(&m, draws, 0);
    n = m;
    n.pot += m.pot < CH_PAYOUT_MAX;
    if (cap_of(&m) != cap_of(&n))
        return NULL;
    const struct ch_distribution *before = model_run(arena, &m), *after = model_run(arena, &n);
    for (size_t i = 0; i < m.people; i++) {
        int64_t less = model_amount(before, m.person[i].name) - model_amount(after, m.person[i].name);
        if (less > apportionments(&m, &m.person[i]))
            return model_failed(arena, &m, "pot + 1 takes %lld from M%d", (long long)less, m.person[i].name);
    }
    return NULL;
}

/* pot + 1 lowers nobody: false (Balinski and Young); here so that the drawing and the shrinking are seen to work */
static const char *plain_monotony(struct ch_arena *arena, struct draws *draws)
{
    struct model m, n;
    model_draw_split(&m, draws, MODEL_ONE_PART | MODEL_NO_THEN | MODEL_NO_CLAMP | MODEL_NO_ELIGIBLE);
    n = m;
    n.pot += m.pot < CH_PAYOUT_MAX;
    const struct ch_distribution *before = model_run(arena, &m), *after = model_run(arena, &n);
    for (size_t i = 0; i < m.people; i++)
        if (model_amount(after, m.person[i].name) < model_amount(before, m.person[i].name))
            return model_failed(arena, &m, "pot + 1 takes from M%d", m.person[i].name);
    return NULL;
}

/* zero weight gets zero, unless a floor applies */
static const char *p7(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw_split(&m, draws, 0);
    const struct model_step *step = &m.step[0];
    const struct ch_distribution *d = model_run(arena, &m);
    for (size_t i = 0; i < m.people; i++) {
        bool floored = step->floor_each > 0 && model_passes(step, &m.person[i]);
        if (!floored && !model_weighs(&m, step, &m.person[i]) && model_amount(d, m.person[i].name) != 0)
            return model_failed(arena, &m, "M%d weighs nothing", m.person[i].name);
    }
    return NULL;
}

/* no negative amount */
static const char *p8(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw(&m, draws);
    const struct ch_distribution *d = model_run(arena, &m);
    bool good = d->carried >= 0 && d->leftover >= 0;
    for (size_t i = 0; i < d->inputs->recipient_count; i++)
        for (size_t j = 0; j < d->step_count; j++)
            good = good && ch_step_amount(&d->steps[j], i) >= 0;
    for (size_t i = 0; i < d->fund_count; i++)
        good = good && d->funds[i].minor > 0;
    for (size_t i = 0; i < d->step_count; i++)
        good = good && d->steps[i].amount >= 0 && d->steps[i].wanted >= 0 && d->steps[i].leftover >= 0;
    return good ? NULL : model_failed(arena, &m, "something is negative");
}

/* Floors and caps of one person; NULL when they hold. */
static const char *outside(const struct model *m, const struct ch_distribution *d, const struct model_person *person)
{
    const struct model_step *step = &m->step[0];
    int64_t cap = cap_of(m), got = model_amount(d, person->name);
    ch_u128 v = model_clamp_weight(m, step, person);
    int64_t floor = step->floor_each < cap ? step->floor_each : cap;
    if (got > cap)
        return "over the cap";
    if (!has_flag(d, "floors_unfunded") && (v > 0 || model_passes(step, person)) && got < floor)
        return "under the floor";
    return has_flag(d, "caps_bind") && v > 0 && got != cap ? "not at the cap, and yet there is a leftover" : NULL;
}

/* floors and caps respected; leftover only from empty parts, or when all with v > 0 are at the cap */
static const char *p9(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw_split(&m, draws, 0);
    const struct model_step *step = &m.step[0];
    const struct ch_distribution *d = model_run(arena, &m);
    int64_t empty = 0;
    for (size_t i = 0; i < step->parts; i++)
        if (!model_part_weighs(&m, step, &step->part[i]))
            empty += d->steps[0].parts[i].amount;
    if (has_flag(d, "caps_bind") ? d->leftover <= empty : d->leftover != empty)
        return model_failed(arena, &m, "leftover %lld, empty parts %lld", (long long)d->leftover, (long long)empty);
    for (size_t i = 0; i < m.people && is_clamped(step); i++) {
        const char *how = outside(&m, d, &m.person[i]);
        if (how)
            return model_failed(arena, &m, "M%d is %s", m.person[i].name, how);
    }
    return NULL;
}

/* Whether two distributions give the same to everybody of the first. */
static const char *same_lines(struct ch_arena *arena, const struct model *m, const struct model *n)
{
    const struct ch_distribution *d = model_run(arena, m), *e = model_run(arena, n);
    for (size_t i = 0; i < m->people; i++)
        if (model_amount(d, m->person[i].name) != model_amount(e, m->person[i].name))
            return model_failed(arena, m, "M%d gets something else with\n%s", m->person[i].name,
                                model_inputs(arena, n));
    return NULL;
}

static bool multiply(struct model_figures *f, int64_t factor)
{
    f->units *= factor;
    f->external *= factor;
    return f->units <= INT64_C(1) << 40 && f->external <= INT64_C(1) << 40;
}

/* multiplying all weights of a part by k changes no line */
static const char *p10(struct ch_arena *arena, struct draws *draws)
{
    struct model m, n;
    model_draw_split(&m, draws, 0);
    n = m;
    int64_t factor = draw_between(draws, 1, 1000);
    bool fits = true;
    for (size_t i = 0; i < n.people; i++) {
        n.person[i].tenure *= factor;
        fits = multiply(&n.person[i].figures, factor) && n.person[i].tenure <= INT64_C(1) << 40 && fits;
    }
    for (size_t i = 0; i < n.contributions; i++)
        fits = multiply(&n.contribution[i].figures, factor) && fits;
    return fits ? same_lines(arena, &m, &n) : NULL;
}

/* adding a zero-weight recipient changes no line, unless a floor applies; nor does a second account of somebody who is
 * counted already (equal 0; P12) */
static const char *p11(struct ch_arena *arena, struct draws *draws)
{
    struct model m, n;
    model_draw_split(&m, draws, 0);
    n = m;
    n.person[n.people++] = (struct model_person){.name = 99, .status = (int)draw(draws, 6)};
    n.person[m.people].figures.quality_ppm = (int64_t)draw(draws, 1000001);
    if (m.step[0].floor_each > 0 && model_passes(&m.step[0], &n.person[m.people]))
        return NULL;
    return same_lines(arena, &m, &n);
}

/* merging two contributions of one sole owner, who has no part in others, changes the owner's total by at most the
 * number of parts */
static const char *p12(struct ch_arena *arena, struct draws *draws)
{
    struct model m, n;
    model_draw_split(&m, draws, MODEL_NO_CLAMP | MODEL_NO_ELIGIBLE | MODEL_NO_EQUAL_THEN);
    if (m.contributions < 2)
        return NULL;
    struct model_contribution *one = &m.contribution[0], *two = &m.contribution[m.contributions - 1];
    one->contributors = two->contributors = 1;
    for (size_t i = 1; i + 1 < m.contributions; i++)
        for (size_t j = 0; j < m.contribution[i].contributors; j++)
            if (m.contribution[i].who[j] == one->who[0])
                return NULL;
    two->who[0] = one->who[0];
    two->figures.quality_ppm = one->figures.quality_ppm;
    n = m;
    n.contributions--;
    n.contribution[0].figures.units += two->figures.units;
    n.contribution[0].figures.external += two->figures.external;
    if (!multiply(&n.contribution[0].figures, 1))
        return NULL;
    int64_t change = model_amount(model_run(arena, &m), one->who[0]) - model_amount(model_run(arena, &n), one->who[0]);
    if (llabs(change) <= (int64_t)m.step[0].parts)
        return NULL;
    return model_failed(arena, &m, "merged, M%d gets %lld less", one->who[0], (long long)change);
}

/* What clawbacks read: the result as text. */
static struct ch_text result_of(struct ch_arena *arena, const struct ch_distribution *d)
{
    struct memory memory = {.arena = arena};
    struct ch_out out;
    ch_out_begin(&out, to_memory, &memory);
    ch_distribution_write(d, true, &out);
    ch_out_flush(&out);
    return (struct ch_text){memory.text, memory.size};
}

static const struct ch_clawback *claw(struct ch_arena *arena, const struct ch_distribution *d, int64_t amount,
                                      const struct ch_clawback *lines, const int64_t *before)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    json_t *reversed = json_array();
    for (size_t i = 0; lines && i < lines->line_count; i++)
        json_array_append_new(reversed, json_pack("{s:s, s:I}", "id", lines->lines[i].id, "amount", before[i]));
    const json_t *inputs = ch_json_pack(arena, "{s:s, s:s, s:I, s:o}", "schema", "clawback-inputs/1", "run_id", "c-1",
                                        "amount", (json_int_t)amount, "reversed", reversed);
    struct ch_text text;
    text.bytes = ch_json_canonical(arena, inputs, &text.length);
    const struct ch_clawback *c = ch_clawback(d->rule, result_of(arena, d), text, list, list);
    if (!c)
        fail_msg("%s", ch_refusals_text(list));
    return c;
}

/* clawed back <= line, also over many clawbacks; the whole pot clawed back with `reverse` restores all */
static const char *p13(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw(&m, draws);
    const struct ch_distribution *d = model_run(arena, &m);
    const struct ch_clawback *c = claw(arena, d, m.pot, NULL, NULL);
    for (size_t i = 0; i < c->line_count && m.reverse; i++)
        if (c->lines[i].amount != c->lines[i].paid)
            return model_failed(arena, &m, "%s keeps something", c->lines[i].id);
    if (m.reverse && c->uncovered != d->carried)
        return model_failed(arena, &m, "%lld uncovered", (long long)c->uncovered);
    int64_t *before = ch_alloc_array(arena, c->line_count, sizeof *before);
    for (int64_t rest = m.pot, round = 0; round < 4; round++) {
        int64_t amount = draw_amount(draws, rest), sum = 0;
        c = claw(arena, d, amount, c, before);
        for (size_t i = 0; i < c->line_count; i++) {
            before[i] += c->lines[i].amount;
            sum += c->lines[i].amount;
            if (c->lines[i].amount < 0 || before[i] > c->lines[i].paid)
                return model_failed(arena, &m, "%lld of %s", (long long)before[i], c->lines[i].id);
        }
        if (sum + c->uncovered != amount)
            return model_failed(arena, &m, "%lld clawed back as %lld", (long long)amount, (long long)sum);
        rest -= amount;
    }
    return NULL;
}

/* amount <= remaining; until_target never passes the target, never negative */
static const char *p14(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw(&m, draws);
    const struct ch_distribution *d = model_run(arena, &m);
    int64_t remaining = m.pot, balance[MODEL_FUNDS + 1] = {0};
    memcpy(balance, m.balance, sizeof m.balance);
    for (size_t i = 0; i < d->step_count; i++) {
        const struct ch_step_result *r = &d->steps[i];
        const struct model_step *step = &m.step[i];
        if (r->amount < 0 || r->amount > remaining || r->amount > r->wanted || r->remaining != remaining - r->amount)
            return model_failed(arena, &m, "step s%zu takes %lld of %lld", i, (long long)r->amount,
                                (long long)remaining);
        remaining = r->remaining;
        if (step->kind == CH_STEP_UNTIL_TARGET && r->amount > 0 && balance[step->fund] + r->amount > step->target)
            return model_failed(arena, &m, "step s%zu passes its target", i);
        if (step->kind <= CH_STEP_SPLIT)
            balance[step->fund] += step->kind == CH_STEP_SPLIT ? r->leftover : r->amount;
    }
    return NULL;
}

/* over all runs: what was carried into a run is all that the run before carried, and nothing gets lost between them */
static const char *p15(struct ch_arena *arena, struct draws *draws)
{
    struct model m;
    model_draw(&m, draws);
    int64_t received = 0, given = 0, carried = 0;
    for (int run = 0; run < 4; run++) {
        int64_t receipts = draw_amount(draws, CH_PAYOUT_MAX / 4);
        m.run++;
        m.pot = receipts + carried;
        const struct ch_distribution *d = model_run(arena, &m);
        received += receipts;
        given += sum_of_lines(d) + sum_of_funds(d);
        carried = d->carried;
        if (given + carried != received)
            return model_failed(arena, &m, "of %lld received %lld are given and %lld carried", (long long)received,
                                (long long)given, (long long)carried);
    }
    return NULL;
}

static const struct named {
    const char *name;
    property *holds;
} properties[] = {{"P1", p1},   {"P2", p2},   {"P3", p3},   {"P4", p4},   {"P5", p5},
                  {"P6", p6},   {"P7", p7},   {"P8", p8},   {"P9", p9},   {"P10", p10},
                  {"P11", p11}, {"P12", p12}, {"P13", p13}, {"P14", p14}, {"P15", p15}};

static uint64_t setting(const char *name, uint64_t absent)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : absent;
}

static void holds(void **state)
{
    const struct named *p = *state;
    uint64_t seed = setting("CH_SEED", 20260301), rounds = setting("CH_ROUNDS", 2000);
    struct ch_arena *arena = ch_arena_new();
    const char *text = find_counterexample(arena, p->holds, seed, rounds, NULL);
    print_message("%s: %llu cases, seed %llu\n", p->name, (unsigned long long)rounds, (unsigned long long)seed);
    if (text) {
        fprintf(stderr, "%s\n", text); /* cmocka's messages end after a kilobyte */
        fail_msg("%s does not hold", p->name);
    }
    ch_arena_free(arena);
}

/* The paradox needs three people; the shrunk case has at most one that could be left out. */
static void a_false_property_is_refuted_and_shrunk(void **state)
{
    struct ch_arena *arena = *state;
    size_t count = 0;
    const char *text = find_counterexample(arena, plain_monotony, 1, 20000, &count);
    assert_non_null(text);
    print_message("shrunk to %zu numbers: %s\n", count, text);
    assert_non_null(strstr(text, "\"id\":\"M2\""));
    assert_null(strstr(text, "\"id\":\"M4\""));
}

static const char *below_a_thousand(struct ch_arena *arena, struct draws *draws)
{
    int64_t sum = 0;
    while (draw(draws, 8) > 0)
        sum += (int64_t)draw(draws, 400);
    return sum < 1000 ? NULL : ch_printf(arena, "%lld", (long long)sum);
}

static void shrinking_finds_the_edge(void **state)
{
    struct ch_arena *arena = *state;
    size_t count = 0;
    assert_string_equal(find_counterexample(arena, below_a_thousand, 7, 1000, &count), "1000");
    assert_true(count <= 9); /* three or four of them, and whether there is one more */
    assert_null(find_counterexample(arena, below_a_thousand, 7, 0, &count));
}

#define PROPERTIES (sizeof properties / sizeof *properties)

/* An argument names the one property to look at. */
int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    struct CMUnitTest tests[PROPERTIES + 2] = {
        cmocka_unit_test_setup_teardown(a_false_property_is_refuted_and_shrunk, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(shrinking_finds_the_edge, arena_setup, arena_teardown)};
    for (size_t i = 0; i < PROPERTIES; i++)
        tests[i + 2] = (struct CMUnitTest){properties[i].name, holds, NULL, NULL, (void *)(uintptr_t)&properties[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
