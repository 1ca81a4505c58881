/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* common/sql_split.c: where statements end, and on which line they begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../common/sql_split.h"

/* The pieces of a script as "line:first word ... last byte", one a line. */
static void cut(const char *script, char *out, size_t size)
{
    struct ch_sql_script rest = {.next = script, .line = 1};
    struct ch_sql_piece piece;
    size_t used = 0;
    out[0] = '\0';
    while (ch_sql_next(&rest, &piece)) {
        int n = snprintf(out + used, size - used, "%d:%.*s|", piece.line, (int)piece.size, piece.text);
        assert_true(n > 0 && (size_t)n < size - used);
        used += (size_t)n;
    }
}

static void check(const char *script, const char *pieces)
{
    char out[2048];
    cut(script, out, sizeof(out));
    assert_string_equal(out, pieces);
}

static void test_plain(void **state)
{
    (void)state;
    check("", "");
    check("  -- only words; and more\n/* and; /* nested; */ ones */ ;;\n", "");
    check("SELECT 1;\n\nSELECT 2", "1:SELECT 1;|3:SELECT 2|");
    check("-- first\nSELECT 1; SELECT 2;", "2:SELECT 1;|2:SELECT 2;|");
}

static void test_quotes(void **state)
{
    (void)state;
    check("SELECT 'a;''b;';SELECT 2;", "1:SELECT 'a;''b;';|1:SELECT 2;|");
    check("SELECT E'a\\';b';SELECT 2;", "1:SELECT E'a\\';b';|1:SELECT 2;|");
    check("SELECT 'a\\';SELECT 2;", "1:SELECT 'a\\';|1:SELECT 2;|");
    check("SELECT \"a;\"\"b\";SELECT 2;", "1:SELECT \"a;\"\"b\";|1:SELECT 2;|");
    check("SELECT name';';SELECT 2;", "1:SELECT name';';|1:SELECT 2;|");
}

static void test_dollars(void **state)
{
    (void)state;
    check("DO $$ a; $b$ c; $$;SELECT 2;", "1:DO $$ a; $b$ c; $$;|1:SELECT 2;|");
    check("DO $x$ a; $$ b;\n$x$;SELECT $1;", "1:DO $x$ a; $$ b;\n$x$;|2:SELECT $1;|");
    check("SELECT a$b$c;SELECT 2;", "1:SELECT a$b$c;|1:SELECT 2;|");
}

static void test_nesting(void **state)
{
    (void)state;
    check("CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b);SELECT 2;",
          "1:CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b);|1:SELECT 2;|");
    check(
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;SELECT 3;",
        "1:CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;|1:SELECT 3;|");
    check("CREATE OR REPLACE PROCEDURE f() BEGIN ATOMIC SELECT 1; END;BEGIN;COMMIT;",
          "1:CREATE OR REPLACE PROCEDURE f() BEGIN ATOMIC SELECT 1; END;|1:BEGIN;|1:COMMIT;|");
}

static void test_unfinished(void **state)
{
    (void)state;
    check("SELECT 'a;", "1:SELECT 'a;|");
    check("DO $$ a;", "1:DO $$ a;|");
    check("SELECT /* a;", "1:SELECT /* a;|");
    check("SELECT (1;", "1:SELECT (1;|");
}

static void test_line_of_a_position(void **state)
{
    (void)state;
    static const char text[] = "SELECT 'ä',\n1,\nx";
    const struct ch_sql_piece piece = {.text = text, .size = sizeof(text) - 1, .line = 10};
    assert_int_equal(ch_sql_line(&piece, 1), 10);
    assert_int_equal(ch_sql_line(&piece, 11), 10); /* the comma */
    assert_int_equal(ch_sql_line(&piece, 13), 11);
    assert_int_equal(ch_sql_line(&piece, 16), 12);
    assert_int_equal(ch_sql_line(&piece, 1000), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),   cmocka_unit_test(test_quotes),     cmocka_unit_test(test_dollars),
        cmocka_unit_test(test_nesting), cmocka_unit_test(test_unfinished), cmocka_unit_test(test_line_of_a_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
