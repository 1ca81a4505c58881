/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of distribute.c, split.c, clamp.c and distribution_write.c: the golden vectors, and seeded properties. */
#include "payout/helpers.h"

#define HEAD                                                                                                           \
    "{\"schema\":\"benefit-rule/1\",\"rule\":\"r\",\"currency\":\"EUR\",\"remainder\":\"largest_remainder/"            \
    "sha256\",\"steps\":["
#define LEFT "\"leftover_to\":\"Equity:Fund:Commons\"}"
#define SPLIT(weights)                                                                                                 \
    "{\"id\":\"people\",\"kind\":\"split\",\"of\":\"remaining\",\"num\":1,\"den\":1,\"parts\":[" weights "],"
#define USAGE "{\"share\":1,\"weight\":\"usage\"}"
#define U     SPLIT(USAGE) LEFT

#define TARGET(round)                                                                                                  \
    "{\"id\":\"t\",\"kind\":\"until_target\",\"to\":\"Equity:Reserve:Legal\",\"of\":\"gross\",\"num\":15,\"den\":100," \
    "\"round\":\"" round "\",\"target\":3000000}," U

struct golden {
    const char *id, *steps, *units; /* recipients A, B, C ... by units, comma separated; "-" for none */
    int64_t pot, balance;
    const char *lines, *funds, *flags; /* "A=1 B=2"; carried as "carried=5" in funds */
};

static const struct golden goldens[] = {
    {"D1", SPLIT("{\"share\":1,\"weight\":\"equal\"}") LEFT, "0,0,0", 10000, 0, "A=3333 B=3334 C=3333", "", ""},
    {"D2", U, "75,25", 9999, 0, "A=7499 B=2500", "", ""},
    {"D3", U, "100,101,100,100", 5, 0, "A=1 B=2 C=1 D=1", "", ""},
    {"D4", U, "49,51", 1003, 0, "A=491 B=512", "", ""},
    {"D5", U, "167002,556978,521025", 3, 0, "A=1 B=1 C=1", "", ""},
    {"D6", U, "167002,556978,521025", 4, 0, "B=2 C=2", "", ""},
    {"D7", SPLIT(USAGE) "\"floor_each\":1000,\"cap_each\":{\"num\":30,\"den\":100}," LEFT, "900,60,30,10", 100000, 0,
     "A=30000 B=30000 C=30000 D=10000", "", ""},
    {"D8", SPLIT(USAGE) "\"floor_each\":1000,\"cap_each\":{\"num\":40,\"den\":100}," LEFT, "900,60,30,10", 100000, 0,
     "A=40000 B=36000 C=18000 D=6000", "", ""},
    {"D9", SPLIT(USAGE) "\"cap_each\":{\"num\":30,\"den\":100}," LEFT, "1000000,1,1", 1000, 0, "A=300 B=300 C=300",
     "Equity:Fund:Commons=100", "caps_bind:people"},
    {"D10", SPLIT(USAGE) "\"cap_each\":200," LEFT, "5,3,1,0", 1000, 0, "A=200 B=200 C=200", "Equity:Fund:Commons=400",
     "caps_bind:people"},
    {"D11", SPLIT("{\"share\":9,\"weight\":\"usage\"},{\"share\":1,\"weight\":\"tenure\"}") LEFT, "1,2", 1000, 0,
     "A=300 B=600", "Equity:Fund:Commons=100", "empty_part:people/1"},
    {"D12",
     "{\"id\":\"a\",\"kind\":\"fixed\",\"to\":\"Income:OperationsShare\",\"amount\":700},"
     "{\"id\":\"b\",\"kind\":\"fixed\",\"to\":\"Equity:Fund:Commons\",\"amount\":700}," U,
     "1", 1000, 0, "", "Equity:Fund:Commons=300 Income:OperationsShare=700", "shortfall:b"},
    {"D13", TARGET("up"), "1", 1007, 0, "A=855", "Equity:Reserve:Legal=152", ""},
    {"D14", TARGET("down"), "1", 1007, 0, "A=856", "Equity:Reserve:Legal=151", ""},
    {"D15", TARGET("up"), "1", 1007, 2999950, "A=957", "Equity:Reserve:Legal=50", ""},
    {"D16", TARGET("up"), "1", 1007, 3000001, "A=1007", "", ""},
    {"D17", "{\"id\":\"q\",\"kind\":\"require\",\"of\":\"gross\",\"at_least\":5000}," U, "1", 4999, 0, "",
     "carried=4999", "aborted:q"},
    {"D18",
     "{\"id\":\"c\",\"kind\":\"carry\",\"of\":\"gross\",\"num\":1,\"den\":10,\"round\":\"half_up\"},"
     "{\"id\":\"b\",\"kind\":\"assign\",\"recipient\":\"B\",\"resolution\":\"V-1\",\"amount\":105}," U,
     "1,1,1", 1005, 0, "A=266 B=372 C=266", "carried=101", ""},
    /* a lawful floor with nothing to fund it, and where the largest products lie */
    {"floor", SPLIT(USAGE) "\"floor_each\":9007199254740991," LEFT, "1,1", 1000, 0, "A=500 B=500", "",
     "floors_unfunded:people"},
    {"wide", SPLIT("{\"share\":10000,\"weight\":\"usage*quality\"}") "\"cap_each\":9007199254740990," LEFT,
     "1099511627776,1", INT64_C(9007199254740991), 0, "A=9007199254732799 B=8192", "", ""},
};

