/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Content negotiation, entity tags and problem documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/http_private.h"

static void test_accept(void **state)
{
    (void)state;
    assert_true(ch_accepts(NULL, "application/json"));
    assert_true(ch_accepts("", "application/json"));
    assert_true(ch_accepts("text/html , application/json ; q=0.2", "application/json"));
    assert_true(ch_accepts("text/*", "application/json text/csv"));
    assert_true(ch_accepts("application/json;q=0.001", "application/json"));
    assert_false(ch_accepts("application/json;q=0.000", "application/json"));
    assert_false(ch_accepts("application/jso", "application/json"));
    assert_false(ch_accepts("app/*", "application/json"));
    assert_false(ch_accepts("gzip;q=0", "gzip"));
    assert_true(ch_accepts("br, gzip", "gzip"));
}

static void test_content_type(void **state)
{
    (void)state;
    assert_true(ch_type_is("Application/Json ; charset=utf-8", "application/json"));
    assert_true(ch_type_is("text/csv", "application/json text/csv"));
    assert_true(ch_type_is(NULL, "*"));
    assert_false(ch_type_is(NULL, "application/json"));
    assert_false(ch_type_is("application/json-patch", "application/json"));
    assert_false(ch_type_is("", "application/json"));
}

static void test_etag(void **state)
{
    (void)state;
    assert_true(ch_etag_matches("\"a\", W/\"v1\"", "\"v1\""));
    assert_true(ch_etag_matches("*", "\"v1\""));
    assert_false(ch_etag_matches("\"v11\"", "\"v1\""));
    assert_false(ch_etag_matches("v1", "\"v1\""));
    assert_false(ch_etag_matches(NULL, "\"v1\""));
}

static void test_problem(void **state)
{
    struct ch_arena *arena = ch_arena_new();
    const struct ch_outcome *stale = ch_outcome_find("stale");
    (void)state;
    assert_string_equal(
        ch_problem_text(arena, stale, NULL),
        "{\"type\":\"/problems/stale\",\"title\":\"Somebody changed this in the meantime\",\"status\":409}");
    assert_string_equal(
        ch_problem_text(arena, stale, " {\"detail\": \"a}\"} "),
        "{\"type\":\"/problems/stale\",\"title\":\"Somebody changed this in the meantime\",\"status\":409,"
        "\"detail\": \"a}\"}");
    assert_string_equal(ch_problem_text(arena, stale, "{ }"), ch_problem_text(arena, stale, NULL));
    assert_string_equal(ch_problem_text(arena, stale, "[1]"), ch_problem_text(arena, stale, NULL));
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accept), cmocka_unit_test(test_content_type),
                                       cmocka_unit_test(test_etag), cmocka_unit_test(test_problem)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
