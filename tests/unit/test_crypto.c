/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of common/crypto_*.c against published vectors. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "commonhold/crypto.h"

static uint8_t *unhex(struct ch_arena *arena, const char *hex)
{
    uint8_t *bytes = ch_alloc(arena, strlen(hex) / 2);
    assert_true(ch_unhex(hex, bytes, strlen(hex) / 2));
    return bytes;
}

static void assert_hex(const void *bytes, size_t size, const char *expected)
{
    char hex[256];
    assert_true(size < sizeof hex / 2);
    ch_hex(bytes, size, hex);
    assert_string_equal(hex, expected);
}

static void hex_is_lower_case_and_exact(void **state)
{
    (void)state;
    uint8_t bytes[2];
    assert_true(ch_unhex("0aff", bytes, 2));
    assert_int_equal(bytes[0], 0x0A);
    assert_int_equal(bytes[1], 0xFF);
    assert_false(ch_unhex("0aFf", bytes, 2));
    assert_false(ch_unhex("0aff0", bytes, 2));
    assert_false(ch_unhex("0af", bytes, 2));
    assert_false(ch_unhex("", bytes, 2));
    assert_false(ch_unhex("0a g", bytes, 2));
    assert_true(ch_unhex("", bytes, 0));
}

/* RFC 4648, section 10. */
static void base64_has_the_published_texts(void **state)
{
    static const char *const texts[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t i = 0; i <= 6; i++) {
        uint8_t bytes[8];
        size_t size;
        assert_string_equal(ch_base64(*state, "foobar", i), texts[i]);
        assert_true(ch_unbase64(texts[i], strlen(texts[i]), bytes, i, &size));
        assert_int_equal(size, i);
        assert_memory_equal(bytes, "foobar", i);
        if (i > 0)
            assert_false(ch_unbase64(texts[i], strlen(texts[i]), bytes, i - 1, &size));
        size_t bare = strcspn(texts[i], "=");
        assert_string_equal(ch_base64url(*state, "foobar", i), ch_memdup(*state, texts[i], bare));
        assert_true(ch_unbase64url(texts[i], bare, bytes, i, &size));
        assert_int_equal(size, i);
    }
    assert_string_equal(ch_base64(*state, "\xFB\xEF\xBF", 3), "+++/");
}

static void base64_is_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"Zg",       "Zg=",  "Zg===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",    "Zm 9v",
                                      "Zg==Zg==", "A===", "====",  "=",    "Z=g=", "Zm-_",   "AAAA====", "AAAAA"};
    static const char *const bad_url[] = {"Zg==", "Zh", "Zm9", "A", "Zm+/", "Zm9v=", "Zm9v\n", "AAAAA"};
    uint8_t bytes[16];
    size_t size;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ch_unbase64(bad[i], strlen(bad[i]), bytes, sizeof bytes, &size))
            fail_msg("base64 accepted: %s", bad[i]);
    for (size_t i = 0; i < sizeof bad_url / sizeof *bad_url; i++)
        if (ch_unbase64url(bad_url[i], strlen(bad_url[i]), bytes, sizeof bytes, &size))
            fail_msg("base64url accepted: %s", bad_url[i]);
    assert_true(ch_unbase64url("Zm-_", 4, bytes, sizeof bytes, &size));
    assert_true(ch_unbase64("Zm+/", 4, bytes, sizeof bytes, &size));
}