static const char *inputs_text(struct ch_arena *arena, const char *run, int64_t pot, int64_t balance, const char *units)
{
    char *text = ch_printf(arena,
                           "{\"schema\":\"distribution-inputs/1\",\"run_id\":\"%s\",\"currency\":\"EUR\",\"pot\":%lld,"
                           "\"balances\":{\"Equity:Reserve:Legal\":%lld},\"recipients\":[",
                           run, (long long)pot, (long long)balance);
    for (int i = 0; units; i++) {
        text = ch_printf(arena, "%s%s{\"id\":\"%c\",\"units\":%lld}", text, i ? "," : "", 'A' + i,
                         strtoll(units, NULL, 10));
        units = strchr(units, ',');
        units = units ? units + 1 : NULL;
    }
    return ch_printf(arena, "%s]}", text);
}

static char *lines_text(struct ch_arena *arena, const struct ch_distribution *d)
{
    char *text = ch_strdup(arena, "");
    for (size_t i = 0; i < d->inputs->recipient_count; i++) {
        int64_t amount = ch_distribution_amount(d, i);
        if (amount)
            text = ch_printf(arena, "%s%s%.*s=%lld", text, *text ? " " : "", d->inputs->recipients[i].id_length,
                             d->inputs->recipients[i].id, (long long)amount);
    }
    return text;
}

static char *funds_text(struct ch_arena *arena, const struct ch_distribution *d)
{
    char *text = ch_strdup(arena, "");
    for (size_t i = 0; i < d->fund_count; i++)
        text =
            ch_printf(arena, "%s%s%s=%lld", text, *text ? " " : "", d->funds[i].account, (long long)d->funds[i].minor);
    if (d->carried)
        text = ch_printf(arena, "%s%scarried=%lld", text, *text ? " " : "", (long long)d->carried);
    return text;
}

static void golden_vectors(void **state)
{
    struct ch_arena *arena = *state;
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        const struct golden *g = &goldens[i];
        const char *rule = ch_printf(arena, HEAD "%s]}", g->steps);
        const struct ch_distribution *d =
            distribution_of(arena, rule, inputs_text(arena, "run-2026-01", g->pot, g->balance, g->units));
        const char *flags = d->flag_count ? d->flags[0] : "";
        if (strcmp(lines_text(arena, d), g->lines) || strcmp(funds_text(arena, d), g->funds) || strcmp(flags, g->flags))
            fail_msg("%s: %s | %s | %s", g->id, lines_text(arena, d), funds_text(arena, d), flags);
    }
}

/* What those below the floor miss is just what those above the cap have too much: both sides are frozen in one round,
 * so nothing is left open, though the other order would give the same amounts. */
