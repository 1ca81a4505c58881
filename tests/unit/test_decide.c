/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The decision rule: the golden vectors, every boundary of every check from both sides, and properties on random
 * tallies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/decide.h"
#include "../../services/governance/core/rules.h"

#define C3(u, w, c)                                                                                                    \
    {                                                                                                                  \
        u, w, c                                                                                                        \
    }

struct golden {
    const char *type;
    int64_t roll[3], yes[3], no[3], abstain[3];
    const char *outcome, *class_code; /* class_code NULL: none */
    int64_t left, right;
    const char *op;   /* NULL: carried */
    int64_t num, den; /* ay, or q where `type` is policy-q */
};

static const struct golden GOLDEN[] = {
    {"bylaw", C3(300, 9, 91), C3(80, 3, 24), C3(30, 2, 20), C3(10, 0, 0), "carried", NULL, 0, 0, NULL, 0, 0},
    {"bylaw", C3(90, 9, 90), C3(20, 2, 20), C3(10, 1, 10), C3(0, 0, 0), "carried", NULL, 0, 0, NULL, 0, 0},
    {"bylaw", C3(90, 9, 90), C3(20, 2, 19), C3(10, 1, 10), C3(1, 0, 0), "not_supported", NULL, 123, 124, ">=", 0, 0},
    {"bylaw", C3(90, 9, 90), C3(20, 2, 20), C3(10, 1, 9), C3(0, 0, 0), "no_quorum", NULL, 186, 189, ">=", 0, 0},
    {"bylaw", C3(90, 0, 90), C3(30, 0, 30), C3(0, 0, 0), C3(0, 0, 0), "class_blocked", "W", 0, 0, ">", 0, 0},
    {"bylaw", C3(90, 9, 90), C3(40, 0, 30), C3(0, 0, 0), C3(0, 3, 0), "class_blocked", "W", 0, 0, ">", 0, 0},
    {"terms", C3(300, 9, 91), C3(40, 5, 30), C3(41, 0, 0), C3(0, 0, 0), "class_blocked", "U", 80, 81, ">", 0, 0},
    {"terms", C3(300, 9, 91), C3(60, 1, 10), C3(20, 2, 20), C3(0, 0, 0), "class_blocked", NULL, 1, 2, ">=", 0, 0},
    {"terms", C3(300, 9, 91), C3(60, 0, 20), C3(0, 0, 0), C3(0, 0, 0), "no_class_quorum", "W", 0, 9, ">=", 0, 0},
    {"terms", C3(300, 0, 91), C3(60, 0, 20), C3(10, 0, 2), C3(0, 0, 0), "carried", NULL, 0, 0, NULL, 0, 0},
    {"policy", C3(100, 0, 0), C3(5, 0, 0), C3(4, 0, 0), C3(0, 0, 0), "no_quorum", NULL, 90, 100, ">=", 0, 0},
    {"policy", C3(100, 0, 0), C3(5, 0, 0), C3(5, 0, 0), C3(0, 0, 0), "not_supported", NULL, 10, 10, ">", 0, 0},
    {"policy", C3(100, 100, 100), C3(40, 20, 14), C3(10, 0, 0), C3(0, 0, 0), "not_enough_approval", NULL, 296, 300,
     ">=", 1, 4},
    {"council_election", C3(90, 9, 1), C3(0, 0, 0), C3(0, 0, 0), C3(9, 1, 0), "carried", NULL, 0, 0, NULL, 0, 0},
    {"budget_round", C3(90, 9, 1), C3(4, 0, 0), C3(0, 0, 0), C3(0, 0, 0), "no_quorum", NULL, 80, 100, ">=", 0, 0},
    {"policy-q", C3(2147483647, 2147483647, 2147483647), C3(715112055, 715112055, 715112053), C3(0, 0, 0), C3(0, 0, 0),
     "no_quorum", NULL, INT64_C(2145336163000), INT64_C(2145336163353), ">=", 333, 1000},
};

static void read_row(struct ch_arena *arena, const char *type, struct ch_decision_rule *rule)
{
    struct ch_calc_refusal refusal;
    const json_t *row = ch_rule_default(arena, type);
    assert_true(ch_decide_read_rule(arena, row, "", rule, &refusal));
    rule->turnout_only = strcmp(json_string_value(json_object_get(row, "method")), "rule") != 0;
}

