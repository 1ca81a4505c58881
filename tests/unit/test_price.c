/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of price.c and price_plan.c: the golden vectors, the plan of a terms price, and what is refused. */
#include "payout/helpers.h"

#include "../../services/payout/core/price.h"

#define Q1 "{\"id\":\"u\",\"model\":\"per_unit\",\"meter\":\"rows\",\"unit_micro\":50000,\"free\":1000}"
#define TIERS                                                                                                          \
    "\"tiers\":[{\"up_to\":1000,\"unit_micro\":1000000},{\"up_to\":10000,\"unit_micro\":400000,\"flat\":100},{\"up_"   \
    "to\":null,\"unit_micro\":125000}]}"
#define Q2   "{\"id\":\"g\",\"model\":\"graduated\",\"meter\":\"rows\"," TIERS
#define Q3   "{\"id\":\"v\",\"model\":\"volume\",\"meter\":\"rows\"," TIERS
#define Q4   "{\"id\":\"p\",\"model\":\"package\",\"meter\":\"rows\",\"size\":1000,\"price\":750}"
#define Q5   "{\"id\":\"r\",\"model\":\"percent\",\"rate_ppm\":10000,\"free\":1000000}"
#define FLAT "{\"id\":\"f\",\"model\":\"flat\",\"amount\":5000}"
#define Q6   FLAT "," Q1
#define CAP  ",\"cap\":6000,\"minimum\":8000"
#define Q11                                                                                                            \
    "{\"id\":\"f\",\"model\":\"flat\",\"amount\":3000},{\"id\":\"u\",\"model\":\"per_unit\",\"meter\":\"rows\","       \
    "\"unit_micro\":333000000,\"per\":1000,\"free\":100}"
#define Q12 Q1 ",{\"id\":\"q\",\"model\":\"package\",\"meter\":\"req\",\"size\":100,\"price\":300}"

struct golden {
    const char *id, *charges, *more, *usage, *lines;
};

static const struct golden goldens[] = {
    {"Q1", Q1, "", "\"rows\":{\"units\":123456,\"sample\":250}", "SAMPLE 250/0 GRACE 1000/0 VARIABLE 122456/6123"},
    {"Q2a", Q2, "", "\"rows\":{\"units\":12345}", "VARIABLE 12345/4993"},
    {"Q2b", Q2, "", "\"rows\":{\"units\":1000}", "VARIABLE 1000/1000"},
    {"Q2c", Q2, "", "\"rows\":{\"units\":1001}", "VARIABLE 1001/1100"},
    {"Q3a", Q3, "", "\"rows\":{\"units\":1000}", "VARIABLE 1000/1000"},
    {"Q3b", Q3, "", "\"rows\":{\"units\":1001}", "VARIABLE 1001/500"},
    {"Q3c", Q3, "", "\"rows\":{\"units\":12345}", "VARIABLE 12345/1543"},
    {"Q4a", Q4, "", "\"rows\":{\"units\":1}", "VARIABLE 1/750"},
    {"Q4b", Q4, "", "\"rows\":{\"units\":3000}", "VARIABLE 3000/2250"},
    {"Q4c", Q4, "", "\"rows\":{\"units\":3001}", "VARIABLE 3001/3000"},
    {"Q5", Q5, "", "R98765432", "GRACE 1000000/0 VARIABLE 97765432/977654"},
    {"Q6", Q6, CAP, "\"rows\":{\"units\":123456}",
     "FIXED 0/5000 GRACE 1000/0 VARIABLE 119990/6000 CAPPED 2466/0 cap_reached"},
    {"Q7", Q6, CAP, "\"rows\":{\"units\":20000}",
     "FIXED 0/5000 GRACE 1000/0 VARIABLE 19000/950 FIXED 0/2050 minimum_applied"},
    {"Q8", Q6, CAP ",\"discounts\":{\"t\":333333}", "\"rows\":{\"units\":123456}",
     "FIXED 0/3333 GRACE 1000/0 VARIABLE 122456/4082"},
    {"Q9", Q6, CAP ",\"discounts\":{\"t\":1000000}", "\"rows\":{\"units\":123456}", "GRACE 1000/0 VARIABLE 122456/0"},
    {"Q10a", "{\"id\":\"u\",\"model\":\"per_unit\",\"meter\":\"rows\",\"unit_micro\":500000}", "",
     "\"rows\":{\"units\":1}", "VARIABLE 1/1"},
    {"Q10b", "{\"id\":\"u\",\"model\":\"per_unit\",\"meter\":\"rows\",\"unit_micro\":499999}", "",
     "\"rows\":{\"units\":1}", "VARIABLE 1/0"},
    {"Q11", Q11, "", "\"rows\":{\"units\":12445}", "FIXED 0/3000 GRACE 100/0 VARIABLE 12345/4111"},
    {"Q12", Q12, ",\"cap\":6500", "\"rows\":{\"units\":123456},\"req\":{\"units\":450}",
     "GRACE 1000/0 VARIABLE 122456/6123 VARIABLE 101/377 CAPPED 349/0 cap_reached"},
    {"unpriced", Q1, "", "\"x\":{\"units\":0}", "unpriced:x"},
    {"no room", Q1, ",\"cap\":0", "\"rows\":{\"units\":2000}", "GRACE 1000/0 CAPPED 1000/0 cap_reached"},
};

