/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of core/ndjson.c on its own: lines of any length, however the file is cut. What their objects become is
 * test_ingest_csv.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/licensing/core/ndjson.h"

/* A file of a line of `length` bytes and a short one. */
struct file {
    size_t length, size;
    char *text;
    uint64_t lines;
};

static void on_line(void *context, uint64_t line, const char *text, size_t length)
{
    struct file *file = context;
    assert_int_equal(line, ++file->lines);
    if (line == 2) {
        assert_int_equal(length, 4);
        assert_memory_equal(text, "next", 4);
    } else if (file->length > CH_NDJSON_LINE) {
        assert_null(text);
    } else {
        assert_int_equal(length, file->length);
        assert_memory_equal(text, file->text, length);
    }
}

static void read_in_pieces(struct file *file, size_t piece)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_ndjson *reader = ch_ndjson_new(arena, on_line, file);
    file->lines = 0;
    for (size_t i = 0; i < file->size; i += piece)
        ch_ndjson_feed(reader, file->text + i, file->size - i < piece ? file->size - i : piece);
    ch_ndjson_end(reader);
    assert_int_equal(file->lines, 2);
    ch_arena_free(arena);
}

static void check_line(size_t length, const char *end)
{
    struct file file = {.length = length, .text = malloc(length + 16)};
    for (size_t i = 0; i < length; i++)
        file.text[i] = (char)('a' + i % 23);
    file.size = (size_t)(stpcpy(stpcpy(file.text + length, end), "next") - file.text);
    read_in_pieces(&file, file.size);
    read_in_pieces(&file, 65536);
    read_in_pieces(&file, 997);
    read_in_pieces(&file, 7);
    free(file.text);
}

static void test_lines_of_any_length(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "\r\n"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t length = 1020; length <= 1030; length++)
            check_line(length, ends[i]);
        check_line(0, ends[i]);
        check_line(CH_NDJSON_LINE - 1, ends[i]);
        check_line(CH_NDJSON_LINE, ends[i]);
        check_line(CH_NDJSON_LINE + 1, ends[i]);
        check_line(3 * CH_NDJSON_LINE, ends[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
