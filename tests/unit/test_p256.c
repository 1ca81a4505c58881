/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* common/crypto_ecdh.c and sealing without a nonce, against published vectors: RFC 5903 section 8.1, RFC 6979 section
 * A.2.5, and the GCM specification's test case 14. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commonhold/crypto.h"

static void unhex(const char *hex, uint8_t *bytes, size_t size)
{
    assert_true(ch_unhex(hex, bytes, size));
}

static void both_sides_agree(void **state)
{
    (void)state;
    uint8_t i[32], r[32], gi[CH_P256_POINT], gr[CH_P256_POINT], point[CH_P256_POINT], z[32], expected[32];
    unhex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433", i, sizeof i);
    unhex("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53", r, sizeof r);
    unhex("04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
          "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
          gi, sizeof gi);
    unhex("04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
          "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
          gr, sizeof gr);
    unhex("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de", expected, sizeof expected);
    struct ch_p256_key *one = ch_p256_key_new(i), *other = ch_p256_key_new(r);
    ch_p256_key_public(one, point);
    assert_memory_equal(point, gi, sizeof gi);
    ch_p256_key_public(other, point);
    assert_memory_equal(point, gr, sizeof gr);
    assert_true(ch_p256_agree(one, gr, z));
    assert_memory_equal(z, expected, sizeof z);
    assert_true(ch_p256_agree(other, gi, z));
    assert_memory_equal(z, expected, sizeof z);
    gr[64] ^= 1;
    assert_false(ch_p256_agree(one, gr, z));
    ch_p256_key_free(one);
    ch_p256_key_free(other);
}

static void what_is_no_key_is_none(void **state)
{
    (void)state;
    static const char *const none[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                       "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
                                       "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    uint8_t bytes[32], point[CH_P256_POINT] = {0};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        unhex(none[i], bytes, sizeof bytes);
        assert_null(ch_p256_key_new(bytes));
    }
    unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", bytes, sizeof bytes);
    struct ch_p256_key *last = ch_p256_key_new(bytes);
    assert_non_null(last);
    assert_false(ch_p256_is_point(point));
    ch_p256_key_public(last, point);
    assert_true(ch_p256_is_point(point));
    point[0] = 6; /* the hybrid form of the same point */
    assert_false(ch_p256_is_point(point));
    ch_p256_key_free(last);
    ch_p256_draw(bytes);
    last = ch_p256_key_new(bytes);
    assert_non_null(last);
    ch_p256_key_free(last);
}

static void signatures(void **state)
{
    (void)state;
    uint8_t secret[32], point[CH_P256_POINT], expected[CH_P256_POINT], signature[64];
    unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", secret, sizeof secret);
    unhex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
          "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
          expected, sizeof expected);
    unhex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
          "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
          signature, sizeof signature);
    struct ch_p256_key *key = ch_p256_key_new(secret);
    ch_p256_key_public(key, point);
    assert_memory_equal(point, expected, sizeof point);
    assert_true(ch_p256_verify(point, "sample", 6, signature));
    assert_false(ch_p256_verify(point, "Sample", 6, signature));
    for (int round = 0; round < 50; round++) {
        ch_p256_sign(key, &round, sizeof round, signature);
        assert_true(ch_p256_verify(point, &round, sizeof round, signature));
        signature[round] ^= 1;
        assert_false(ch_p256_verify(point, &round, sizeof round, signature));
    }
    memset(signature, 0, sizeof signature);
    assert_false(ch_p256_verify(point, "sample", 6, signature));
    ch_p256_key_free(key);
}

static void sealing_once(void **state)
{
    (void)state;
    static const uint8_t key[32], plain[16];
    uint8_t sealed[16 + CH_SEAL_TAG], expected[sizeof sealed], back[16];
    unhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", expected, sizeof expected);
    ch_seal_once(key, NULL, 0, plain, sizeof plain, sealed);
    assert_memory_equal(sealed, expected, sizeof sealed);
    assert_true(ch_unseal_once(key, NULL, 0, sealed, sizeof plain, back));
    assert_memory_equal(back, plain, sizeof plain);
    assert_false(ch_unseal_once(key, "x", 1, sealed, sizeof plain, back));
    sealed[31] ^= 1;
    assert_false(ch_unseal_once(key, NULL, 0, sealed, sizeof plain, back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(what_is_no_key_is_none),
        cmocka_unit_test(signatures),
        cmocka_unit_test(sealing_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
