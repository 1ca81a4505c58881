/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents cut into rows: the same rows wherever the pieces end, and no row of what is not whole. It belongs to the
 * auditor and to no library, so its source is included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../services/audit/cut.c"

static const char DOCUMENT[] =
    "{\"run\":\"r \\\"1\\\" "
    "]}\",\"lines\":[{\"id\":\"a\",\"amount\":5,\"of\":[{\"id\":\"x\",\"share\":1},{\"id\":\"y\",\"share\":2}]},"
    "{\"amount\":-7,\"note\":\"lines: [{,}]\",\"id\":\"b\",\"of\":[]}, {\"id\":null,\"of\":[{\"share\":3}]}],"
    "\"other\":[{\"id\":\"c\"}],\"deep\":{\"lines\":[{\"id\":\"d\"}]},\"none\":[],\"sum\":5}";
static const char REST[] =
    "{\"run\":\"r \\\"1\\\" "
    "]}\",\"lines\":[],\"other\":[],\"deep\":{\"lines\":[{\"id\":\"d\"}]},\"none\":[],\"sum\":5}";

static const char *const LINE[] = {"id", "amount", NULL};
static const char *const SHARE[] = {"id", "share", NULL};
static const struct cut_list LINES = {"lines", NULL, "result\t", LINE};
static const struct cut_list SHARES = {"lines", "of", "", SHARE};

struct taken {
    struct text rows;
    int calls, refused_at;
};

static bool take(void *arg, const char *rows, size_t size)
{
    struct taken *taken = arg;
    append(&taken->rows, rows, size);
    return ++taken->calls != taken->refused_at;
}

/* The rows of a document that comes in pieces of `piece` bytes, terminated; NULL where it is refused. The caller frees
 * them. */
static char *cut_text(const struct cut_list *list, const char *text, size_t piece, int refused_at, char **rest)
{
    struct taken taken = {.refused_at = refused_at};
    struct cut *cut = cut_open(list, take, &taken);
    size_t size = strlen(text);
    for (size_t from = 0; from < size; from += piece)
        cut_take(cut, text + from, size - from < piece ? size - from : piece);
    bool good = cut_end(cut);
    if (rest) {
        size_t length;
        const char *bytes = cut_rest(cut, &length);
        *rest = strndup(bytes, length);
    }
    cut_free(cut);
    append(&taken.rows, "", 1);
    if (!good) {
        free(taken.rows.bytes);
        return NULL;
    }
    return taken.rows.bytes;
}

static void check_rows(const struct cut_list *list, const char *expected)
{
    for (size_t piece = 1; piece <= sizeof DOCUMENT; piece++) {
        char *rest, *rows = cut_text(list, DOCUMENT, piece, 0, &rest);
        assert_non_null(rows);
        assert_string_equal(rows, expected);
        assert_string_equal(rest, REST);
        free(rows);
        free(rest);
    }
}

static void elements_become_rows_wherever_pieces_end(void **state)
{
    (void)state;
    check_rows(&LINES, "result\ta\t5\nresult\tb\t-7\nresult\t\\N\t\\N\n");
    check_rows(NULL, "");
}

/* The third element has no id, so its inner rows have none to stand behind. */
static void inner_rows_stand_behind_the_outer_id(void **state)
{
    (void)state;
    assert_null(cut_text(&SHARES, "{\"lines\":[{\"of\":[{\"id\":\"x\",\"share\":3}]}]}", 7, 0, NULL));
    char *rows = cut_text(&SHARES,
                          "{\"lines\":[{\"id\":\"a\",\"of\":[{\"id\":\"x\",\"share\":1},{\"id\":\"y\",\"share\":2}]},{"
                          "\"id\":\"b\",\"of\":[]}]}",
                          3, 0, NULL);
    assert_string_equal(rows, "a\tx\t1\na\ty\t2\n");
    free(rows);
}

static void what_is_not_whole_is_refused(void **state)
{
    (void)state;
    for (size_t length = 1; length + 1 < sizeof DOCUMENT; length++) {
        char *part = strndup(DOCUMENT, length);
        assert_null(cut_text(&LINES, part, 16, 0, NULL));
        free(part);
    }
    static const char *const BAD[] = {"{\"lines\":[5]}",
                                      "{\"lines\":[{\"id\":\"a\" \"amount\":5}]}",
                                      "{\"lines\":[{\"id\"}]}",
                                      "{\"lines\":[{\"id\":\"a\"}x]}",
                                      "{\"lines\":[{\"id\":\"a\\tb\"}]}",
                                      "{\"lines\":[[]]}",
                                      "}"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        char *rows = cut_text(&LINES, BAD[i], 5, 0, NULL);
        if (rows)
            fail_msg("%s: %s", BAD[i], rows);
    }
}

/* More rows than one write holds; a write that fails ends it. */
static void rows_go_on_in_writes_of_a_limited_size(void **state)
{
    (void)state;
    enum { ELEMENTS = 20000 };
    struct text text = {0};
    append(&text, "{\"lines\":[", 10);
    for (int i = 0; i < ELEMENTS; i++) {
        char element[64];
        int size = snprintf(element, sizeof element, "%s{\"amount\":%d,\"id\":\"%08d\"}", i ? "," : "", i, i);
        append(&text, element, (size_t)size);
    }
    append(&text, "]}", 3);
    char *rows = cut_text(&LINES, text.bytes, 1000, 0, NULL);
    int count = 0;
    for (const char *at = rows; *at; at = strchr(at, '\n') + 1) {
        int id, amount;
        assert_int_equal(sscanf(at, "result\t%d\t%d\n", &id, &amount), 2);
        assert_true(id == count && amount == count);
        count++;
    }
    assert_int_equal(count, ELEMENTS);
    free(rows);
    assert_null(cut_text(&LINES, text.bytes, 1000, 3, NULL));
    free(text.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_become_rows_wherever_pieces_end),
        cmocka_unit_test(inner_rows_stand_behind_the_outer_id),
        cmocka_unit_test(what_is_not_whole_is_refused),
        cmocka_unit_test(rows_go_on_in_writes_of_a_limited_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