static void set_counts(const struct golden *row, struct ch_class_count counts[3])
{
    for (int c = 0; c < 3; c++)
        counts[c] = (struct ch_class_count){row->roll[c], row->yes[c], row->no[c], row->abstain[c]};
}

static void test_golden_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof GOLDEN / sizeof *GOLDEN; i++) {
        const struct golden *row = &GOLDEN[i];
        struct ch_arena *arena = ch_arena_new();
        struct ch_decision_rule rule;
        struct ch_class_count counts[3];
        struct ch_decision decision;
        bool quorum = strcmp(row->type, "policy-q") == 0;
        read_row(arena, quorum ? "policy" : row->type, &rule);
        if (row->den)
            *(quorum ? &rule.q_num : &rule.ay_num) = row->num, *(quorum ? &rule.q_den : &rule.ay_den) = row->den;
        set_counts(row, counts);
        ch_decide(&rule, counts, &decision);
        assert_string_equal(ch_decision_slug(decision.outcome), row->outcome);
        assert_int_equal(decision.class_index, row->class_code ? (int)(strchr("UWC", *row->class_code) - "UWC") : -1);
        assert_int_equal(decision.left, row->left);
        assert_int_equal(decision.right, row->right);
        row->op ? assert_string_equal(decision.op, row->op) : assert_null(decision.op);
        ch_arena_free(arena);
    }
}

static const struct ch_decision_rule OPEN = {0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, false, false};

/* One class votes; which outcome? */
static enum ch_decision_outcome one(const struct ch_decision_rule *rule, int64_t roll, int64_t yes, int64_t no,
                                    int64_t abstain)
{
    struct ch_class_count counts[3] = {{roll, yes, no, abstain}, {0, 0, 0, 0}, {0, 0, 0, 0}};
    struct ch_decision decision;
    ch_decide(rule, counts, &decision);
    return decision.outcome;
}

static const int64_t FRACTIONS[][2] = {{1, 2}, {1, 3}, {2, 3}, {3, 4}, {1, 10}, {1, 1}, {333, 1000}, {999, 1000}};
#define FRACTION_COUNT (sizeof FRACTIONS / sizeof *FRACTIONS)

/* Around each fraction: just under, exactly at where it is whole, just over; 8 fractions, 3 points, 5 checks: 120
 * cases. */
static void test_boundaries(void **state)
{
    (void)state;
    for (size_t f = 0; f < FRACTION_COUNT; f++) {
        int64_t num = FRACTIONS[f][0], den = FRACTIONS[f][1], roll = den * 7, at = num * 7;
        for (int64_t votes = at - 1; votes <= at + 1 && votes <= roll; votes++) {
            struct ch_decision_rule rule = OPEN;
            rule.q_num = num, rule.q_den = den;
            assert_int_equal(one(&rule, roll, votes, 0, 0), votes < at   ? CH_DECISION_NO_QUORUM
                                                            : votes == 0 ? CH_DECISION_NOT_SUPPORTED
                                                                         : CH_DECISION_CARRIED);
            rule = OPEN, rule.cq_num = num, rule.cq_den = den;
            assert_int_equal(one(&rule, roll, votes, 0, 0), votes < at   ? CH_DECISION_NO_CLASS_QUORUM
                                                            : votes == 0 ? CH_DECISION_NOT_SUPPORTED
                                                                         : CH_DECISION_CARRIED);
            rule = OPEN, rule.s_num = num, rule.s_den = den;
            assert_int_equal(one(&rule, roll, votes, roll - votes, 0),
                             votes < at ? CH_DECISION_NOT_SUPPORTED : CH_DECISION_CARRIED);
            rule.s_strict = true;
            assert_int_equal(one(&rule, roll, votes, roll - votes, 0),
                             votes <= at ? CH_DECISION_NOT_SUPPORTED : CH_DECISION_CARRIED);
            rule = OPEN, rule.cs_num = num, rule.cs_den = den, rule.must_carry = 1;
            assert_int_equal(one(&rule, roll, votes, roll - votes, 0),
                             votes < at ? CH_DECISION_CLASS_BLOCKED : CH_DECISION_CARRIED);
            rule = OPEN, rule.ay_num = num, rule.ay_den = den;
            assert_int_equal(one(&rule, roll, votes, 0, 0), votes == 0   ? CH_DECISION_NOT_SUPPORTED
                                                            : votes < at ? CH_DECISION_NOT_ENOUGH_APPROVAL
                                                                         : CH_DECISION_CARRIED);
        }
    }
}

