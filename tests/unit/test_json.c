/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of common/json.c, json_scan.c and json_canonical.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/json_scan.h"
#include "arena.h"
#include "commonhold/json.h"

static const struct ch_json_limits WIDE = {.bytes = (size_t)1 << 30, .depth = 2047};
static const struct ch_json_limits STRICT = {.bytes = 4096, .depth = 3, .string = 8, .integers = true, .ascii = true};

static json_t *parse(struct ch_arena *arena, const char *text, const struct ch_json_limits *limits,
                     struct ch_json_error *error)
{
    /* A copy that ends where the text does, so that a sanitizer sees every byte read behind it. */
    char *exact = malloc(strlen(text) + 1);
    memcpy(exact, text, strlen(text));
    json_t *tree = ch_json_parse(arena, exact, strlen(text), limits, error);
    free(exact);
    return tree;
}

static void accepted_texts_keep_their_values(void **state)
{
    static const struct {
        const char *text, *canonical;
    } rows[] = {
        {"{}", "{}"},
        {" [ ] \r\n\t", "[]"},
        {"0", "0"},
        {"-1", "-1"},
        {"\"x\"", "\"x\""},
        {"null", "null"},
        {"[true,false,null]", "[true,false,null]"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"{\"b\":[1,{\"c\":{}}],\"a\":\"\\u0041\\/\"}", "{\"a\":\"A/\",\"b\":[1,{\"c\":{}}]}"},
        {"\"\\ud83d\\uDE00\"", "\"\xF0\x9F\x98\x80\""},
        {"\"\x7F\xC2\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF\"", "\"\x7F\xC2\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF\""},
        {"{\"\":{\"\":0}}", "{\"\":{\"\":0}}"},
        {"{\"a\":{\"a\":1},\"A\":1}", "{\"A\":1,\"a\":{\"a\":1}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_json_error error;
        json_t *tree = parse(*state, rows[i].text, &WIDE, &error);
        assert_non_null(tree);
        assert_string_equal(error.slug, "");
        assert_string_equal(ch_json_canonical(*state, tree, NULL), rows[i].canonical);
    }
}

struct refusal {
    const char *text, *slug, *pointer;
    int line;
};

static void refused(struct ch_arena *arena, const struct ch_json_limits *limits, const struct refusal *row)
{
    struct ch_json_error error;
    if (parse(arena, row->text, limits, &error))
        fail_msg("accepted: %s", row->text);
    if (strcmp(error.slug, row->slug) || strcmp(error.pointer, row->pointer) || error.line != row->line)
        fail_msg("%s: %s at '%s' line %d, expected %s at '%s' line %d", row->text, error.slug, error.pointer,
                 error.line, row->slug, row->pointer, row->line);
    assert_true(error.detail[0] != '\0');
}

static void what_is_not_json_is_refused(void **state)
{
    static const struct refusal rows[] = {
        {"", "not_json", "", 1},
        {" \n ", "not_json", "", 2},
        {"\xEF\xBB\xBF{}", "not_json", "", 1},
        {"{} x", "not_json", "", 1},
        {"{}\n{}", "not_json", "", 2},
        {"{", "not_json", "", 1},
        {"[1,", "not_json", "/1", 1},
        {"[1", "not_json", "", 1},
        {"[1,]", "not_json", "/1", 1},
        {"[1 2]", "not_json", "", 1},
        {"[}", "not_json", "/0", 1},
        {"{]", "not_json", "", 1},
        {"[1}", "not_json", "", 1},
        {"{\"a\"}", "not_json", "/a", 1},
        {"{\"a\"", "not_json", "/a", 1},
        {"{\"a\":}", "not_json", "/a", 1},
        {"{\"a\":", "not_json", "/a", 1},
        {"{\"a\":1,}", "not_json", "", 1},
        {"{\"a\":1,", "not_json", "", 1},
        {"{a:1}", "not_json", "", 1},
        {"{'a':1}", "not_json", "", 1},
        {"{\"a\":{\"b\":[1,\ntru]}}", "not_json", "/a/b/1", 2},
        {"nul", "not_json", "", 1},
        {"NaN", "not_json", "", 1},
        {"True", "not_json", "", 1},
        {"[1,/**/2]", "not_json", "/1", 1},
        {"\f1", "not_json", "", 1},
        {"01", "not_json", "", 1},
        {"[-01]", "not_json", "/0", 1},
        {"-", "not_json", "", 1},
        {"+1", "not_json", "", 1},
        {".5", "not_json", "", 1},
        {"[1.]", "not_json", "/0", 1},
        {"[1e]", "not_json", "/0", 1},
        {"[1e+]", "not_json", "/0", 1},
        {"0x10", "not_json", "", 1},
        {"\"a", "not_json", "", 1},
        {"\"a\nb\"", "not_json", "", 1},
        {"\"\t\"", "not_json", "", 1},
        {"\"\\", "not_json", "", 1},
        {"\"\\x\"", "not_json", "", 1},
        {"\"\\u12\"", "not_json", "", 1},
        {"\"\\u12g4\"", "not_json", "", 1},
        {"[\"\\u0000\"]", "not_json", "/0", 1},
        {"{\"\\u0000\":1}", "not_json", "", 1},
        {"\"\\ud800\"", "not_json", "", 1},
        {"\"\\ud800x\"", "not_json", "", 1},
        {"\"\\ud800\\u0041\"", "not_json", "", 1},
        {"\"\\udc00\"", "not_json", "", 1},
        {"\"\\udc00\\udc00\"", "not_json", "", 1},
        {"\"\\ud800\\ue000\"", "not_json", "", 1},
        {"[\"\x80\"]", "not_json", "/0", 1},
        {"\"\xC0\xAF\"", "not_json", "", 1},
        {"\"\xE0\x80\x80\"", "not_json", "", 1},
        {"\"\xED\xA0\x80\"", "not_json", "", 1},
        {"\"\xF4\x90\x80\x80\"", "not_json", "", 1},
        {"\"\xF5\x80\x80\x80\"", "not_json", "", 1},
        {"\"\xE2\x82\"", "not_json", "", 1},
        {"\"\xE2\x82", "not_json", "", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_json_error error;
        refused(*state, &WIDE, &rows[i]);
        /* The scan alone says so: what jansson would have caught does not count. */
        assert_false(ch_json_scan(*state, rows[i].text, strlen(rows[i].text), &WIDE, &error));
    }
}

static void a_nul_byte_is_refused_anywhere(void **state)
{
    static const struct {
        const char *text;
        size_t size;
    } rows[] = {{"\0", 1},  {"{}\0", 3},       {"[\0]", 3}, {"\"a\0b\"", 5}, {"\"\\\0\"", 4}, {"\"\\u\0\0\0\0\"", 8},
                {"1\0", 2}, {"{\"a\"\0:1}", 8}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_json_error error;
        assert_null(ch_json_parse(*state, rows[i].text, rows[i].size, &WIDE, &error));
        assert_string_equal(error.slug, "not_json");
    }
}

static void limits_are_kept(void **state)
{
    static const struct refusal rows[] = {
        {"[[[1]],[[[2]]]]", "too_deep", "/1/0/0", 1},
        {"{\"a\":{\"b\":{\"c\":[]}}}", "too_deep", "/a/b/c", 1},
        {"[1.0]", "not_integer", "/0", 1},
        {"[1e3]", "not_integer", "/0", 1},
        {"[1E-3]", "not_integer", "/0", 1},
        {"{\"a\":\n-0}", "not_integer", "/a", 2},
        {"[-0.0]", "not_integer", "/0", 1},
        {"[9223372036854775808]", "not_integer", "/0", 1},
        {"[-9223372036854775809]", "not_integer", "/0", 1},
        {"[99999999999999999999999999]", "not_integer", "/0", 1},
        {"[\"123456789\"]", "string_too_long", "/0", 1},
        {"[\"1234567\\u00e9\"]", "string_too_long", "/0", 1},
        {"{\"123456789\":1}", "string_too_long", "/123456789", 1},
        {"[\"\\u0009\"]", "not_ascii", "/0", 1},
        {"[\"\\n\"]", "not_ascii", "/0", 1},
        {"[\"\x7F\"]", "not_ascii", "/0", 1},
        {"[\"\\u007f\"]", "not_ascii", "/0", 1},
        {"[\"\xC3\xA9\"]", "not_ascii", "/0", 1},
        {"{\"\xC3\xA9\":1}", "not_ascii", "/\xC3\xA9", 1},
        {"{\"\\u00e9\":1}", "not_ascii", "/\xC3\xA9", 1},
    };
    struct ch_json_error error;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refused(*state, &STRICT, &rows[i]);
    assert_non_null(parse(*state, "[[[1]]]", &STRICT, &error));
    assert_non_null(parse(*state, "{\"12345678\":\"\\u0041 ~}\\\"\\\\\\/!\"}", &STRICT, &error));
    refused(*state, &WIDE, &(struct refusal){"[1, 9223372036854775808]", "not_integer", "/1", 1});
    assert_non_null(parse(*state, "[1.5,1e3,-0]", &WIDE, &error));
}

static void the_length_is_limited(void **state)
{
    struct ch_json_limits limits = WIDE;
    struct ch_json_error error;
    limits.bytes = 4;
    assert_non_null(parse(*state, "[12]", &limits, &error));
    assert_null(parse(*state, "[123]", &limits, &error));
    assert_string_equal(error.slug, "too_large");
    assert_int_equal(error.line, 0);
}

static void duplicate_keys_are_found_after_unescaping(void **state)
{
    static const struct refusal rows[] = {
        {"{\"a\":1,\"a\":2}", "duplicate_key", "/a", 1},
        {"{\"a\":1,\n\"\\u0061\" : 2}", "duplicate_key", "/a", 2},
        {"[{\"a\":1},{\"b\":{\"x/y\":1,\"\\u0078\\/y\":[]}}]", "duplicate_key", "/1/b/x~1y", 1},
        {"{\"~\":[],\"z\":{},\"~\":{}}", "duplicate_key", "/~0", 1},
        {"{\"\":1,\"\":1}", "duplicate_key", "/", 1},
        {"{\"\\uD83D\\uDE00\":1,\n\n\"\xF0\x9F\x98\x80\":1}", "duplicate_key", "/\xF0\x9F\x98\x80", 3},
        {"{\"k\":{\"k\":1,\"l\":2,\"k\":3}}", "duplicate_key", "/k/k", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refused(*state, &WIDE, &rows[i]);
    refused(*state, &WIDE, &(struct refusal){"[1,\n1e999]", "not_json", "/1", 2});
}

static void pointers_are_escaped_and_never_cut(void **state)
{
    static const struct refusal rows[] = {
        {"{\"a/b\":{\"m~n\":[0,0,x]}}", "not_json", "/a~1b/m~0n/2", 1},
        {"{\"\\b\\f\\n\\r\\t\\\"\\\\\":x}", "not_json", "/\b\f\n\r\t\"\\", 1},
        {"{\"\\u20aC\":x}", "not_json", "/\xE2\x82\xAC", 1},
    };
    char text[600], expected[300] = "/";
    struct refusal longest = {text, "not_json", expected, 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refused(*state, &WIDE, &rows[i]);
    memset(expected + 1, 'k', 254);
    snprintf(text, sizeof text, "{\"%s\":x}", expected + 1);
    refused(*state, &WIDE, &longest);
    snprintf(text, sizeof text, "{\"%sk\":x}", expected + 1);
    longest.pointer = "";
    refused(*state, &WIDE, &longest);
}

static void deep_texts_neither_crash_nor_pass(void **state)
{
    enum { DEEP = 200000 };
    char *text = malloc(DEEP);
    struct ch_json_error error;
    struct ch_json_limits limits = {.bytes = DEEP, .depth = 1000000};
    memset(text, '[', DEEP);
    assert_null(ch_json_parse(*state, text, DEEP, &limits, &error));
    assert_string_equal(error.slug, "too_deep");
    memset(text + 2047, ']', 2047);
    json_t *tree = ch_json_parse(*state, text, 4094, &limits, &error);
    assert_non_null(tree);
    size_t length;
    assert_memory_equal(ch_json_canonical(*state, tree, &length), text, 4094);
    assert_int_equal(length, 4094);
    text[2047] = '1';
    memset(text + 2048, ']', 2047);
    assert_non_null(ch_json_parse(*state, text, 4095, &limits, &error));
    free(text);
}

/* RFC 8785, section 3.2.3: the property names of its sorting example, and its order. */
static void keys_sort_by_utf16_units(void **state)
{
    static const char text[] = "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,"
                               "\"\\u00f6\":7,\"10\":8,\"\":9}";
    struct ch_json_error error;
    json_t *tree = parse(*state, text, &WIDE, &error);
    assert_non_null(tree);
    assert_string_equal(ch_json_canonical(*state, tree, NULL),
                        "{\"\":9,\"\\r\":2,\"1\":4,\"10\":8,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,"
                        "\"\xF0\x9F\x98\x80\":5,\"\xEF\xAC\xB3\":3}");
}

/* RFC 8785, section 3.2.2.2. */
static void strings_have_the_shortest_escapes(void **state)
{
    struct ch_json_error error;
    json_t *tree =
        parse(*state, "\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\\b\\f\\t\\r\\u001f\\u007f\"", &WIDE,
              &error);
    assert_non_null(tree);
    assert_string_equal(ch_json_canonical(*state, tree, NULL),
                        "\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\t\\r\\u001f\x7F\"");
}

static void hashes_are_of_the_canonical_text(void **state)
{
    struct ch_json_error error;
    char hex[65];
    ch_json_sha256(*state, parse(*state, " { } ", &WIDE, &error), hex);
    assert_string_equal(hex, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
}

static void packed_trees_belong_to_the_arena(void **state)
{
    json_t *tree = ch_json_pack(*state, "{si s[ss] sn}", "n", 7, "list", "a", "b", "none");
    assert_string_equal(ch_json_canonical(*state, tree, NULL), "{\"list\":[\"a\",\"b\"],\"n\":7,\"none\":null}");
    json_t *own = ch_json_own(*state, json_string("x"));
    assert_int_equal(own->refcount, 1);
}

/* Twice the members may take about twice the time; squared time would be hopeless at this size. */
static void many_members_are_no_trouble(void **state)
{
    enum { MEMBERS = 200000 };
    char *text = malloc((size_t)MEMBERS * 16), *at = text;
    struct ch_json_error error;
    *at++ = '{';
    for (int i = 0; i < MEMBERS; i++)
        at += snprintf(at, 16, "%s\"%d\":%d", i ? "," : "", i, i % 10);
    *at++ = '}';
    json_t *tree = ch_json_parse(*state, text, (size_t)(at - text), &WIDE, &error);
    assert_non_null(tree);
    assert_int_equal(json_object_size(tree), MEMBERS);
    ch_json_canonical(*state, tree, NULL);
    free(text);
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ARENA(accepted_texts_keep_their_values),
        IN_ARENA(what_is_not_json_is_refused),
        IN_ARENA(a_nul_byte_is_refused_anywhere),
        IN_ARENA(limits_are_kept),
        IN_ARENA(the_length_is_limited),
        IN_ARENA(duplicate_keys_are_found_after_unescaping),
        IN_ARENA(pointers_are_escaped_and_never_cut),
        IN_ARENA(deep_texts_neither_crash_nor_pass),
        IN_ARENA(keys_sort_by_utf16_units),
        IN_ARENA(strings_have_the_shortest_escapes),
        IN_ARENA(hashes_are_of_the_canonical_text),
        IN_ARENA(packed_trees_belong_to_the_arena),
        IN_ARENA(many_members_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
