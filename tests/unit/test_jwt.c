/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of common/jwt.c and keyset.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commonhold/json.h"
#include "commonhold/jwt.h"

#define NOW INT64_C(1767225600)

struct world {
    struct ch_arena *arena;
    struct ch_signing_key *key;
    struct ch_keyset *keys;
    uint8_t public_key[32];
};

/* RFC 8037, appendix A.1. */
static const uint8_t SEED[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};

static int setup(void **state)
{
    struct ch_arena *arena = ch_arena_new();
    struct world *world = ch_alloc(arena, sizeof *world);
    world->arena = arena;
    world->key = ch_signing_key_new(SEED);
    world->keys = ch_keyset_new();
    ch_signing_key_public(world->key, world->public_key);
    ch_keyset_add(world->keys, world->public_key, "person", NOW - 1000, 0);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    ch_keyset_free(world->keys);
    ch_signing_key_free(world->key);
    ch_arena_free(world->arena);
    return 0;
}

static enum ch_jwt_verdict judge(struct world *world, const char *token, json_t **claims)
{
    return ch_jwt_verify(world->arena, world->keys, token, "JWT", "person", "me", "you", NOW, claims);
}

static enum ch_jwt_verdict judge_claims(struct world *world, const char *text)
{
    json_t *claims = NULL;
    const char *token = ch_jws_sign(world->arena, world->key, "JWT", text, strlen(text));
    enum ch_jwt_verdict verdict = judge(world, token, &claims);
    assert_int_equal(claims != NULL, verdict == CH_JWT_OK);
    return verdict;
}

/* RFC 8037, appendices A.3 and A.4. */
static void thumbprint_and_signature_are_the_published_ones(void **state)
{
    struct world *world = *state;
    static const char text[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    char kid[44];
    uint8_t signature[64];
    ch_jwk_thumbprint(world->public_key, kid);
    assert_string_equal(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    ch_sign(world->key, text, strlen(text), signature);
    assert_string_equal(ch_base64url(world->arena, signature, 64),
                        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

static void signed_claims_come_back(void **state)
{
    struct world *world = *state;
    json_t *claims = ch_json_pack(world->arena, "{ss ss ss sI sI}", "iss", "me", "aud", "you", "sub", "m1", "iat",
                                  (json_int_t)NOW, "exp", (json_int_t)NOW + 60);
    const char *token = ch_jwt_sign(world->arena, world->key, "JWT", claims);
    static const char header[] =
        "{\"alg\":\"EdDSA\",\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\",\"typ\":\"JWT\"}";
    const char *encoded = ch_base64url(world->arena, header, strlen(header));
    assert_int_equal(strncmp(token, encoded, strlen(encoded)), 0);
    json_t *back = NULL;
    assert_int_equal(judge(world, token, &back), CH_JWT_OK);
    assert_true(json_equal(claims, back));
}

static void claims_are_judged(void **state)
{
    static const struct {
        const char *claims;
        enum ch_jwt_verdict verdict;
    } rows[] = {
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225601}", CH_JWT_OK},
        {"{\"iss\":\"me\",\"aud\":[\"her\",\"you\"],\"exp\":1767225601}", CH_JWT_OK},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225600}", CH_JWT_EXPIRED},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":-1}", CH_JWT_EXPIRED},
        {"{\"iss\":\"me\",\"aud\":\"you\"}", CH_JWT_MALFORMED},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":\"1767225601\"}", CH_JWT_MALFORMED},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225601.5}", CH_JWT_MALFORMED},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":null}", CH_JWT_MALFORMED},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225601,\"exp\":1767225602}", CH_JWT_MALFORMED},
        {"[1767225601]", CH_JWT_MALFORMED},
        {"\"text\"", CH_JWT_MALFORMED},
        {"", CH_JWT_MALFORMED},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225700,\"nbf\":1767225600}", CH_JWT_OK},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225700,\"nbf\":1767225601}", CH_JWT_NOT_YET},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225700,\"nbf\":\"x\"}", CH_JWT_MALFORMED},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225700,\"iat\":1767225660}", CH_JWT_OK},
        {"{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225700,\"iat\":1767225661}", CH_JWT_NOT_YET},
        {"{\"iss\":\"him\",\"aud\":\"you\",\"exp\":1767225601}", CH_JWT_WRONG_AUDIENCE},
        {"{\"aud\":\"you\",\"exp\":1767225601}", CH_JWT_WRONG_AUDIENCE},
        {"{\"iss\":\"me\",\"aud\":\"her\",\"exp\":1767225601}", CH_JWT_WRONG_AUDIENCE},
        {"{\"iss\":\"me\",\"aud\":[],\"exp\":1767225601}", CH_JWT_WRONG_AUDIENCE},
        {"{\"iss\":\"me\",\"aud\":[[\"you\"]],\"exp\":1767225601}", CH_JWT_WRONG_AUDIENCE},
        {"{\"iss\":\"me\",\"exp\":1767225601}", CH_JWT_WRONG_AUDIENCE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum ch_jwt_verdict verdict = judge_claims(*state, rows[i].claims);
        if (verdict != rows[i].verdict)
            fail_msg("%s: verdict %d, expected %d", rows[i].claims, verdict, rows[i].verdict);
    }
}

