/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tree of routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../common/route.h"

static const struct ch_route ROUTES[] = {{CH_GET, "/a/v1/things"},
                                         {CH_POST, "/a/v1/things"},
                                         {CH_GET, "/a/v1/things/{id}"},
                                         {CH_GET, "/a/v1/things/current"},
                                         {CH_POST, "/a/v1/things/{id}/submit"},
                                         {CH_DELETE, "/a/v1/things/{id}/parts/{part}"},
                                         {CH_GET, "/log/tile/{level}/{number...}"},
                                         {CH_GET, "/"},
                                         {CH_GET, "/{page...}"},
                                         {0}};

static struct ch_match match;

static const char *where(enum ch_method method, const char *path, enum ch_match_verdict expected)
{
    static struct ch_arena *arena;
    struct ch_router *router = ch_router_new();
    ch_arena_free(arena);
    arena = ch_arena_new();
    ch_router_add(router, ROUTES, NULL);
    enum ch_match_verdict verdict = ch_router_match(router, arena, method, path, &match);
    assert_int_equal(verdict, expected);
    const char *found = verdict == CH_MATCH_FOUND ? match.routed->route->path : "";
    ch_router_free(router);
    return found;
}

static void test_literals_win(void **state)
{
    (void)state;
    assert_string_equal(where(CH_GET, "/a/v1/things", CH_MATCH_FOUND), "/a/v1/things");
    assert_string_equal(where(CH_GET, "/a/v1/things/current", CH_MATCH_FOUND), "/a/v1/things/current");
    assert_string_equal(where(CH_GET, "/a/v1/things/x", CH_MATCH_FOUND), "/a/v1/things/{id}");
    assert_string_equal(match.params[0].value, "x");
    assert_string_equal(where(CH_POST, "/a/v1/things/current/submit", CH_MATCH_FOUND), "/a/v1/things/{id}/submit");
    assert_string_equal(match.params[0].value, "current");
}

static void test_params_are_decoded_and_named(void **state)
{
    (void)state;
    where(CH_DELETE, "/a/v1/things/a%2fb/parts/c%20d", CH_MATCH_FOUND);
    assert_int_equal(match.nparams, 2);
    assert_string_equal(match.params[0].value, "a/b");
    assert_memory_equal(match.params[1].name, "part", match.params[1].name_length);
    assert_string_equal(match.params[1].value, "c d");
    where(CH_GET, "/log/tile/0/x001/067.p/8", CH_MATCH_FOUND);
    assert_string_equal(match.params[1].value, "x001/067.p/8");
    assert_int_equal(match.params[1].name_length, 6);
}

static void test_methods(void **state)
{
    (void)state;
    where(CH_HEAD, "/a/v1/things", CH_MATCH_FOUND);
    where(CH_PUT, "/a/v1/things", CH_MATCH_OTHER_METHOD);
    assert_int_equal(match.methods, 1 << CH_GET | 1 << CH_HEAD | 1 << CH_POST);
    where(CH_GET, "/a/v1/things/x/submit", CH_MATCH_OTHER_METHOD);
    assert_int_equal(match.methods, 1 << CH_POST);
}

static void test_pages_do_not_hide_wrong_addresses(void **state)
{
    (void)state;
    assert_string_equal(where(CH_GET, "/", CH_MATCH_FOUND), "/");
    assert_string_equal(where(CH_GET, "/proposals/1", CH_MATCH_FOUND), "/{page...}");
    assert_string_equal(match.params[0].value, "proposals/1");
    where(CH_GET, "/a/v1/nothing", CH_MATCH_NO_ROUTE);
    where(CH_GET, "/other/v1/nothing", CH_MATCH_NO_ROUTE);
    where(CH_GET, "/log/nothing", CH_MATCH_NO_ROUTE);
    where(CH_GET, "/.well-known/nothing", CH_MATCH_NO_ROUTE);
}

static void test_odd_addresses(void **state)
{
    (void)state;
    where(CH_GET, "/a/v1/things/", CH_MATCH_NO_ROUTE);
    where(CH_GET, "/a/v1/./things", CH_MATCH_NO_ROUTE);
    where(CH_GET, "/x/%2E%2e/y", CH_MATCH_NO_ROUTE);
    where(CH_GET, "/a/v1/things/%", CH_MATCH_MALFORMED);
    where(CH_GET, "/a/v1/things/%4", CH_MATCH_MALFORMED);
    where(CH_GET, "/a/v1/things/%00", CH_MATCH_MALFORMED);
    where(CH_GET, "*", CH_MATCH_NO_ROUTE);
    where(CH_GET, "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4", CH_MATCH_NO_ROUTE);
}

static void test_decoding(void **state)
{
    char plus[] = "a+b%2B", raw[] = "a+b";
    (void)state;
    assert_true(ch_percent_decode(plus, true));
    assert_string_equal(plus, "a b+");
    assert_true(ch_percent_decode(raw, false));
    assert_string_equal(raw, "a+b");
    char umlaut[] = "%c3%a4", half[] = "a%c3", surrogate[] = "%ed%a0%80", overlong[] = "%c0%af", byte[] = "\xff";
    assert_true(ch_percent_decode(umlaut, false));
    assert_string_equal(umlaut, "\xc3\xa4");
    assert_false(ch_percent_decode(half, false));
    assert_false(ch_percent_decode(surrogate, false));
    assert_false(ch_percent_decode(overlong, true));
    assert_false(ch_percent_decode(byte, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals_win),  cmocka_unit_test(test_params_are_decoded_and_named),
        cmocka_unit_test(test_methods),       cmocka_unit_test(test_pages_do_not_hide_wrong_addresses),
        cmocka_unit_test(test_odd_addresses), cmocka_unit_test(test_decoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
