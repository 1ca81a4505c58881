/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claims of a client's assertion: each claim that is wrong refuses it, alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/licensing/core/assertion.h"
#include "arena.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"

#define NOW      INT64_C(1790000000)
#define CLIENT   "client0001"
#define ENDPOINT "https://trust.example/licensing/v1/oauth/token"

static json_t *good(struct ch_arena *arena)
{
    return ch_json_pack(arena, "{s:s,s:s,s:s,s:I,s:s}", "iss", CLIENT, "sub", CLIENT, "aud", ENDPOINT, "exp",
                        (json_int_t)(NOW + 300), "jti", "one");
}

static const char *check(struct ch_arena *arena, const json_t *claims, struct ch_assertion *out)
{
    size_t size;
    const char *text = ch_json_canonical(arena, claims, &size);
    return ch_assertion_check(arena, (const uint8_t *)text, size, CLIENT, ENDPOINT, NOW, out);
}

static void a_good_assertion_is_accepted(void **state)
{
    struct ch_assertion out;
    char expected[65];
    ch_sha256_hex("one", 3, expected);
    assert_null(check(*state, good(*state), &out));
    assert_string_equal(out.jti_sha256, expected);
    assert_true(out.expires == NOW + 300);
}

static void each_wrong_claim_refuses(void **state)
{
    static const struct {
        const char *name;
        const char *value; /* JSON; NULL: the claim is missing */
    } WRONG[] = {{"iss", "\"another01\""},
                 {"iss", NULL},
                 {"sub", "\"another01\""},
                 {"sub", NULL},
                 {"aud", "\"https://other.example/licensing/v1/oauth/token\""},
                 {"aud", "[\"" ENDPOINT "\",\"https://other.example\"]"},
                 {"aud", "[]"},
                 {"aud", NULL},
                 {"exp", "1790000000"},
                 {"exp", "1790000301"},
                 {"exp", "\"1790000100\""},
                 {"exp", NULL},
                 {"nbf", "1790000061"},
                 {"iat", "1790000061"},
                 {"iat", "\"now\""},
                 {"jti", "\"\""},
                 {"jti", "\"with blank\""},
                 {"jti", "7"},
                 {"jti", NULL}};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        struct ch_assertion out;
        json_t *claims = good(*state);
        if (WRONG[i].value)
            json_object_set_new(claims, WRONG[i].name, json_loads(WRONG[i].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(claims, WRONG[i].name);
        if (check(*state, claims, &out) == NULL)
            fail_msg("%s = %s was accepted", WRONG[i].name, WRONG[i].value ? WRONG[i].value : "missing");
    }
}

static void bounds_are_exact(void **state)
{
    struct ch_assertion out;
    char longest[CH_ASSERTION_JTI + 2];
    json_t *claims = good(*state);
    json_object_set_new(claims, "aud", json_pack("[s]", ENDPOINT));
    json_object_set_new(claims, "exp", json_integer(NOW + 1));
    json_object_set_new(claims, "iat", json_integer(NOW + 60));
    json_object_set_new(claims, "nbf", json_integer(NOW + 60));
    memset(longest, 'j', sizeof longest);
    longest[CH_ASSERTION_JTI] = '\0';
    json_object_set_new(claims, "jti", json_string(longest));
    assert_null(check(*state, claims, &out));
    longest[CH_ASSERTION_JTI] = 'j';
    longest[CH_ASSERTION_JTI + 1] = '\0';
    json_object_set_new(claims, "jti", json_string(longest));
    assert_non_null(check(*state, claims, &out));
    assert_non_null(ch_assertion_check(*state, (const uint8_t *)"[]", 2, CLIENT, ENDPOINT, NOW, &out));
    assert_non_null(ch_assertion_check(*state, (const uint8_t *)"{", 1, CLIENT, ENDPOINT, NOW, &out));
}

static void the_subject_is_read_unverified(void **state)
{
    const char *text = "{\"sub\":\"client0001\"}";
    const char *token = ch_printf(*state, "e30.%s.c2ln", ch_base64url(*state, text, strlen(text)));
    assert_string_equal(ch_assertion_subject(*state, token), CLIENT);
    assert_null(ch_assertion_subject(*state, "e30"));
    assert_null(ch_assertion_subject(*state, "e30.e30.c2ln"));
    assert_null(ch_assertion_subject(*state, "e30..c2ln"));
    assert_null(ch_assertion_subject(*state, ""));
    assert_null(ch_assertion_subject(*state, "e30.***.c2ln"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_assertion_is_accepted, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(each_wrong_claim_refuses, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(bounds_are_exact, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(the_subject_is_read_unverified, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