static const char GOOD[] = "{\"aud\":\"you\",\"exp\":1767225700,\"iss\":\"me\"}";

/* A token with any header, signed as it should be. */
static char *with_header(struct world *world, const char *header)
{
    uint8_t signature[64];
    const char *text = ch_printf(world->arena, "%s.%s", ch_base64url(world->arena, header, strlen(header)),
                                 ch_base64url(world->arena, GOOD, strlen(GOOD)));
    ch_sign(world->key, text, strlen(text), signature);
    return ch_printf(world->arena, "%s.%s", text, ch_base64url(world->arena, signature, 64));
}

static void headers_are_judged(void **state)
{
#define KID "\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\""
    static const struct {
        const char *header;
        enum ch_jwt_verdict verdict;
    } rows[] = {
        {"{\"alg\":\"EdDSA\"," KID ",\"typ\":\"JWT\"}", CH_JWT_OK},
        {"{\"alg\":\"EdDSA\"," KID ",\"typ\":\"application/jwt\",\"x\":[1]}", CH_JWT_OK},
        {"{\"alg\":\"EdDSA\"," KID ",\"typ\":\"at+jwt\"}", CH_JWT_WRONG_TYPE},
        {"{\"alg\":\"EdDSA\"," KID "}", CH_JWT_WRONG_TYPE},
        {"{\"alg\":\"EdDSA\"," KID ",\"typ\":7}", CH_JWT_MALFORMED},
        {"{\"alg\":\"none\"," KID ",\"typ\":\"JWT\"}", CH_JWT_MALFORMED},
        {"{\"alg\":\"HS256\"," KID ",\"typ\":\"JWT\"}", CH_JWT_MALFORMED},
        {"{\"alg\":\"eddsa\"," KID ",\"typ\":\"JWT\"}", CH_JWT_MALFORMED},
        {"{" KID ",\"typ\":\"JWT\"}", CH_JWT_MALFORMED},
        {"{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"," KID ",\"typ\":\"JWT\"}", CH_JWT_MALFORMED},
        {"{\"alg\":\"EdDSA\"," KID ",\"typ\":\"JWT\",\"crit\":[\"b64\"],\"b64\":false}", CH_JWT_MALFORMED},
        {"{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}", CH_JWT_MALFORMED},
        {"{\"alg\":\"EdDSA\",\"kid\":7,\"typ\":\"JWT\"}", CH_JWT_MALFORMED},
        {"{\"alg\":\"EdDSA\",\"kid\":\"other\",\"typ\":\"JWT\"}", CH_JWT_UNKNOWN_KEY},
        {"[]", CH_JWT_MALFORMED},
        {"", CH_JWT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *claims;
        enum ch_jwt_verdict verdict = judge(*state, with_header(*state, rows[i].header), &claims);
        if (verdict != rows[i].verdict)
            fail_msg("%s: verdict %d, expected %d", rows[i].header, verdict, rows[i].verdict);
    }
}

/* Every change of one character is noticed: no two texts are the same token. */
static void changed_tokens_are_refused(void **state)
{
    struct world *world = *state;
    static const char letters[] = "AQgw-_.=";
    char *token = ch_jws_sign(world->arena, world->key, "JWT", GOOD, strlen(GOOD));
    json_t *claims;
    assert_int_equal(judge(world, token, &claims), CH_JWT_OK);
    for (size_t i = 0; token[i]; i++) {
        char kept = token[i];
        for (size_t j = 0; letters[j]; j++) {
            token[i] = letters[j];
            assert_int_equal(judge(world, token, &claims) == CH_JWT_OK, letters[j] == kept);
        }
        token[i] = '\0';
        assert_int_not_equal(judge(world, token, &claims), CH_JWT_OK);
        token[i] = kept;
    }
    assert_int_equal(judge(world, ch_printf(world->arena, "%s.", token), &claims), CH_JWT_MALFORMED);
    assert_int_equal(judge(world, ch_printf(world->arena, "%s=", token), &claims), CH_JWT_MALFORMED);
    assert_int_equal(judge(world, ch_printf(world->arena, " %s", token), &claims), CH_JWT_MALFORMED);
}

static void forged_signatures_are_told_from_shapeless_tokens(void **state)
{
    struct world *world = *state;
    json_t *claims;
    char *token = ch_jws_sign(world->arena, world->key, "JWT", GOOD, strlen(GOOD));
    char *last_dot = strrchr(token, '.');
    last_dot[1] = last_dot[1] == 'A' ? 'B' : 'A';
    assert_int_equal(judge(world, token, &claims), CH_JWT_BAD_SIGNATURE);
    assert_int_equal(judge(world, "", &claims), CH_JWT_MALFORMED);
    assert_int_equal(judge(world, "..", &claims), CH_JWT_MALFORMED);
    assert_int_equal(judge(world, "a.b", &claims), CH_JWT_MALFORMED);
}

static void long_tokens_are_refused_but_long_documents_are_not(void **state)
{
    struct world *world = *state;
    char *long_text = ch_printf(world->arena, "%9000s", GOOD);
    char *token = ch_jws_sign(world->arena, world->key, "JWT", long_text, strlen(long_text));
    json_t *claims;
    uint8_t *payload;
    size_t size;
    assert_int_equal(judge(world, token, &claims), CH_JWT_MALFORMED);
    assert_int_equal(ch_jws_verify(world->arena, world->keys, token, "person", &payload, &size), CH_JWT_OK);
    assert_int_equal(size, 9000);
    assert_memory_equal(payload, long_text, size);
    assert_int_equal(ch_jws_verify(world->arena, world->keys, token, "receipt", &payload, &size), CH_JWT_UNKNOWN_KEY);
}

static enum ch_jwt_verdict judge_with_key(struct world *world, const char *use, int64_t from, int64_t until)
{
    json_t *claims;
    ch_keyset_clear(world->keys);
    if (use)
        ch_keyset_add(world->keys, world->public_key, use, from, until);
    return judge(world, ch_jws_sign(world->arena, world->key, "JWT", GOOD, strlen(GOOD)), &claims);
}

static void keys_hold_for_their_use_and_time(void **state)
{
    struct world *world = *state;
    uint8_t *payload;
    size_t size;
    assert_int_equal(judge_with_key(world, "person", 0, NOW + 1), CH_JWT_OK);
    assert_int_equal(judge_with_key(world, "person", NOW + 60, 0), CH_JWT_OK);
    assert_int_equal(judge_with_key(world, "person", NOW + 61, 0), CH_JWT_UNKNOWN_KEY);
    assert_int_equal(judge_with_key(world, "client", 0, 0), CH_JWT_UNKNOWN_KEY);
    assert_int_equal(judge_with_key(world, NULL, 0, 0), CH_JWT_UNKNOWN_KEY);
    assert_int_equal(judge_with_key(world, "person", 0, NOW), CH_JWT_UNKNOWN_KEY);
    /* A receipt stays good when its key has been retired. */
    const char *receipt = ch_jws_sign(world->arena, world->key, "JWT", "r", 1);
    assert_int_equal(ch_jws_verify(world->arena, world->keys, receipt, "person", &payload, &size), CH_JWT_OK);
}

static void jwks_lists_every_key_once(void **state)
{
    struct world *world = *state;
    ch_keyset_add(world->keys, world->public_key, "receipt", 0, 5);
    json_t *document = ch_json_own(world->arena, ch_keyset_jwks(world->keys));
    assert_string_equal(ch_json_canonical(world->arena, document, NULL),
                        "{\"keys\":[{\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"kid\":"
                        "\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\",\"kty\":\"OKP\",\"use\":\"sig\","
                        "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}");
    uint8_t other[32] = {0};
    ch_keyset_add(world->keys, other, "person", 0, 0);
    document = ch_json_own(world->arena, ch_keyset_jwks(world->keys));
    assert_int_equal(json_array_size(json_object_get(document, "keys")), 2);
}

/* Member ch_jwk_read complains of, NULL when it read the published key. */
static const char *fault_of(struct world *world, const char *text)
{
    uint8_t key[32];
    char kid[44];
    const char *pointer;
    json_t *jwk = text ? ch_json_own(world->arena, json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)) : NULL;
    const char *fault = ch_jwk_read(jwk, key, kid, &pointer);
    if (fault) {
        assert_true(strlen(fault) > 10);
        return pointer;
    }
    assert_memory_equal(key, world->public_key, 32);
    assert_string_equal(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    return NULL;
}

#define OKP    "\"kty\":\"OKP\",\"crv\":\"Ed25519\""
#define KEY_X  "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define KEY_ID "\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\""

static void public_keys_are_read(void **state)
{
    assert_null(fault_of(*state, "{" OKP "," KEY_X "}"));
    assert_null(
        fault_of(*state, "{" OKP "," KEY_X "," KEY_ID ",\"use\":\"sig\",\"alg\":\"EdDSA\",\"key_ops\":[\"verify\"]}"));
}

static void other_keys_are_refused_by_member(void **state)
{
    static const char *const WRONG[][2] = {
        {NULL, ""},
        {"[]", ""},
        {"{}", ""},
        {"{\"crv\":\"Ed25519\"," KEY_X "}", ""},
        {"{\"kty\":\"OKP\"," KEY_X "}", ""},
        {"{\"kty\":\"EC\",\"crv\":\"Ed25519\"," KEY_X "}", ""},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\"," KEY_X "}", ""},
        {"{\"kty\":7,\"crv\":\"Ed25519\"," KEY_X "}", ""},
        {"{" OKP "," KEY_X ",\"use\":\"enc\"}", ""},
        {"{" OKP "," KEY_X ",\"alg\":\"HS256\"}", ""},
        {"{" OKP "," KEY_X ",\"alg\":null}", ""},
        {"{" OKP "}", "/x"},
        {"{" OKP ",\"x\":7}", "/x"},
        {"{" OKP ",\"x\":\"AA\"}", "/x"},
        {"{" OKP ",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"}", "/x"},
        {"{" OKP ",\"x\":\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}", "/x"},
        {"{" OKP ",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR\\u0000\"}", "/x"},
        {"{" OKP "," KEY_X ",\"kid\":\"mine\"}", "/kid"},
        {"{" OKP "," KEY_X ",\"kid\":7}", "/kid"},
        {"{" OKP "," KEY_X ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}", "/d"},
        {"{\"d\":null}", "/d"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        const char *pointer = fault_of(*state, WRONG[i][0]);
        if (pointer == NULL || strcmp(pointer, WRONG[i][1]) != 0)
            fail_msg("%s: %s", WRONG[i][0], pointer ? pointer : "read");
    }
}

/* Remembering that a signature held makes no other token good, and nothing else about it is remembered. */
static void what_held_once_is_still_judged(void **state)
{
    struct world *world = *state;
    static const char text[] = "{\"iss\":\"me\",\"aud\":\"you\",\"exp\":1767225700}";
    json_t *claims = NULL;
    char *token = ch_jws_sign(world->arena, world->key, "JWT", text, sizeof text - 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(judge(world, token, &claims), CH_JWT_OK);
    for (size_t i = 0; token[i]; i++) {
        char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(judge(world, token, &claims), CH_JWT_OK);
        token[i] = was;
    }
    assert_int_equal(judge(world, token, &claims), CH_JWT_OK);
    assert_int_equal(ch_jwt_verify(world->arena, world->keys, token, "JWT", "person", "me", "you", NOW + 100, &claims),
                     CH_JWT_EXPIRED);
    assert_int_equal(ch_jwt_verify(world->arena, world->keys, token, "JWT", "person", "me", "them", NOW, &claims),
                     CH_JWT_WRONG_AUDIENCE);
    ch_keyset_clear(world->keys);
    assert_int_equal(judge(world, token, &claims), CH_JWT_UNKNOWN_KEY);
    ch_keyset_add(world->keys, world->public_key, "person", NOW - 1000, NOW - 1);
    assert_int_equal(judge(world, token, &claims), CH_JWT_UNKNOWN_KEY);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_held_once_is_still_judged),
        IN_WORLD(thumbprint_and_signature_are_the_published_ones),
        IN_WORLD(signed_claims_come_back),
        IN_WORLD(claims_are_judged),
        IN_WORLD(headers_are_judged),
        IN_WORLD(changed_tokens_are_refused),
        IN_WORLD(forged_signatures_are_told_from_shapeless_tokens),
        IN_WORLD(long_tokens_are_refused_but_long_documents_are_not),
        IN_WORLD(keys_hold_for_their_use_and_time),
        IN_WORLD(jwks_lists_every_key_once),
        IN_WORLD(public_keys_are_read),
        IN_WORLD(other_keys_are_refused_by_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
