/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The decision rule in C and in SQL (governance.decide) on 100,000 random tallies. Needs a migrated database:
 * CH_TEST_DATABASE is a connection string of an administrator; without it the test says "skipped". */
#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/decide.h"

#define BATCHES 100
#define BATCH   1000

static uint64_t seed = 20260902;
static int64_t draw(int64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static const char *draw_class(struct ch_arena *arena)
{
    static const int64_t SIZES[] = {1, 10, 100, CH_COUNT_MAX};
    int64_t roll = draw(SIZES[draw(4)]), yes = draw(roll + 1), no = draw(roll - yes + 1),
            abstain = draw(roll - yes - no + 1);
    return ch_printf(arena, "{\"roll\":%lld,\"yes\":%lld,\"no\":%lld,\"abstain\":%lld}", (long long)roll,
                     (long long)yes, (long long)no, (long long)abstain);
}

static const char *draw_fraction(struct ch_arena *arena, const char *name, int64_t least)
{
    int64_t den = least + draw(draw(2) ? 5 : 1000), num = draw(den + 1);
    return ch_printf(arena, "\"%s_num\":%lld,\"%s_den\":%lld", name, (long long)num, name, (long long)den);
}

static const char *draw_input(struct ch_arena *arena)
{
    return ch_printf(
        arena,
        "{\"rule\":{%s,%s,%s,%s,%s,\"s_strict\":%s,\"cs_strict\":%s,\"classes_needed\":%d,\"must_carry\":%d},"
        "\"counts\":{\"U\":%s,\"W\":%s,\"C\":%s}}",
        draw_fraction(arena, "q", 1), draw_fraction(arena, "cq", 1), draw_fraction(arena, "s", 1),
        draw_fraction(arena, "cs", 1), draw_fraction(arena, "ay", 0), draw(2) ? "true" : "false",
        draw(2) ? "true" : "false", (int)draw(4), (int)draw(8), draw_class(arena), draw_class(arena),
        draw_class(arena));
}

static json_t *decide_in_c(struct ch_arena *arena, const char *input)
{
    struct ch_decision_rule rule;
    struct ch_class_count counts[CH_CLASSES];
    struct ch_calc_refusal refusal;
    struct ch_decision decision;
    assert_true(ch_decide_parse(arena, input, strlen(input), &rule, counts, &refusal));
    ch_decide(&rule, counts, &decision);
    return ch_json_own(arena, json_loads(ch_decide_text(arena, &decision), 0, NULL));
}

static void compare_batch(PGconn *conn)
{
    struct ch_arena *arena = ch_arena_new();
    json_t *inputs = ch_json_pack(arena, "[]");
    const char *texts[BATCH];
    for (int i = 0; i < BATCH; i++) {
        texts[i] = draw_input(arena);
        json_array_append_new(inputs, json_loads(texts[i], 0, NULL));
    }
    const char *args[] = {ch_json_canonical(arena, inputs, NULL)};
    PGresult *result = PQexecParams(conn,
                                    "SELECT governance.decide(i -> 'rule', i -> 'counts') FROM "
                                    "pg_catalog.jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e (i, n) ORDER BY n",
                                    1, NULL, args, NULL, NULL, 0);
    assert_int_equal(PQntuples(result), BATCH);
    for (int i = 0; i < BATCH; i++) {
        json_t *sql = ch_json_own(arena, json_loads(PQgetvalue(result, i, 0), 0, NULL));
        if (!json_equal(sql, decide_in_c(arena, texts[i])))
            fail_msg("%s: SQL says %s", texts[i], PQgetvalue(result, i, 0));
    }
    PQclear(result);
    ch_arena_free(arena);
}

static void test_agree(void **state)
{
    (void)state;
    const char *conninfo = getenv("CH_TEST_DATABASE");
    if (!conninfo) {
        printf("skipped: CH_TEST_DATABASE is not set\n");
        skip();
    }
    printf("seed %llu\n", (unsigned long long)seed);
    PGconn *conn = PQconnectdb(conninfo);
    assert_int_equal(PQstatus(conn), CONNECTION_OK);
    for (int i = 0; i < BATCHES; i++)
        compare_batch(conn);
    PQfinish(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
