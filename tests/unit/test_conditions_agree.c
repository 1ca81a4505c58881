/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions in C (core/conditions.c) and in SQL (licensing.condition_errors, licensing.coarser) on random inputs.
 * Needs a migrated database: CH_TEST_DATABASE is a connection string of an administrator; without it the test says
 * "skipped". */
#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/conditions.h"
#include "../../services/licensing/core/generalise.h"
#include "licensing_files.h"

#define BATCHES 40
#define BATCH   500

static uint64_t seed = 20261123;

static size_t draw(size_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((seed >> 33) % below);
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

static const char *const RULES[] = {"drop",        "keep",         "round:2",    "round:1",    "round:0",
                                    "round:-1",    "round:7",      "trunc:hour", "trunc:week", "trunc:day",
                                    "trunc:month", "trunc:minute", "trunc:era",  "prefix:3",   "prefix:10",
                                    "prefix:0",    "bin:10",       "bin:20",     "bin:20@5",   "bin:10@5",
                                    "bin:0",       "bin:10@-5",    "bin:15@0",   "bin:010",    "prefix:9999"};
static const char *const TYPES[] = {"number", "integer", "datetime", "date", "string", "boolean"};
static const char *const MODES[] = {"'download'", "'query'", "'delta'", "5"};
static const char *const ACTIONS[] = {"'read'", "'derive'", "'distribute'", "'sell'", "null"};
static const char *const ACTS[] = {"'reidentify'", "'sell_data'", "'transfer_onward'", "'train_gpai'", "'smile'"};
static const char *const DUTIES[] = {"'inform'", "'delete'", "'compensate'", "'smile'", "'ethics_approval'", "1"};

/* Up to `most` of the words, in brackets. */
static const char *words(struct ch_arena *arena, const char *const *list, size_t count, size_t most)
{
    const char *text = "";
    for (size_t n = draw(most + 1); n > 0; n--)
        text = ch_printf(arena, "%s%s%s", text, *text ? "," : "", list[draw(count)]);
    return ch_printf(arena, "[%s]", text);
}
#define WORDS(list, most) words(arena, list, sizeof(list) / sizeof *(list), most)

static const char *columns(struct ch_arena *arena)
{
    static const char *const NAMES[] = {"a", "b", "c", "d"};
    const char *text = "";
    for (size_t n = draw(4); n > 0; n--)
        text = ch_printf(arena, "%s%s{'name':'%s','rule':'%s'%s}", text, *text ? "," : "", PICK(NAMES), PICK(RULES),
                         draw(30) ? "" : ",'x':1");
    return ch_printf(arena, "[%s]", text);
}

static const char *quotas(struct ch_arena *arena)
{
    static const char *const METERS[] = {"rows", "bytes", "queries", "feet"};
    static const char *const PERIODS[] = {"day", "month", "year"};
    const char *text = "";
    for (size_t n = draw(4); n > 0; n--)
        text = ch_printf(arena, "%s%s{'meter':'%s','period':'%s','limit':%d}", text, *text ? "," : "", PICK(METERS),
                         PICK(PERIODS), (int)draw(20));
    return ch_printf(arena, "[%s]", text);
}

static const char *duties(struct ch_arena *arena)
{
    const char *text = "";
    for (size_t n = draw(3); n > 0; n--)
        text = ch_printf(arena, "%s%s{'id':'D%d','act':%s%s}", text, *text ? "," : "", (int)draw(4), PICK(DUTIES),
                         draw(3) ? "" : ch_printf(arena, ",'within_days':%d", (int)draw(1200)));
    return ch_printf(arena, "[%s]", text);
}

static const char *condition(struct ch_arena *arena)
{
    static const char *const IDS[] = {"'k1'", "'k2'", "'k3'", "'k4'", "'K-5'", "'6'", "7"};
    const char *id = PICK(IDS);
    switch (draw(11)) {
    case 0:
        return ch_printf(arena, "{'id':%s,'max_days':%d}", id, (int)draw(40));
    case 1:
        return ch_printf(arena, "{'id':%s,'min_cohort':%d}", id, (int)draw(12));
    case 2:
        return ch_printf(arena, "{'id':%s,'modes':%s}", id, WORDS(MODES, 2));
    case 3:
        return ch_printf(arena, "{'id':%s,'actions':%s}", id, WORDS(ACTIONS, 3));
    case 4:
        return ch_printf(arena, "{'id':%s,'prohibited_acts':%s}", id, WORDS(ACTS, 2));
    case 5:
        return ch_printf(arena, "{'id':%s,'quotas':%s}", id, quotas(arena));
    case 6:
        return ch_printf(arena, "{'id':%s,'duties':%s}", id, duties(arena));
    case 7:
        return ch_printf(arena, "{'id':%s,'text':%s}", id, draw(4) ? "'Be kind \u00e9.'" : "''");
    case 8:
        return draw(8) ? ch_printf(arena, "{'id':%s}", id) : "[]";
    default:
        return ch_printf(arena, "{'id':%s,'columns':%s}", id, columns(arena));
    }
}

static const char *offer(struct ch_arena *arena)
{
    static const char *const GIVEN[] = {"keep",      "round:2",    "trunc:hour", "bin:10",
                                        "prefix:10", "trunc:week", "bin:20@5"};
    return ch_printf(
        arena,
        "{'max_days':%d,'min_cohort':%d,'modes':['download'%s],'actions':['read'%s%s],"
        "'columns':[{'name':'a','rule':'%s'},{'name':'b','rule':'%s'},{'name':'c','rule':'%s'}],"
        "'types':{'a':'%s','b':'%s','c':'%s','d':'string'},'quotas':[{'meter':'rows','period':'day','limit':%d}],"
        "'prohibited_acts':['reidentify'],'duties':[{'id':'D1','act':'attribute'}]}",
        (int)draw(40), 5 + (int)draw(4), draw(3) ? ",'query'" : "", draw(2) ? ",'derive'" : "",
        draw(2) ? ",'distribute'" : "", PICK(GIVEN), PICK(GIVEN), PICK(GIVEN), PICK(TYPES), PICK(TYPES), PICK(TYPES),
        5 + (int)draw(10));
}

static json_t *draw_input(struct ch_arena *arena)
{
    const char *list = "";
    for (size_t n = draw(5); n > 0; n--)
        list = ch_printf(arena, "%s%s%s", list, *list ? "," : "", condition(arena));
    return quick_json(arena, ch_printf(arena, "{'offer':%s,'conditions':[%s]}", offer(arena), list));
}

/* Pointers of the faults, in order; then, when there are none, what the offer becomes. */
static const char *judge(struct ch_arena *arena, const json_t *input)
{
    struct ch_faults faults;
    ch_faults_init(&faults, arena);
    const json_t *base = json_object_get(input, "offer"), *conditions = json_object_get(input, "conditions");
    json_t *answer = ch_json_own(arena, json_array());
    if (ch_conditions_check(&faults, base, conditions)) {
        json_t *narrowed = ch_conditions_apply(arena, base, conditions);
        json_object_del(narrowed, "conditions");
        json_array_append(answer, narrowed);
    }
    for (size_t i = 0; i < json_array_size(faults.list); i++)
        json_array_append(answer, json_object_get(json_array_get(faults.list, i), "pointer"));
    return ch_json_canonical(arena, answer, NULL);
}

static const char STATEMENT[] =
    "SELECT CASE WHEN f.v = '[]' THEN log.canonical(pg_catalog.jsonb_build_array(r.v)) "
    "ELSE (SELECT log.canonical(pg_catalog.jsonb_agg(p.v -> 'pointer' ORDER BY p.n)) "
    "FROM pg_catalog.jsonb_array_elements(f.v) WITH ORDINALITY AS p (v, n)) END "
    "FROM pg_catalog.jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e (i, n) "
    "CROSS JOIN LATERAL (SELECT licensing.condition_errors(i -> 'offer', i -> 'conditions')) AS f (v) "
    "CROSS JOIN LATERAL (SELECT CASE WHEN f.v = '[]' THEN licensing.apply_conditions(i -> 'offer', i -> 'conditions') "
    "END) "
    "AS r (v) ORDER BY n";

static size_t compare_batch(PGconn *conn)
{
    struct ch_arena *arena = ch_arena_new();
    json_t *inputs = ch_json_pack(arena, "[]");
    size_t passed = 0;
    for (int i = 0; i < BATCH; i++)
        json_array_append(inputs, draw_input(arena));
    const char *args[] = {ch_json_canonical(arena, inputs, NULL)};
    PGresult *result = PQexecParams(conn, STATEMENT, 1, NULL, args, NULL, NULL, 0);
    if (PQntuples(result) != BATCH)
        fail_msg("%s", PQerrorMessage(conn));
    for (int i = 0; i < BATCH; i++) {
        const char *mine = judge(arena, json_array_get(inputs, (size_t)i)), *sql = PQgetvalue(result, i, 0);
        if (strcmp(mine, sql) != 0)
            fail_msg("%s: C says %s, SQL %s", ch_json_canonical(arena, json_array_get(inputs, (size_t)i), NULL), mine,
                     sql);
        passed += strncmp(mine, "[{", 2) == 0;
    }
    PQclear(result);
    ch_arena_free(arena);
    return passed;
}

static PGconn *connect_or_skip(void)
{
    const char *conninfo = getenv("CH_TEST_DATABASE");
    if (!conninfo) {
        printf("skipped: CH_TEST_DATABASE is not set\n");
        skip();
    }
    PGconn *conn = PQconnectdb(conninfo);
    assert_int_equal(PQstatus(conn), CONNECTION_OK);
    return conn;
}

static void test_conditions_agree(void **state)
{
    (void)state;
    PGconn *conn = connect_or_skip();
    size_t passed = 0;
    printf("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < BATCHES; i++)
        passed += compare_batch(conn);
    /* Inputs that are refused throughout would compare nothing. */
    assert_in_range(passed, BATCHES * BATCH / 10, BATCHES * BATCH * 9 / 10);
    PQfinish(conn);
}

/* Every pair of generalisations for every type. */
static void test_coarser_agrees(void **state)
{
    (void)state;
    PGconn *conn = connect_or_skip();
    size_t rules = sizeof RULES / sizeof *RULES, types = sizeof TYPES / sizeof *TYPES;
    for (size_t i = 0; i < rules * rules * types; i++) {
        const char *args[] = {RULES[i % rules], RULES[i / rules % rules], TYPES[i / rules / rules]};
        struct ch_general before, after;
        if (!ch_general_parse(args[0], &before))
            continue;
        bool mine = ch_general_parse(args[1], &after) &&
                    ch_general_fits(&after, (enum ch_column_type)ch_word_index(&CH_WORDS_TYPES, args[2])) &&
                    ch_general_no_finer(&after, &before);
        if (!ch_general_fits(&before, (enum ch_column_type)ch_word_index(&CH_WORDS_TYPES, args[2])))
            continue;
        PGresult *result = PQexecParams(conn, "SELECT licensing.coarser($1, $2, $3)", 3, NULL, args, NULL, NULL, 0);
        if ((PQgetvalue(result, 0, 0)[0] == 't') != mine)
            fail_msg("%s to %s of %s: SQL says %s", args[0], args[1], args[2], PQgetvalue(result, 0, 0));
        PQclear(result);
    }
    PQfinish(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_conditions_agree), cmocka_unit_test(test_coarser_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
