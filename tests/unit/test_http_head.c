/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Heads of requests: each is read one way or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../common/http_head.h"

static struct ch_arena *arena;
static struct ch_head head;
static const char *why;

/* The text is a copy of exactly its size, so that AddressSanitizer sees a byte read behind it. */
static enum ch_head_verdict read_head(const char *text)
{
    ch_arena_free(arena);
    arena = ch_arena_new();
    return ch_head_read(arena, ch_strdup(arena, text), &head, &why);
}

static void test_plain(void **state)
{
    (void)state;
    assert_int_equal(read_head("POST /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nX-Y: \t v w \t\r\n\r\n"),
                     CH_HEAD_OK);
    assert_int_equal(head.method, CH_POST);
    assert_string_equal(head.path, "/a/b");
    assert_string_equal(head.query, "c=d&e");
    assert_int_equal(head.body_bytes, 12);
    assert_true(head.keep_alive);
    assert_string_equal(ch_head_find(&head, "x-y"), "v w");
    assert_null(ch_head_find(&head, "X-Z"));
}

static void test_connection(void **state)
{
    (void)state;
    assert_int_equal(read_head("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n"), CH_HEAD_OK);
    assert_false(head.keep_alive);
    assert_int_equal(read_head("GET / HTTP/1.0\r\n\r\n"), CH_HEAD_OK);
    assert_false(head.keep_alive);
    assert_int_equal(read_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), CH_HEAD_OK);
    assert_true(head.keep_alive);
    assert_int_equal(
        read_head("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n"),
        CH_HEAD_OK);
    assert_true(head.chunked && head.expects);
}

static void test_targets(void **state)
{
    (void)state;
    assert_int_equal(read_head("GET http://h:1/p?q HTTP/1.1\r\nHost: x\r\n\r\n"), CH_HEAD_OK);
    assert_string_equal(head.path, "/p");
    assert_string_equal(head.query, "q");
    assert_int_equal(read_head("GET http://h HTTP/1.1\r\nHost: x\r\n\r\n"), CH_HEAD_OK);
    assert_string_equal(head.path, "/");
    assert_int_equal(read_head("GET /p#f HTTP/1.1\r\nHost: x\r\n\r\n"), CH_HEAD_OK);
    assert_string_equal(head.path, "/p");
    assert_int_equal(read_head("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), CH_HEAD_OK);
    assert_int_equal(read_head("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"), CH_HEAD_OK);
    assert_false(head.method_known);
}

static void test_refused(void **state)
{
    static const char *const BAD[] = {
        "\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.2\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET / /b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
        "G@T / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n b: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nb : c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nbc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nb: \rc\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        print_message("head %zu\n", i);
        assert_int_equal(read_head(BAD[i]), CH_HEAD_MALFORMED);
        assert_non_null(why);
    }
}

static void test_too_many(void **state)
{
    char text[4096] = "GET / HTTP/1.1\r\nHost: x\r\n";
    (void)state;
    for (int i = 0; i < 99; i++)
        strncat(text, "a: b\r\n", sizeof text - strlen(text) - 1);
    strncat(text, "\r\n", sizeof text - strlen(text) - 1);
    assert_int_equal(read_head(text), CH_HEAD_OK);
    text[strlen(text) - 2] = '\0';
    strncat(text, "a: b\r\n\r\n", sizeof text - strlen(text) - 1);
    assert_int_equal(read_head(text), CH_HEAD_TOO_MANY);
}

static int end_arena(void **state)
{
    (void)state;
    ch_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),   cmocka_unit_test(test_connection), cmocka_unit_test(test_targets),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, end_arena);
}