static void sha256_in_one_call_and_in_pieces(void **state)
{
    (void)state;
    char hex[65];
    uint8_t digest[32];
    ch_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ch_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct ch_sha256 *hash = ch_sha256_begin();
    ch_sha256_add(hash, "a", 1);
    ch_sha256_add(hash, "", 0);
    ch_sha256_add(hash, "bc", 2);
    ch_sha256_next(hash, digest);
    assert_hex(digest, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ch_sha256_next(hash, digest); /* nothing is left of the text before */
    assert_hex(digest, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ch_sha256_add(hash, "abc", 3);
    ch_sha256_end(hash, digest);
    assert_hex(digest, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231, test cases 2 and 6. */
static void hmac_has_the_published_values(void **state)
{
    (void)state;
    uint8_t mac[32], key[131];
    ch_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
    assert_hex(mac, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xAA, sizeof key);
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    ch_hmac_sha256(key, sizeof key, text, strlen(text), mac);
    assert_hex(mac, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    ch_hmac_sha256(NULL, 0, "", 0, mac);
    assert_hex(mac, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869, appendices A.1 and A.3. */
static void hkdf_has_the_published_values(void **state)
{
    uint8_t secret[22], out[42];
    memset(secret, 0x0B, sizeof secret);
    const uint8_t *salt = unhex(*state, "000102030405060708090a0b0c");
    ch_hkdf_sha256(secret, 22, salt, 13, "\xF0\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8\xF9", out, 42);
    assert_hex(out, 42, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    ch_hkdf_sha256(secret, 22, NULL, 0, "", out, 42);
    assert_hex(out, 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void passwords_verify_and_nothing_else_does(void **state)
{
    const char *first = ch_password_hash(*state, "open sesame"), *second = ch_password_hash(*state, "open sesame");
    assert_int_equal(strncmp(first, "scrypt$15$8$1$", 14), 0);
    assert_int_equal(strlen(first), 14 + 24 + 1 + 44);
    assert_string_not_equal(first, second);
    assert_true(ch_password_verify("open sesame", first));
    assert_false(ch_password_verify("open sesame ", first));
    assert_false(ch_password_verify("", first));
    assert_false(ch_password_verify("open sesame", NULL));
}

/* RFC 7914, section 12: the third vector, whose first 32 bytes do not depend on the length asked for. */
static void scrypt_has_the_published_values(void **state)
{
    const char *hash =
        ch_base64(*state, unhex(*state, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"), 32);
    const char *salt = ch_base64(*state, "SodiumChloride", 14);
    assert_true(ch_password_verify("pleaseletmein", ch_printf(*state, "scrypt$14$8$1$%s$%s", salt, hash)));
    assert_false(ch_password_verify("pleaseletmeout", ch_printf(*state, "scrypt$14$8$1$%s$%s", salt, hash)));
    assert_false(ch_password_verify("pleaseletmein", ch_printf(*state, "scrypt$13$8$1$%s$%s", salt, hash)));
}

static void damaged_password_rows_verify_nothing(void **state)
{
    const char *hash =
        ch_base64(*state, unhex(*state, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"), 32);
    const char *rows[] = {
        "",
        "scrypt$15$8$1$",
        "scrypt$15$8$1$AAAA",
        "scrypt$15$8$1$AAAA$AAAA",
        ch_printf(*state, "scrypt$30$8$1$AAAA$%s", hash),
        ch_printf(*state, "scrypt$16$1$1$AAAA$%s", hash),
        ch_printf(*state, "scrypt$15$8$0$AAAA$%s", hash),
        ch_printf(*state, "bcrypt$15$8$1$AAAA$%s", hash),
        ch_printf(*state, "scrypt$15$8$1$AAA$%s", hash),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_false(ch_password_verify("x", rows[i]));
}

/* The Galois/Counter Mode of Operation (McGrew, Viega), test case 14. */
static void unsealing_knows_the_published_text(void **state)
{
    uint8_t key[32] = {0};
    size_t size;
    uint8_t *sealed =
        unhex(*state, "000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    const uint8_t *plain = ch_unseal(*state, key, NULL, 0, sealed, 44, &size);
    assert_non_null(plain);
    assert_int_equal(size, 16);
    assert_hex(plain, 16, "00000000000000000000000000000000");
    assert_null(ch_unseal(*state, key, "x", 1, sealed, 44, &size));
    sealed[43] ^= 1;
    assert_null(ch_unseal(*state, key, NULL, 0, sealed, 44, &size));
}

static void sealed_texts_open_only_whole(void **state)
{
    uint8_t key[32];
    size_t size, back;
    ch_random(key, sizeof key);
    for (size_t length = 0; length <= 33; length += 11) {
        uint8_t *sealed = ch_seal(*state, key, "row 7", 5, "a secret of thirty-three letters.", length, &size);
        assert_int_equal(size, length + 28);
        const uint8_t *plain = ch_unseal(*state, key, "row 7", 5, sealed, size, &back);
        assert_non_null(plain);
        assert_int_equal(back, length);
        assert_memory_equal(plain, "a secret of thirty-three letters.", length);
        assert_null(ch_unseal(*state, key, "row 8", 5, sealed, size, &back));
        assert_null(ch_unseal(*state, key, "row 7", 5, sealed, size - 1, &back));
        for (size_t i = 0; i < size; i++) {
            sealed[i] ^= 0x10;
            assert_null(ch_unseal(*state, key, "row 7", 5, sealed, size, &back));
            sealed[i] ^= 0x10;
        }
    }
    assert_null(ch_unseal(*state, key, NULL, 0, "short", 5, &back));
}

/* RFC 3394, section 4.6. */
static void key_wrap_has_the_published_values(void **state)
{
    const uint8_t *kek = unhex(*state, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const uint8_t *key = unhex(*state, "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
    uint8_t wrapped[40], back[32];
    ch_key_wrap(kek, key, wrapped);
    assert_hex(wrapped, 40, "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
    assert_true(ch_key_unwrap(kek, wrapped, back));
    assert_memory_equal(back, key, 32);
    for (size_t i = 0; i < 40; i++) {
        wrapped[i] ^= 1;
        assert_false(ch_key_unwrap(kek, wrapped, back));
        wrapped[i] ^= 1;
    }
}

/* FIPS 197, appendix C.3. */
static void blocks_have_the_published_values(void **state)
{
    const uint8_t *key = unhex(*state, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const char *in = "00112233445566778899aabbccddeeff", *out = "8ea2b7ca516745bfeafc49904b496089";
    uint8_t *blocks = unhex(*state, ch_printf(*state, "%s%s", in, in)), other[32];
    ch_aes256_blocks(key, blocks, other, 2);
    assert_hex(other, 32, ch_printf(*state, "%s%s", out, out));
    ch_aes256_blocks(key, blocks, blocks, 2);
    assert_memory_equal(blocks, other, 32);
    ch_aes256_blocks(key, blocks, blocks, 0);
}

/* RFC 8032, section 7.1, tests 1 and 2. */
static void signatures_have_the_published_values(void **state)
{
    static const char *const rows[][4] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bb"
         "e24"
         "655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302"
         "aee"
         "b00d291612bb0c00"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct ch_signing_key *key = ch_signing_key_new(unhex(*state, rows[i][0]));
        const uint8_t *text = unhex(*state, rows[i][2]);
        size_t size = strlen(rows[i][2]) / 2;
        uint8_t public_key[32], signature[64];
        ch_signing_key_public(key, public_key);
        assert_hex(public_key, 32, rows[i][1]);
        ch_sign(key, text, size, signature);
        assert_hex(signature, 64, rows[i][3]);
        assert_true(ch_verify(public_key, text, size, signature));
        assert_false(ch_verify(public_key, "more", 4, signature));
        signature[40] ^= 1;
        assert_false(ch_verify(public_key, text, size, signature));
        ch_signing_key_free(key);
    }
    ch_signing_key_free(NULL);
}

/* Points for which R = 1, S = 0 is a signature of whatever one likes, and points written a second way. */
static void weak_keys_are_known(void **state)
{
    static const char *const WEAK[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                       "0100000000000000000000000000000000000000000000000000000000000000",
                                       "0100000000000000000000000000000000000000000000000000000000000080",
                                       "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                       "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                                       "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                                       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                       "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
    static const uint8_t FORGED[64] = {1};
    for (size_t i = 0; i < sizeof WEAK / sizeof *WEAK; i++) {
        const uint8_t *key = unhex(*state, WEAK[i]);
        assert_true(ch_public_key_is_weak(key));
        for (uint8_t text = 0; text < 64; text++)
            assert_false(ch_verify(key, &text, 1, FORGED));
    }
    assert_false(
        ch_public_key_is_weak(unhex(*state, "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
    assert_false(
        ch_public_key_is_weak(unhex(*state, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")));
}

/* A log's verifier key as in C2SP signed-note: name, first 4 bytes of SHA-256(name LF 0x01 key), base64(0x01 key). */
static void a_seed_gives_the_known_verifier_key(void **state)
{
    static const char name[] = "coop.example/ledger";
    uint8_t seed[32], tagged[33] = {1}, digest[32];
    char id[9];
    ch_sha256("coop test log key 1", 19, seed);
    struct ch_signing_key *key = ch_signing_key_new(seed);
    ch_signing_key_public(key, tagged + 1);
    struct ch_sha256 *hash = ch_sha256_begin();
    ch_sha256_add(hash, name, strlen(name));
    ch_sha256_add(hash, "\n", 1);
    ch_sha256_add(hash, tagged, 33);
    ch_sha256_end(hash, digest);
    ch_hex(digest, 4, id);
    assert_string_equal(ch_printf(*state, "%s+%s+%s", name, id, ch_base64(*state, tagged, 33)),
                        "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4");
    ch_signing_key_free(key);
}

static void put_file(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void key_files_are_made_once_and_read_back(void **state)
{
    (void)state;
    char folder[] = "/tmp/commonhold-test-XXXXXX", path[64], error[256];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    assert_null(ch_signing_key_load(path, error, sizeof error));
    assert_non_null(strstr(error, "No such file"));
    assert_true(ch_signing_key_create(path, error, sizeof error));
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0400);
    assert_int_equal(facts.st_size, 45);
    assert_false(ch_signing_key_create(path, error, sizeof error));
    assert_non_null(strstr(error, "exists"));
    struct ch_signing_key *key = ch_signing_key_load(path, error, sizeof error);
    assert_non_null(key);
    ch_signing_key_free(key);
    unlink(path);
    rmdir(folder);
}

static void doubtful_key_files_are_refused(void **state)
{
    (void)state;
    static const char good[] = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n";
    static const char *const bad[] = {"", "short\n", "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\r\n",
                                      "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n\n",
                                      "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n"};
    char folder[] = "/tmp/commonhold-test-XXXXXX", path[64], error[256];
    uint8_t public_key[32];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    put_file(path, good, 0400);
    struct ch_signing_key *key = ch_signing_key_load(path, error, sizeof error);
    assert_non_null(key);
    ch_signing_key_public(key, public_key);
    assert_hex(public_key, 32, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    ch_signing_key_free(key);
    put_file(path, good, 0440);
    assert_null(ch_signing_key_load(path, error, sizeof error));
    assert_non_null(strstr(error, "0400"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_file(path, bad[i], 0400);
        assert_null(ch_signing_key_load(path, error, sizeof error));
    }
    unlink(path);
    assert_null(ch_signing_key_load(folder, error, sizeof error));
    rmdir(folder);
}

static void random_bytes_and_comparison(void **state)
{
    (void)state;
    uint8_t a[64] = {0}, b[64] = {0};
    assert_true(ch_equal_constant_time(a, b, 64));
    ch_random(a, sizeof a);
    ch_random(b, sizeof b);
    assert_false(ch_equal_constant_time(a, b, 64));
    memcpy(b, a, 63);
    b[63] = (uint8_t)(a[63] ^ 1);
    assert_true(ch_equal_constant_time(a, b, 63));
    assert_false(ch_equal_constant_time(a, b, 64));
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ARENA(hex_is_lower_case_and_exact),
        IN_ARENA(base64_has_the_published_texts),
        IN_ARENA(base64_is_read_strictly),
        IN_ARENA(sha256_in_one_call_and_in_pieces),
        IN_ARENA(hmac_has_the_published_values),
        IN_ARENA(hkdf_has_the_published_values),
        IN_ARENA(passwords_verify_and_nothing_else_does),
        IN_ARENA(scrypt_has_the_published_values),
        IN_ARENA(damaged_password_rows_verify_nothing),
        IN_ARENA(unsealing_knows_the_published_text),
        IN_ARENA(sealed_texts_open_only_whole),
        IN_ARENA(key_wrap_has_the_published_values),
        IN_ARENA(blocks_have_the_published_values),
        IN_ARENA(signatures_have_the_published_values),
        IN_ARENA(weak_keys_are_known),
        IN_ARENA(a_seed_gives_the_known_verifier_key),
        IN_ARENA(key_files_are_made_once_and_read_back),
        IN_ARENA(doubtful_key_files_are_refused),
        IN_ARENA(random_bytes_and_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
