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

static enum ch_chunks_verdict read_all(const char *text, size_t size, size_t piece, size_t most, size_t *left)
{
    struct ch_chunks chunks = {.body = evbuffer_new()};
    struct evbuffer *input = evbuffer_new();
    enum ch_chunks_verdict verdict = CH_CHUNKS_MORE;
    for (size_t at = 0; at < size && verdict == CH_CHUNKS_MORE; at += piece) {
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

static enum ch_chunks_verdict read_text(const char *text, size_t most)
{
    size_t left, left_whole;
    enum ch_chunks_verdict whole = read_all(text, strlen(text), strlen(text), most, &left_whole);
    enum ch_chunks_verdict bytewise = read_all(text, strlen(text), 1, most, &left);
    assert_int_equal(whole, bytewise);
    return whole;
}

static void test_good(void **state)
{
    size_t left;
    (void)state;
    assert_int_equal(read_text("3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n", 13), CH_CHUNKS_DONE);
    assert_string_equal(body, "abc0123456789");
    assert_int_equal(read_text("3 ;a=b\r\nabc\r\n0\r\nX: y\r\nZ: \r\n\r\n", 3), CH_CHUNKS_DONE);
    assert_string_equal(body, "abc");
    assert_int_equal(read_text("0\r\n\r\n", 0), CH_CHUNKS_DONE);
    assert_int_equal(read_all("1\r\na\r\n0\r\n\r\nGET", 14, 14, 9, &left), CH_CHUNKS_DONE);
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
        assert_int_equal(read_text(BAD[i], 100), CH_CHUNKS_MALFORMED);
    }
    assert_int_equal(read_text("2\r\nab", 100), CH_CHUNKS_MORE);
}

static void test_limits(void **state)
{
    static char text[40000];
    size_t used = 0;
    (void)state;
    assert_int_equal(read_text("4\r\n", 3), CH_CHUNKS_TOO_LARGE);
    assert_int_equal(read_text("2\r\nab\r\n2\r\n", 3), CH_CHUNKS_TOO_LARGE);
    assert_int_equal(read_text("ffffffff\r\n", 3), CH_CHUNKS_TOO_LARGE);
    while (used < 30000) /* extensions that never end */
        used += (size_t)snprintf(text + used, sizeof text - used, "1;%0200d\r\na\r\n", 0);
    assert_int_equal(read_text(text, 100000), CH_CHUNKS_MALFORMED);
    used = (size_t)snprintf(text, sizeof text, "0\r\n");
    while (used < 30000)
        used += (size_t)snprintf(text + used, sizeof text - used, "a: %0200d\r\n", 0);
    assert_int_equal(read_text(text, 100000), CH_CHUNKS_MALFORMED);
    memset(text, '1', 1000);
    text[1000] = '\0';
    assert_int_equal(read_text(text, 100000), CH_CHUNKS_MALFORMED);
}

/* A reader that has room for a few bytes at a time gets the same body, and leaves the rest of the input alone. */
static void test_room(void **state)
{
    static const char TEXT[] = "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\nGET";
    struct ch_chunks chunks = {.body = evbuffer_new(), .room = 4};
    struct evbuffer *input = evbuffer_new();
    size_t used = 0;
    enum ch_chunks_verdict verdict;
    (void)state;
    evbuffer_add(input, TEXT, sizeof TEXT - 1);
    do {
        verdict = ch_chunks_read(&chunks, input, 13);
        assert_true(evbuffer_get_length(chunks.body) <= 4);
        used += (size_t)evbuffer_remove(chunks.body, body + used, 4);
    } while (verdict == CH_CHUNKS_MORE);
    assert_int_equal(verdict, CH_CHUNKS_DONE);
    assert_int_equal(chunks.taken, 13);
    assert_memory_equal(body, "abc0123456789", 13);
    assert_int_equal(evbuffer_get_length(input), 3);
    chunks = (struct ch_chunks){.body = chunks.body, .room = 4};
    evbuffer_drain(input, 3);
    evbuffer_add(input, "8\r\n12345678\r\n6\r\n", 16);
    assert_int_equal(ch_chunks_read(&chunks, input, 13), CH_CHUNKS_MORE);
    evbuffer_drain(chunks.body, 4);
    assert_int_equal(ch_chunks_read(&chunks, input, 13), CH_CHUNKS_TOO_LARGE); /* what was taken away counts too */
    evbuffer_free(chunks.body);
    evbuffer_free(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_limits), cmocka_unit_test(test_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
