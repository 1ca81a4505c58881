/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chunked bodies, whole and in pieces of one byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

#include "../../common/http_private.h"

static char body[65536];

static enum ch_body_verdict read_all(const char *text, size_t size, size_t piece, size_t most, size_t *left)
{
    struct ch_chunks chunks = {.body = evbuffer_new()};
    struct evbuffer *input = evbuffer_new();
    enum ch_body_verdict verdict = CH_BODY_MORE;
    for (size_t at = 0; at < size && verdict == CH_BODY_MORE; at += piece) {
        evbuffer_add(input, text + at, size - at < piece ? size - at : piece);
        verdict = ch_chunks_read(&chunks, input, most);
    }
    int got = evbuffer_remove(chunks.body, body, sizeof body - 1);
    body[got > 0 ? got : 0] = '\0';
    *left = evbuffer_get_length(input);
    evbuffer_free(chunks.body);
    evbuffer_free(input);
    return verdict;
}

static enum ch_body_verdict read_text(const char *text, size_t most)
{
    size_t left, left_whole;
    enum ch_body_verdict whole = read_all(text, strlen(text), strlen(text), most, &left_whole);
    enum ch_body_verdict bytewise = read_all(text, strlen(text), 1, most, &left);
    assert_int_equal(whole, bytewise);
    return whole;
}

static void test_good(void **state)
{
    size_t left;
    (void)state;
    assert_int_equal(read_text("3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n", 13), CH_BODY_DONE);
    assert_string_equal(body, "abc0123456789");
    assert_int_equal(read_text("3 ;a=b\r\nabc\r\n0\r\nX: y\r\nZ: \r\n\r\n", 3), CH_BODY_DONE);
    assert_string_equal(body, "abc");
    assert_int_equal(read_text("0\r\n\r\n", 0), CH_BODY_DONE);
    assert_int_equal(read_all("1\r\na\r\n0\r\n\r\nGET", 14, 14, 9, &left), CH_BODY_DONE);
    assert_int_equal(left, 3); /* of the next request */
}

static void test_bad(void **state)
{
    static const char *const BAD[] = {"g\r\n",       "\r\n",        "1\na\n",      " 1\r\na\r\n",
                                      "1\r\nab\r\n", "1x\r\na\r\n", "-1\r\na\r\n", "000000001\r\na\r\n",
                                      "0\r\nX\n\r\n"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        print_message("body %zu\n", i);
        assert_int_equal(read_text(BAD[i], 100), CH_BODY_MALFORMED);
    }
    assert_int_equal(read_text("2\r\nab", 100), CH_BODY_MORE);
}

static void test_limits(void **state)
{
    static char text[40000];
    size_t used = 0;
    (void)state;
    assert_int_equal(read_text("4\r\n", 3), CH_BODY_TOO_LARGE);
    assert_int_equal(read_text("2\r\nab\r\n2\r\n", 3), CH_BODY_TOO_LARGE);
    assert_int_equal(read_text("ffffffff\r\n", 3), CH_BODY_TOO_LARGE);
    while (used < 30000) /* extensions that never end */
        used += (size_t)snprintf(text + used, sizeof text - used, "1;%0200d\r\na\r\n", 0);
    assert_int_equal(read_text(text, 100000), CH_BODY_MALFORMED);
    used = (size_t)snprintf(text, sizeof text, "0\r\n");
    while (used < 30000)
        used += (size_t)snprintf(text + used, sizeof text - used, "a: %0200d\r\n", 0);
    assert_int_equal(read_text(text, 100000), CH_BODY_MALFORMED);
    memset(text, '1', 1000);
    text[1000] = '\0';
    assert_int_equal(read_text(text, 100000), CH_BODY_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