static void floors_and_caps_that_balance(void **state)
{
    struct ch_arena *arena = *state;
    const char *rule = HEAD SPLIT(USAGE) "\"floor_each\":30,\"cap_each\":45," LEFT "]}";
    const struct ch_distribution *d = distribution_of(arena, rule, inputs_text(arena, "r", 150, 0, "46,80,12,12"));
    assert_string_equal(lines_text(arena, d), "A=45 B=45 C=30 D=30");
    assert_true(d->steps[0].rest == 0 && d->steps[0].clamp.weight_total == 0 && d->flag_count == 0);
}

static void d19_all_bytes(void **state)
{
    struct ch_arena *arena = *state;
    struct memory memory = {.arena = arena};
    struct ch_out out;
    const struct ch_distribution *d =
        distribution_of(arena, vector(arena, "d19.rule.json", NULL), vector(arena, "d19.inputs.json", NULL));
    ch_out_begin(&out, to_memory, &memory);
    ch_distribution_write(d, true, &out);
    ch_out_text(&out, "\n");
    ch_out_flush(&out);
    assert_string_equal(memory.text, vector(arena, "d19.result.json", NULL));
}

static void d20_hashes(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_distribution *d =
        distribution_of(arena, vector(arena, "d20.rule.json", NULL), vector(arena, "d20.inputs.json", NULL));
    assert_string_equal(d->rule->sha256, "fa7fa9e6b155918aaf2397a77e2cf8786f6f68adc35e5ff3ea5a94cc1020605d");
    assert_string_equal(d->inputs->sha256, "628da4aa9ad138dfc88856e08a1ad412750402c0ae8cafa1e6540d4c14518ca5");
    assert_string_equal(d->hash, "6b7e76c7622d8c4616f09ad876f05d2f7ca0189d56487f05ee59baf81eddf213");
    assert_string_equal(lines_text(arena, d), "M1=111966 M2=55608");
}