static struct ch_price *price_of(struct ch_arena *arena, const char *plan_text, const char *usage_text,
                                 struct ch_refusals *list)
{
    const json_t *plan = ch_calc_parse(plan_text, strlen(plan_text), list);
    const json_t *usage = ch_calc_parse(usage_text, strlen(usage_text), list);
    assert_true(plan && usage);
    struct ch_price_plan *p = ch_price_plan_read(plan, list);
    struct ch_price_usage *u = ch_price_usage_read(usage, list);
    (void)arena;
    return p && u ? ch_price(p, u, list) : NULL;
}

static const char *plan_of(struct ch_arena *arena, const char *charges, const char *more)
{
    return ch_printf(
        arena, "{\"schema\":\"price-plan/1\",\"plan\":\"p\",\"version\":1,\"currency\":\"EUR\",\"charges\":[%s]%s}",
        charges, more);
}

static const char *usage_of(struct ch_arena *arena, const char *meters)
{
    bool revenue = meters[0] == 'R';
    return ch_printf(arena,
                     "{\"schema\":\"price-usage/1\",\"period\":\"2026-03\",\"currency\":\"EUR\",\"tier\":\"t\","
                     "\"meters\":{%s},\"declared_revenue\":%s}",
                     revenue ? "" : meters, revenue ? meters + 1 : "0");
}

static void golden_vectors(void **state)
{
    struct ch_arena *arena = *state;
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        const struct golden *g = &goldens[i];
        struct ch_refusals *list = ch_refusals_new(arena, NULL);
        const struct ch_price *price =
            price_of(arena, plan_of(arena, g->charges, g->more), usage_of(arena, g->usage), list);
        if (!price)
            fail_msg("%s: %s", g->id, ch_refusals_text(list));
        char *text = ch_strdup(arena, "");
        int64_t sum = 0;
        for (size_t j = 0; j < price->line_count; j++)
            sum += price->lines[j].amount;
        assert_int_equal(price->total, sum);
        for (size_t j = 0; j < price->line_count; j++)
            text = ch_printf(arena, "%s%s%s %lld/%lld", text, *text ? " " : "", ch_usage_classes[price->lines[j].class],
                             (long long)price->lines[j].units, (long long)price->lines[j].amount);
        for (size_t j = 0; j < price->flag_count; j++)
            text = ch_printf(arena, "%s%s%s", text, *text ? " " : "", price->flags[j]);
        if (strcmp(text, g->lines) != 0)
            fail_msg("%s: %s, not %s", g->id, text, g->lines);
    }
}

static void a_terms_price_is_a_plan(void **state)
{
    struct ch_arena *arena = *state;
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    json_t *terms = ch_price_plan_from_terms(arena, "research", 3, "EUR", 3000, 333, 1000, 100, -1);
    assert_string_equal(ch_json_canonical(arena, terms, NULL),
                        "{\"charges\":[{\"amount\":3000,\"id\":\"base\",\"model\":\"flat\"},{\"free\":100,\"id\":"
                        "\"rows\",\"meter\":\"rows\",\"model\":\"per_unit\",\"per\":1000,\"unit_micro\":333000000}],"
                        "\"currency\":\"EUR\",\"plan\":\"research\",\"schema\":\"price-plan/1\",\"version\":3}");
    struct ch_price_plan *plan = ch_price_plan_read(terms, list);
    assert_non_null(plan);
    const char *usage = usage_of(arena, "\"rows\":{\"units\":12445}");
    struct ch_price_usage *used = ch_price_usage_read(ch_calc_parse(usage, strlen(usage), list), list);
    assert_int_equal(ch_price(plan, used, list)->total, 7111);
    json_t *capped = ch_price_plan_from_terms(arena, "t", 1, "EUR", 0, 1000000001, 1, 0, 5);
    assert_int_equal(json_integer_value(json_object_get(capped, "cap")), 5);
    assert_null(ch_price_plan_read(capped, list)); /* unit over the bounds of a plan */
}

static void refusals(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *charges, *more, *pointer;
    } rows[] = {
        {"", "", "\"/charges\""},
        {Q1 "," Q1, "", "\"/charges/1/id\""},
        {Q1, ",\"x\":1", "\"/x\""},
        {"{\"id\":\"f\",\"model\":\"flat\",\"amount\":1000000000001}", "", "\"/charges/0/amount\""},
        {"{\"id\":\"f\",\"model\":\"flat\",\"amount\":1,\"meter\":\"m\"}", "", "\"/charges/0/meter\""},
        {"{\"id\":\"g\",\"model\":\"volume\",\"meter\":\"m\",\"tiers\":[{\"up_to\":5,\"unit_micro\":1}]}", "",
         "\"/charges/0/tiers/0/up_to\""},
        {"{\"id\":\"g\",\"model\":\"volume\",\"meter\":\"m\",\"tiers\":[{\"up_to\":5,\"unit_micro\":1},{\"up_to\":5,"
         "\"unit_micro\":1},{\"up_to\":null,\"unit_micro\":1}]}",
         "", "\"/charges/0/tiers/1/up_to\""},
        {Q1, ",\"discounts\":{\"t\":1000001}", "\"/discounts/t\""},
        {Q1, ",\"cap\":null", "\"/cap\""},
        {"{\"id\":\"u\",\"model\":\"per_unit\",\"meter\":\"rows\",\"unit_micro\":1000000000000000}", "", "\"\""},
    };
    const char *usage = usage_of(arena, "\"rows\":{\"units\":1099511627776}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_refusals *list = ch_refusals_new(arena, NULL);
        assert_null(price_of(arena, plan_of(arena, rows[i].charges, rows[i].more), usage, list));
        if (!strstr(ch_refusals_text(list), rows[i].pointer))
            fail_msg("row %zu: %s", i, ch_refusals_text(list));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(golden_vectors, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(a_terms_price_is_a_plan, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(refusals, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
