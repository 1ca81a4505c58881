/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Log lines, read back from a pipe in the place of stderr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/log.h"

static int ends[2], saved;
static char text[16384];

static int open_pipe(void **state)
{
    (void)state;
    saved = dup(STDERR_FILENO);
    return pipe2(ends, O_NONBLOCK) != 0 || dup2(ends[1], STDERR_FILENO) < 0;
}

static int close_pipe(void **state)
{
    (void)state;
    ch_log_batch(NULL, NULL);
    ch_log_level(CH_LOG_INFO);
    dup2(saved, STDERR_FILENO);
    close(saved);
    return close(ends[0]) | close(ends[1]);
}

static const char *written(void)
{
    ssize_t got = read(ends[0], text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void test_line(void **state)
{
    char pid[32];
    (void)state;
    snprintf(pid, sizeof pid, " pid=%ld ", (long)getpid());
    ch_log_role("tester");
    ch_log(CH_LOG_WARN, "it broke", "bare", "a-b/c", "quoted", "a \"b\"\\\n\x01=", "empty", "", "none", NULL, NULL);
    const char *line = written();
    assert_memory_equal(line, "ts=2", 4);
    assert_true(line[23] == '.' || line[22] == '.');
    assert_non_null(strstr(line, "Z level=warn role=tester"));
    assert_non_null(strstr(line, pid));
    assert_non_null(
        strstr(line, " msg=\"it broke\" bare=a-b/c quoted=\"a \\\"b\\\"\\\\\\n\\x01=\" empty=\"\" none=null\n"));
}

static void test_level(void **state)
{
    (void)state;
    ch_log(CH_LOG_DEBUG, "no", NULL);
    assert_string_equal(written(), "");
    ch_log_level(CH_LOG_DEBUG);
    ch_log(CH_LOG_DEBUG, "yes", NULL);
    assert_non_null(strstr(written(), "msg=yes"));
}

static void test_long_line_is_cut_but_ends(void **state)
{
    static char value[10000];
    (void)state;
    memset(value, 'x', sizeof value - 1);
    ch_log(CH_LOG_INFO, "long", "value", value, NULL);
    size_t length = strlen(written());
    assert_int_equal(length, 4096);
    assert_int_equal(text[length - 1], '\n');
}

static int called;

static void count(void *arg)
{
    (void)arg;
    called++;
}

static void test_batch(void **state)
{
    (void)state;
    called = 0;
    ch_log_batch(count, NULL);
    ch_log(CH_LOG_INFO, "one", NULL);
    ch_log(CH_LOG_INFO, "two", NULL);
    assert_string_equal(written(), "");
    assert_int_equal(called, 1);
    ch_log_flush();
    const char *lines = written();
    assert_true(strstr(lines, "msg=one") < strstr(lines, "msg=two"));
    ch_log(CH_LOG_INFO, "three", NULL);
    assert_int_equal(called, 2);
    ch_log(CH_LOG_ERROR, "four", NULL);
    lines = written();
    assert_non_null(strstr(lines, "msg=three"));
    assert_true(strstr(lines, "msg=three") < strstr(lines, "msg=four"));
    for (int i = 0; i < 100; i++) /* over a page: the full ones go out */
        ch_log(CH_LOG_INFO, "more", NULL);
    assert_true(strlen(written()) > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_line, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(test_level, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(test_long_line_is_cut_but_ends, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(test_batch, open_pipe, close_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