static void test_nobody_votes(void **state)
{
    (void)state;
    assert_int_equal(one(&OPEN, 10, 0, 0, 0), CH_DECISION_NOT_SUPPORTED);
    assert_int_equal(one(&OPEN, 10, 0, 0, 10), CH_DECISION_NOT_SUPPORTED);
    assert_int_equal(one(&OPEN, 0, 0, 0, 0), CH_DECISION_NOT_SUPPORTED);
}

static const char EXAMPLE[] =
    "{\"rule\":{\"q_num\":1,\"q_den\":3,\"cq_num\":1,\"cq_den\":4,\"s_num\":2,\"s_den\":3,\"s_strict\":false,"
    "\"cs_num\":1,\"cs_den\":2,\"cs_strict\":true,\"classes_needed\":3,\"must_carry\":7,\"ay_num\":0,\"ay_den\":0},"
    "\"counts\":{\"U\":{\"roll\":300,\"yes\":80,\"no\":30,\"abstain\":10},\"W\":{\"roll\":9,\"yes\":3,\"no\":2,"
    "\"abstain\":0},\"C\":{\"roll\":91,\"yes\":20,\"no\":20,\"abstain\":0}}}";

static void test_output_is_exact(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_decision_rule rule;
    struct ch_class_count counts[3];
    struct ch_calc_refusal refusal;
    struct ch_decision decision;
    assert_true(ch_decide_parse(arena, EXAMPLE, strlen(EXAMPLE), &rule, counts, &refusal));
    ch_decide(&rule, counts, &decision);
    assert_string_equal(ch_decide_text(arena, &decision),
                        "{\"outcome\":\"not_supported\",\"state\":\"rejected\",\"class\":null,\"reason\":{\"check\":3,"
                        "\"left\":309,\"op\":\">=\",\"right\":310},\"totals\":{\"roll\":400,\"yes\":103,\"no\":52,"
                        "\"abstain\":10},\"carried_classes\":[\"U\",\"W\"]}");
    counts[2].yes = 24;
    ch_decide(&rule, counts, &decision);
    assert_string_equal(
        ch_decide_text(arena, &decision),
        "{\"outcome\":\"carried\",\"state\":\"carried\",\"class\":null,\"reason\":{\"check\":6,\"left\":null,"
        "\"op\":null,\"right\":null},\"totals\":{\"roll\":400,\"yes\":107,\"no\":52,\"abstain\":10},"
        "\"carried_classes\":[\"U\",\"W\",\"C\"]}");
    ch_arena_free(arena);
}

/* The example with one piece of text replaced is refused so. */
static const struct {
    const char *from, *to, *slug, *pointer;
} REFUSED[] = {
    {"\"q_num\":1,", "", "missing", "/rule/q_num"},
    {"\"q_num\":1", "\"q_num\":1.0", "not_integer", "/rule/q_num"},
    {"\"q_num\":1", "\"q_num\":\"1\"", "not_integer", "/rule/q_num"},
    {"\"q_num\":1", "\"q_num\":null", "not_integer", "/rule/q_num"},
    {"\"q_num\":1", "\"q_num\":-1", "out_of_range", "/rule/q_num"},
    {"\"q_num\":1", "\"q_num\":4", "out_of_range", "/rule/q_num"},
    {"\"q_den\":3", "\"q_den\":0", "out_of_range", "/rule/q_den"},
    {"\"q_den\":3", "\"q_den\":1001", "out_of_range", "/rule/q_den"},
    {"\"ay_num\":0", "\"ay_num\":1", "out_of_range", "/rule/ay_num"},
    {"\"must_carry\":7", "\"must_carry\":8", "out_of_range", "/rule/must_carry"},
    {"\"classes_needed\":3", "\"classes_needed\":4", "out_of_range", "/rule/classes_needed"},
    {"\"s_strict\":false", "\"s_strict\":0", "not_boolean", "/rule/s_strict"},
    {"\"cs_strict\":true,", "", "missing", "/rule/cs_strict"},
    {"\"W\":", "\"V\":", "missing", "/counts/W"},
    {"\"roll\":9,", "\"roll\":4,", "votes_exceed_roll", "/counts/W"},
    {"\"roll\":300", "\"roll\":2147483648", "out_of_range", "/counts/U/roll"},
    {"\"roll\":300", "\"roll\":99999999999999999999", "out_of_range", "/counts/U/roll"},
    {"\"counts\":", "\"count\":", "missing", "/counts"},
    {"\"rule\":", "\"rules\":", "missing", "/rule"},
    {"\"counts\":{", "\"counts\":{{", "not_json", NULL},
    {"\"q_num\":1", "\"q_num\":1,\"q_num\":1", "not_json", NULL},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        struct ch_arena *arena = ch_arena_new();
        const char *at = strstr(EXAMPLE, REFUSED[i].from);
        assert_non_null(at);
        const char *text =
            ch_printf(arena, "%.*s%s%s", (int)(at - EXAMPLE), EXAMPLE, REFUSED[i].to, at + strlen(REFUSED[i].from));
        struct ch_decision_rule rule;
        struct ch_class_count counts[3];
        struct ch_calc_refusal refusal;
        assert_false(ch_decide_parse(arena, text, strlen(text), &rule, counts, &refusal));
        assert_string_equal(refusal.slug, REFUSED[i].slug);
        REFUSED[i].pointer ? assert_string_equal(refusal.pointer, REFUSED[i].pointer) : assert_null(refusal.pointer);
        ch_arena_free(arena);
    }
}

