/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of common/id.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"

static void new_ids_are_uuid7_and_rise(void **state)
{
    (void)state;
    char last[37] = "", text[37];
    uint8_t bytes[16];
    for (int i = 0; i < 20000; i++) {
        ch_id_new(text);
        assert_true(strcmp(last, text) < 0);
        assert_true(ch_id_parse(text, bytes));
        assert_int_equal(bytes[6] >> 4, 7);
        assert_int_equal(bytes[8] >> 6, 2);
        memcpy(last, text, sizeof last);
    }
    int64_t ms = 0, now = (int64_t)time(NULL) * 1000;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | bytes[i];
    assert_in_range(ms, now - 5000, now + 5000);
}

static void only_canonical_text_is_parsed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "01890a5d-ac96-774b-bcce-b302099a805",
        "01890a5d-ac96-774b-bcce-b302099a80577",
        "01890A5D-ac96-774b-bcce-b302099a8057",
        "01890a5dac96-774b-bcce-b302099a8057-",
        "{1890a5d-ac96-774b-bcce-b302099a8057",
        "01890a5d-ac96-774b-bcce-b302099a805g",
        "01890a5d-ac96-774b-bcce-b302099a805 ",
        "01890a5d--c96-774b-bcce-b302099a8057",
    };
    uint8_t bytes[16];
    char text[37];
    assert_true(ch_id_parse("01890a5d-ac96-774b-bcce-b302099a8057", bytes));
    assert_int_equal(bytes[0], 1);
    assert_int_equal(bytes[15], 0x57);
    ch_id_format(bytes, text);
    assert_string_equal(text, "01890a5d-ac96-774b-bcce-b302099a8057");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ch_id_parse(bad[i], bytes));
    assert_false(ch_id_parse(NULL, bytes));
}

static void base32_is_crockfords_with_zero_bits_in_front(void **state)
{
    (void)state;
    uint8_t digest[32], ones[16], mixed[16];
    char text[32];
    ch_sha256("abc", 3, digest);
    ch_base32(digest, 100, text);
    assert_string_equal(text, "Q9W1DFWF077YMGA183F5");
    memset(ones, 0xFF, sizeof ones);
    ch_base32(ones, 64, text);
    assert_string_equal(text, "FZZZZZZZZZZZZ");
    ch_base32(ones, 128, text);
    assert_string_equal(text, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    ch_base32(ones, 0, text);
    assert_string_equal(text, "");
    for (size_t i = 0; i < 16; i++)
        mixed[i] = (uint8_t)i;
    ch_base32_lower(mixed, 128, text);
    assert_string_equal(text, "00041061050r3gg28a1c60t3gf");
}

/* Against arithmetic: the number divided by 32 again and again. */
static void base32_is_the_big_endian_number(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t number = i * UINT64_C(0x9E3779B97F4A7C15);
        uint8_t bytes[8];
        char expected[14] = "", text[14];
        for (int j = 0; j < 8; j++)
            bytes[j] = (uint8_t)(number >> (56 - 8 * j));
        for (int j = 12; j >= 0; j--, number /= 32)
            expected[j] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number % 32];
        ch_base32(bytes, 64, text);
        assert_string_equal(text, expected);
    }
}

/* RFC 9562, appendix A.4. */
static void a_named_id_is_the_standards(void **state)
{
    (void)state;
    static const uint8_t dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                    0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    char text[37];
    ch_id_v5(dns, "www.example.com", text);
    assert_string_equal(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_ids_are_uuid7_and_rise),
        cmocka_unit_test(only_canonical_text_is_parsed),
        cmocka_unit_test(base32_is_crockfords_with_zero_bits_in_front),
        cmocka_unit_test(base32_is_the_big_endian_number),
        cmocka_unit_test(a_named_id_is_the_standards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