static void d21_ties_are_fair(void **state)
{
    struct ch_arena *arena = *state;
    const char *rule = HEAD SPLIT("{\"share\":1,\"weight\":\"equal\"}") LEFT "]}";
    int64_t sums[3] = {0};
    for (int run = 0; run < 3000; run++) {
        const char *inputs = inputs_text(arena, ch_printf(arena, "run-%d", run), 100, 0, "0,0,0");
        const struct ch_distribution *d = distribution_of(arena, rule, inputs);
        for (size_t i = 0; i < 3; i++)
            sums[i] += ch_distribution_amount(d, i);
    }
    assert_int_equal(sums[0], 100008);
    assert_int_equal(sums[1], 100027);
    assert_int_equal(sums[2], 99965);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* P1, P2, P8, P9: nothing is lost, order does not count, floors and caps hold. */
static void properties(void **state)
{
    (void)state;
    uint64_t seed = 0x20260301;
    print_message("seed %llx\n", (unsigned long long)seed);
    for (int round = 0; round < 500; round++) {
        struct ch_arena *arena = ch_arena_new();
        int64_t cap = (int64_t)(next_random(&seed) % 400), floor = (int64_t)(next_random(&seed) % (uint64_t)(cap + 1));
        int64_t pot = (int64_t)(next_random(&seed) % 3000);
        char *units = ch_strdup(arena, "0");
        for (int i = 1; i < 8; i++)
            units = ch_printf(arena, "%s,%llu", units,
                              (unsigned long long)(next_random(&seed) >> (24 + next_random(&seed) % 40)));
        const char *rule = ch_printf(arena, HEAD SPLIT(USAGE) "\"floor_each\":%lld,\"cap_each\":%lld," LEFT "]}",
                                     (long long)floor, (long long)cap);
        const struct ch_distribution *d = distribution_of(arena, rule, inputs_text(arena, "r", pot, 0, units));
        int64_t sum = d->carried + d->leftover;
        bool funded = d->flag_count == 0 || strncmp(d->flags[0], "floors", 6) != 0;
        for (size_t i = 0; i < 8; i++) {
            int64_t amount = ch_distribution_amount(d, i);
            sum += amount;
            assert_true(amount >= 0 && amount <= cap);
            assert_true(!funded || amount >= floor || d->steps[0].parts[0].cut.weight_total == 0);
        }
        assert_int_equal(sum, pot);
        ch_arena_free(arena);
    }
}

static void order_does_not_count(void **state)
{
    struct ch_arena *arena = *state;
    const char *rule = HEAD SPLIT("{\"share\":1,\"weight\":\"usage\",\"then\":\"contribution\"}") LEFT "]}";
    const char *head = "{\"pot\":1001,\"run_id\":\"r\",\"schema\":\"distribution-inputs/1\",\"currency\":\"EUR\",";
    const char *one = ch_printf(arena,
                                "%s\"recipients\":[{\"id\":\"A\"},{\"id\":\"B\"}],\"contributions\":["
                                "{\"id\":\"X\",\"units\":1,\"contributors\":[{\"recipient\":\"A\",\"share\":1},{"
                                "\"recipient\":\"B\",\"share\":2}]},{\"id\":\"Y\",\"units\":2,\"contributors\":[{"
                                "\"recipient\":\"B\",\"share\":1}]}]}",
                                head);
    const char *two = ch_printf(arena,
                                "%s\"contributions\":[{\"units\":2,\"contributors\":[{\"share\":1,\"recipient\":"
                                "\"B\"}],\"id\":\"Y\"},{\"id\":\"\\u0058\",\"units\":1,\"contributors\":[{"
                                "\"recipient\":\"B\",\"share\":2},{\"recipient\":\"A\",\"share\":1}]}],"
                                "\"recipients\":[{\"id\":\"B\"},{\"id\":\"A\"}]}",
                                head);
    assert_string_equal(distribution_of(arena, rule, one)->hash, distribution_of(arena, rule, two)->hash);
}

static void too_heavy_weights_are_refused(void **state)
{
    struct ch_arena *arena = *state;
    struct ch_benefit_rule *rule = rule_of(arena, HEAD SPLIT("{\"share\":1,\"weight\":\"usage*quality\"}") LEFT "]}");
    struct memory memory = {.arena = arena};
    struct ch_out out;
    ch_out_begin(&out, to_memory, &memory);
    ch_out_text(&out, "{\"schema\":\"distribution-inputs/1\",\"run_id\":\"r\",\"currency\":\"EUR\",\"pot\":1,"
                      "\"recipients\":[");
    for (int i = 0; i < 17200; i++) {
        ch_out_text(&out, i ? ",{\"id\":\"M" : "{\"id\":\"M");
        ch_out_integer(&out, i);
        ch_out_text(&out, "\",\"units\":1099511627776}");
    }
    ch_out_text(&out, "]}");
    ch_out_flush(&out);
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_inputs *inputs = inputs_of(arena, rule, memory.text);
    assert_null(ch_distribute(rule, inputs, NULL, list));
    assert_non_null(strstr(ch_refusals_text(list), "weight_overflow"));
}

static void a_trace_explains_the_line(void **state)
{
    struct ch_arena *arena = *state;
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_benefit_rule *rule = rule_of(arena, vector(arena, "d20.rule.json", NULL));
    struct ch_inputs *inputs = inputs_of(arena, rule, vector(arena, "d20.inputs.json", NULL));
    const struct ch_distribution *d = ch_distribute(rule, inputs, "M2", list);
    assert_non_null(d);
    int64_t sum = 0;
    for (size_t i = 0; i < d->trace->count; i++)
        if (d->trace->rows[i].level != CH_TRACE_CONTRIBUTION)
            sum += d->trace->rows[i].amount;
    assert_int_equal(sum, 55608);
    struct memory memory = {.arena = arena};
    struct ch_out out;
    ch_out_begin(&out, to_memory, &memory);
    ch_distribution_write_trace(d, &out);
    ch_out_flush(&out);
    json_t *tree = ch_calc_parse(memory.text, memory.size, list);
    assert_non_null(tree);
    assert_string_equal(ch_json_canonical(arena, tree, NULL), memory.text);
    assert_null(ch_distribute(rule, inputs, "M9", list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(golden_vectors, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(floors_and_caps_that_balance, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(d19_all_bytes, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(d20_hashes, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(d21_ties_are_fair, arena_setup, arena_teardown),
        cmocka_unit_test(properties),
        cmocka_unit_test_setup_teardown(order_does_not_count, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(too_heavy_weights_are_refused, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(a_trace_explains_the_line, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