static void test_other_keys_are_ignored(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const char *text = ch_printf(arena, "{\"rule\":{\"type\":\"policy\",\"method\":\"knapsack\",\"weight\":1.5,%s",
                                 EXAMPLE + strlen("{\"rule\":{"));
    struct ch_decision_rule rule;
    struct ch_class_count counts[3];
    struct ch_calc_refusal refusal;
    assert_true(ch_decide_parse(arena, text, strlen(text), &rule, counts, &refusal));
    assert_false(rule.turnout_only);
    ch_arena_free(arena);
}

static uint64_t seed = 20260901;
static int64_t draw(int64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static void draw_rule(struct ch_decision_rule *rule)
{
    int64_t *fraction[][2] = {{&rule->q_num, &rule->q_den},
                              {&rule->cq_num, &rule->cq_den},
                              {&rule->s_num, &rule->s_den},
                              {&rule->cs_num, &rule->cs_den}};
    for (size_t i = 0; i < 4; i++) {
        *fraction[i][1] = 1 + draw(12);
        *fraction[i][0] = draw(*fraction[i][1] + 1);
    }
    rule->ay_den = draw(6);
    rule->ay_num = rule->ay_den ? draw(rule->ay_den + 1) : 0;
    rule->classes_needed = draw(4);
    rule->must_carry = draw(8);
    /* At least zero of those who decide would be reached by the first no: a rule nobody writes, and the one exception.
     */
    rule->s_strict = draw(2) || rule->s_num == 0;
    rule->cs_strict = draw(2) || rule->cs_num == 0;
}

static void draw_counts(struct ch_class_count counts[3])
{
    for (int c = 0; c < 3; c++) {
        counts[c].roll = draw(4) == 0 ? 0 : draw(30);
        counts[c].yes = draw(counts[c].roll + 1);
        counts[c].no = draw(counts[c].roll - counts[c].yes + 1);
        counts[c].abstain = draw(counts[c].roll - counts[c].yes - counts[c].no + 1);
    }
}

static bool carries(const struct ch_decision_rule *rule, const struct ch_class_count counts[3])
{
    struct ch_decision decision;
    ch_decide(rule, counts, &decision);
    return decision.outcome == CH_DECISION_CARRIED;
}

/* No to yes never loses; abstain to no never helps. */
static void test_monotone(void **state)
{
    (void)state;
    printf("seed %llu\n", (unsigned long long)seed);
    int carried = 0;
    for (int i = 0; i < 200000; i++) {
        struct ch_decision_rule rule = {0};
        struct ch_class_count counts[3], moved[3];
        draw_rule(&rule);
        draw_counts(counts);
        bool before = carries(&rule, counts);
        carried += before;
        for (int c = 0; c < 3; c++) {
            memcpy(moved, counts, sizeof moved);
            if (counts[c].no > 0) {
                moved[c].no--, moved[c].yes++;
                assert_true(!before || carries(&rule, moved));
            }
            memcpy(moved, counts, sizeof moved);
            if (counts[c].abstain > 0) {
                moved[c].abstain--, moved[c].no++;
                assert_true(before || !carries(&rule, moved));
            }
        }
    }
    assert_in_range(carried, 1000, 199000); /* both sides were tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_vectors), cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_nobody_votes),   cmocka_unit_test(test_output_is_exact),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_other_keys_are_ignored),
        cmocka_unit_test(test_monotone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
