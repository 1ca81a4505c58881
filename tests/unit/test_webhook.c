/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* services/licensing/core/webhook.c: the published vectors of Standard Webhooks, vectors computed by another program
 * from its text, both forms of Retry-After, and the whole schedule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../services/licensing/core/webhook.h"
#include "arena.h"
#include "commonhold/crypto.h"

static struct webhook_key key_of(enum webhook_scheme scheme, const char *base64)
{
    struct webhook_key key = {.scheme = scheme};
    assert_true(ch_unbase64(base64, strlen(base64), key.bytes, sizeof key.bytes, &key.size));
    return key;
}

static void test_published_vectors(void **state)
{
    static const char body[] = "{\"test\": 2432232314}";
    const struct webhook_key keys[] = {key_of(WEBHOOK_V1, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                       key_of(WEBHOOK_V1A, "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=")};
    static const char hmac[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    static const char ed25519[] =
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";
    char both[256];
    snprintf(both, sizeof both, "%s %s", hmac, ed25519);
    const char *id = "msg_p5jXN8AQM9LWM0D4loKWxJek", *at = "1614265330";
    assert_string_equal(webhook_signature(*state, id, at, body, strlen(body), &keys[0], 1), hmac);
    assert_string_equal(webhook_signature(*state, id, at, body, strlen(body), &keys[1], 1), ed25519);
    assert_string_equal(webhook_signature(*state, id, at, body, strlen(body), keys, 2), both);
    assert_string_not_equal(webhook_signature(*state, id, "1614265331", body, strlen(body), &keys[0], 1), hmac);
    assert_string_not_equal(webhook_signature(*state, id, at, body, strlen(body) - 1, &keys[0], 1), hmac);
}

/* Keys of 32 bytes, a UUIDv7 and a body as they are sent; by Python's hmac and cryptography modules. */
static void test_our_vectors(void **state)
{
    static const char body[] = "{\"type\":\"grant.activated\",\"timestamp\":\"2026-03-01T12:00:00Z\","
                               "\"data\":{\"grant_id\":\"0195502f-6d00-7a3c-8f00-0123456789ab\"}}";
    struct webhook_key hmac = {.scheme = WEBHOOK_V1, .size = 32}, ed = {.scheme = WEBHOOK_V1A, .size = 32};
    for (uint8_t i = 0; i < 32; i++) {
        hmac.bytes[i] = i;
        ed.bytes[i] = (uint8_t)(255 - i);
    }
    assert_string_equal(webhook_key_text(*state, &hmac), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    assert_string_equal(webhook_key_text(*state, &ed), "whpk_uvxxvq06xeS2PpyCFu5xo0quxlci7tvKcotOmzzM45Y=");
    const struct webhook_key keys[] = {hmac, ed};
    assert_string_equal(
        webhook_signature(*state, "0195502f-6d01-7a3c-8f00-0123456789ab", "1772366400", body, strlen(body), keys, 2),
        "v1,AAybKIVOnAuTOohapMhDZl6lFEXxdD3jcnyaQKMLbh0= "
        "v1a,JBQGcESZwR5/SSGl3NlNoG3ACH+Yy0bWJm5TOB1LihkNVlzB4+pVrvAuF641XAxXqPHAUyNQIWvCbZej5kb8DA==");
}

static void test_scheme_names(void **state)
{
    (void)state;
    enum webhook_scheme scheme;
    assert_true(webhook_scheme_of("v1", &scheme) && scheme == WEBHOOK_V1);
    assert_true(webhook_scheme_of("v1a", &scheme) && scheme == WEBHOOK_V1A);
    assert_false(webhook_scheme_of("v2", &scheme));
    assert_false(webhook_scheme_of("", &scheme));
}

static void test_verdicts(void **state)
{
    (void)state;
    static const int failed[] = {0,   100, 101, 199, 300, 301, 302, 304, 307,
                                 400, 401, 404, 409, 411, 429, 500, 502, 599};
    for (int status = 200; status <= 299; status++)
        assert_int_equal(webhook_judge(status), WEBHOOK_DELIVERED);
    for (size_t i = 0; i < sizeof failed / sizeof *failed; i++)
        assert_int_equal(webhook_judge(failed[i]), WEBHOOK_FAILED);
    assert_int_equal(webhook_judge(410), WEBHOOK_GONE);
}

static void test_retry_after(void **state)
{
    (void)state;
    const int64_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *header;
        int64_t seconds;
    } cases[] = {{NULL, -1},
                 {"", -1},
                 {"soon", -1},
                 {"-5", -1},
                 {"+5", -1},
                 {"1.5", -1},
                 {"5 s", -1},
                 {"0x10", -1},
                 {"0", 0},
                 {"7", 7},
                 {"7 ", 7},
                 {"86400", 86400},
                 {"86401", 86400},
                 {"99999999999999999999999", 86400},
                 {"Sun, 06 Nov 1994 08:50:37 GMT", 60},
                 {"Sunday, 06-Nov-94 08:50:37 GMT", 60},
                 {"Sun Nov  6 08:50:37 1994", 60},
                 {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
                 {"Sat, 05 Nov 1994 08:49:37 GMT", 0},
                 {"Sun, 06 Nov 2094 08:49:37 GMT", 86400},
                 {"Sun, 06 Nov 1994 08:50:37 CET", -1},
                 {"Sun, 06 Nov 1994", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (webhook_retry_after(cases[i].header, now) != cases[i].seconds)
            fail_msg("%s gives %lld", cases[i].header, (long long)webhook_retry_after(cases[i].header, now));
}

static void test_schedule(void **state)
{
    (void)state;
    static const int64_t seconds[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    int64_t ms;
    for (int attempt = 1; attempt <= 9; attempt++) {
        int64_t base = seconds[attempt - 1] * 1000, most = 0, chance = 1;
        assert_true(webhook_next_ms(attempt, 0, -1, 1000000, &ms));
        assert_int_equal(ms, base);
        assert_true(webhook_next_ms(attempt, (uint32_t)(base / 5), -1, 1000000, &ms));
        assert_int_equal(ms, base + base / 5);
        for (int i = 0; i < 1000; i++, chance = chance * 48271 % 4294967291) {
            assert_true(webhook_next_ms(attempt, (uint32_t)chance, -1, 1000000, &ms));
            assert_in_range(ms, base, base + base / 5);
            most = ms > most ? ms : most;
        }
        assert_true(most > base + base / 10);
    }
    assert_false(webhook_next_ms(10, 0, -1, 1000000, &ms));
    assert_false(webhook_next_ms(0, 0, -1, 1000000, &ms));
}

static void test_retry_after_moves_the_schedule(void **state)
{
    (void)state;
    int64_t ms;
    assert_true(webhook_next_ms(1, 0, 60, 1000000, &ms));
    assert_int_equal(ms, 60000);
    assert_true(webhook_next_ms(3, 0, 60, 1000000, &ms));
    assert_int_equal(ms, 1800000);
    assert_true(webhook_next_ms(1, 0, webhook_retry_after("999999", 0), 1000000, &ms));
    assert_int_equal(ms, 86400000);
    assert_true(webhook_next_ms(2, 0, -1, 1000, &ms));
    assert_int_equal(ms, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_published_vectors),
                                       cmocka_unit_test(test_our_vectors),
                                       cmocka_unit_test(test_scheme_names),
                                       cmocka_unit_test(test_verdicts),
                                       cmocka_unit_test(test_retry_after),
                                       cmocka_unit_test(test_schedule),
                                       cmocka_unit_test(test_retry_after_moves_the_schedule)};
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
