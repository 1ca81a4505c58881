/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of common/file.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "commonhold/cli.h"

static void write_text(int fd, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(write(fd, "abcdefg" + i % 7, 1), 1);
}

static void check_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(text[i], "abcdefg"[i % 7]);
    assert_int_equal(text[size], '\0');
}

static void files_are_read_whole_up_to_a_limit(void **state)
{
    (void)state;
    char path[] = "/tmp/commonhold-test-XXXXXX", error[256] = "";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t size = 0; size < 5000; size += 1234) {
        struct ch_arena *arena = ch_arena_new();
        size_t read = 99;
        assert_int_equal(ftruncate(fd, 0), 0);
        lseek(fd, 0, SEEK_SET);
        write_text(fd, size);
        const char *text = ch_read_file(arena, path, size, &read, error);
        assert_non_null(text);
        assert_int_equal(read, size);
        check_text(text, size);
        assert_non_null(ch_read_file(arena, path, size + 1, NULL, error));
        if (size > 0) {
            assert_null(ch_read_file(arena, path, size - 1, &read, error));
            assert_non_null(strstr(error, "longer than"));
            assert_int_equal(errno, EFBIG);
        }
        ch_arena_free(arena);
    }
    close(fd);
    unlink(path);
}

/* A pipe has no size to go by, so the buffer must grow. */
static void standard_input_may_be_a_pipe(void **state)
{
    (void)state;
    enum { SIZE = 60000 };
    struct ch_arena *arena = ch_arena_new();
    char error[256];
    size_t size;
    int ends[2], kept = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    write_text(ends[1], SIZE);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    const char *text = ch_read_file(arena, "-", SIZE, &size, error);
    assert_non_null(text);
    assert_int_equal(size, SIZE);
    check_text(text, SIZE);
    dup2(kept, STDIN_FILENO);
    close(ends[0]);
    close(kept);
    ch_arena_free(arena);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    char error[256];
    size_t size;
    assert_null(ch_read_file(arena, "/nonexistent/x", 10, &size, error));
    assert_string_equal(error, "/nonexistent/x: No such file or directory");
    assert_null(ch_read_file(arena, "/tmp", 10, &size, error));
    assert_string_equal(error, "/tmp: Is a directory");
    ch_arena_free(arena);
}

static void a_file_is_written_whole_or_not_at_all(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    char error[256], folder[] = "/tmp/test_file.XXXXXX";
    size_t size;
    assert_non_null(mkdtemp(folder));
    const char *path = ch_printf(arena, "%s/f", folder), *beside = ch_printf(arena, "%s.new", path);
    static const char *const texts[] = {"first", "", "third\n", NULL};
    for (const char *const *text = texts; *text; text++) {
        assert_true(ch_write_file(path, *text));
        assert_string_equal(ch_read_file(arena, path, 10, &size, error), *text);
        assert_int_equal(access(beside, F_OK), -1);
    }
    assert_int_equal(mkdir(beside, 0700), 0); /* where it would be written first */
    assert_false(ch_write_file(path, "fourth"));
    assert_int_equal(errno, EISDIR);
    assert_string_equal(ch_read_file(arena, path, 10, &size, error), "third\n");
    assert_false(ch_write_file(ch_printf(arena, "%s/none/f", folder), "x"));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(rmdir(beside) | unlink(path) | rmdir(folder), 0);
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_whole_up_to_a_limit),
        cmocka_unit_test(standard_input_may_be_a_pipe),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(a_file_is_written_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
