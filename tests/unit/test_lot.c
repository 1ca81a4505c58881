/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lot of an appeals panel: vectors that were computed apart from this code (sha256sum), withheld values, the seed
 * from the log, and what a changed publication gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/lot.h"
#include "commonhold/crypto.h"

#define APPEAL "0196f0a0-0000-7000-8000-000000000001"
#define V1     "11111111-1111-4111-8111-111111111111"
#define V2     "22222222-2222-4222-8222-222222222222"
#define V3     "33333333-3333-4333-8333-333333333333"

static void fill(struct ch_lot_value *value, uint8_t byte, bool revealed)
{
    value->committed = true;
    value->revealed = revealed;
    memset(value->value, byte, 32);
    ch_sha256(value->value, 32, value->commitment);
}

static void expect_hash(const uint8_t hash[32], const char *hex)
{
    char text[65];
    ch_hex(hash, 32, text);
    assert_string_equal(text, hex);
}

static void test_seed_vectors(void **state)
{
    (void)state;
    uint8_t seed[32];
    struct ch_lot_value values[CH_CLASSES] = {0};
    assert_false(ch_lot_seed(values, seed));
    fill(&values[CH_CLASS_U], 0x01, true);
    fill(&values[CH_CLASS_W], 0x02, true);
    fill(&values[CH_CLASS_C], 0x03, true);
    assert_true(ch_lot_seed(values, seed));
    expect_hash(seed, "8a2e491356cfdb05a1d13785e0794d7cd163f91af79a146c976b1d2ac643b679");
    values[CH_CLASS_W].revealed = false;
    assert_true(ch_lot_seed(values, seed));
    expect_hash(seed, "55ef3bbcc5de3c92dcc3dac5766b9a907422b915f74d4abe40111d10246e630a");
    values[CH_CLASS_W].committed = false;
    assert_true(ch_lot_seed(values, seed));
    expect_hash(seed, "7d87fc68f80962fa1f08c9a964bd55c07bda6d8c59de1429b520b1cfcd648146");
}

static void test_seed_of_tree(void **state)
{
    (void)state;
    uint8_t root[32], seed[32];
    memset(root, 0xab, sizeof root);
    ch_lot_seed_of_tree(17, root, seed);
    expect_hash(seed, "03976940af4d4d447e15f8e8954ffc502d0faa733bb6a62021ccf0efa00ad290");
}

static void test_order_vectors(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const char *ids[] = {V1, V2, V3};
    uint8_t seed[32] = {0};
    ch_lot_order(arena, seed, APPEAL, 1, "U", ids, 3);
    const char *expected[] = {V1, V3, V2};
    for (int i = 0; i < 3; i++)
        assert_string_equal(ids[i], expected[i]);
    const char *again[] = {V3, V2, V1};
    ch_lot_order(arena, seed, APPEAL, 1, "U", again, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(again[i], expected[i]);
    const char *other[] = {V1, V2, V3}, *other_expected[] = {V3, V1, V2};
    ch_lot_order(arena, seed, APPEAL, 2, "W", other, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(other[i], other_expected[i]);
    ch_arena_free(arena);
}

static const char PUBLISHED[] =
    "{\"stewards\":\"UWC\",\"sha256\":\"36c3875ec9464dcc7cb0400eb35d833085931e514737a82d5a577f4ac384c2c5\",\"appeal\":"
    "\"" APPEAL "\",\"round\":1,\"candidates\":{\"U\":[\"" V1 "\",\"" V2 "\"],\"W\":[\"" V3 "\"],\"C\":[]},"
    "\"seed\":\"7b599853c9881d500a7b638bdd82174fda8eb9fda66fdd22849dcfed74ede4bc\",\"tree_size\":null,\"tree_root\":"
    "null,"
    "\"values\":[{\"class\":\"U\",\"commitment\":\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793\","
    "\"value\":\"0101010101010101010101010101010101010101010101010101010101010101\"},"
    "{\"class\":\"C\",\"commitment\":\"648aa5c579fb30f38af744d97d6ec840c7a91277a499a0d780f3e7314eca090b\",\"value\":"
    "null}],"
    "\"passed_over\":[{\"volunteer_id\":\"22222222-2222-4222-8222-222222222222\",\"reason\":\"conflict\"}],"
    "\"seats\":[{\"class\":\"U\",\"n\":1,\"volunteer_id\":\"22222222-2222-4222-8222-222222222222\"},{\"class\":\"U\","
    "\"n\":2,\"volunteer_id\":"
    "\"11111111-1111-4111-8111-111111111111\"},{\"class\":\"W\",\"n\":1,\"volunteer_id\":\"" V3 "\"}]}";

static json_t *recompute(struct ch_arena *arena, const char *text, const char **detail)
{
    struct ch_json_error error;
    json_t *lot = ch_json_parse(arena, text, strlen(text), &CH_JSON_BODY, &error);
    assert_non_null(lot);
    return ch_lot_recompute(arena, lot, detail);
}

static void test_published_draw(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const char *detail = NULL;
    json_t *result = recompute(arena, PUBLISHED, &detail);
    assert_non_null(result);
    assert_true(json_is_true(json_object_get(result, "matches")));
    const json_t *seats = json_object_get(result, "seats");
    assert_string_equal(json_string_value(json_object_get(seats, "U")), "11111111-1111-4111-8111-111111111111");
    assert_string_equal(json_string_value(json_object_get(seats, "W")), V3);
    assert_true(json_is_null(json_object_get(seats, "C")));
    ch_arena_free(arena);
}

/* Every hex digit of seed, commitments and value: changed, it is noticed or refused. */
static void test_changed_draw(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    size_t length = strlen(PUBLISHED), tried = 0;
    for (size_t i = 0; i < length; i++) {
        const char *hash = strstr(PUBLISHED, "\"seed\"");
        bool inside = PUBLISHED + i > hash && PUBLISHED + i < strstr(PUBLISHED, "\"tree_size\"");
        inside |=
            PUBLISHED + i > strstr(PUBLISHED, "\"commitment\"") && PUBLISHED + i < strstr(PUBLISHED, "\"passed_over\"");
        if (!inside || !strchr("0123456789", PUBLISHED[i]))
            continue;
        char *text = ch_memdup(arena, PUBLISHED, length);
        text[i] = PUBLISHED[i] == '9' ? '8' : (char)(PUBLISHED[i] + 1);
        const char *detail = NULL;
        json_t *result = recompute(arena, text, &detail);
        assert_false(result && json_is_true(json_object_get(result, "matches")));
        tried++;
    }
    assert_true(tried > 100);
    ch_arena_free(arena);
}

static void test_no_draw(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    static const char *const BAD[] = {"{}", "[]", "{\"appeal\":\"" APPEAL "\",\"round\":0}",
                                      "{\"appeal\":1,\"round\":1,\"candidates\":{},\"values\":[]}"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        const char *detail = NULL;
        assert_null(recompute(arena, BAD[i], &detail));
        assert_non_null(detail);
    }
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed_vectors),  cmocka_unit_test(test_seed_of_tree),
        cmocka_unit_test(test_order_vectors), cmocka_unit_test(test_published_draw),
        cmocka_unit_test(test_changed_draw),  cmocka_unit_test(test_no_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
