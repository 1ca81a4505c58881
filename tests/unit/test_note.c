/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts of the log against the vectors of its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/log/core/merkle.h"
#include "../../services/log/core/note.h"
#include "arena.h"
#include "commonhold/json.h"

static struct ch_arena *arena;

static int open_arena(void **state)
{
    make_arena(state);
    arena = *state;
    return 0;
}

static struct ch_signing_key *test_key(uint8_t public_key[32])
{
    static const char seed_text[] = "coop test log key 1";
    uint8_t seed[32];
    ch_sha256(seed_text, strlen(seed_text), seed);
    struct ch_signing_key *key = ch_signing_key_new(seed);
    ch_signing_key_public(key, public_key);
    return key;
}

static void vkey_and_signature_are_those_of_the_specification(void **state)
{
    (void)state;
    uint8_t public_key[32], root[32];
    struct ch_signing_key *key = test_key(public_key);
    assert_string_equal(note_vkey(arena, "coop.example/ledger", public_key),
                        "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4");
    ch_unhex("0b007fb915eb9b2a146f54b1c86ec53b664f8e455b7660b0b6ee13edc0d921c0", root, 32);
    const char *body = note_checkpoint_body(arena, "coop.example/ledger", 7, root);
    assert_string_equal(note_signature(arena, "coop.example/ledger", key, body),
                        "\xe2\x80\x94 coop.example/ledger YKxM0RX4h3dIVSxAxE3DoUadVPNUkyFBIocMtihVL6BTmIFQ+"
                        "ryb9R2ZbIdo66MLJlX8OXyyDEsmXmOoaEf9++2sEgg=\n");
    uint64_t size;
    uint8_t read[32];
    assert_true(note_read_checkpoint(body, "coop.example/ledger", &size, read));
    assert_int_equal(size, 7);
    assert_memory_equal(read, root, 32);
    assert_false(note_read_checkpoint(body, "coop.example/ledge", &size, read));
    assert_false(note_read_checkpoint("coop.example/ledger\n07\n", "coop.example/ledger", &size, read));
    ch_signing_key_free(key);
}

static json_t *leaf(const char *text)
{
    struct ch_json_error error;
    json_t *value = ch_json_parse(arena, text, strlen(text), &CH_JSON_BODY, &error);
    assert_non_null(value);
    return value;
}

static void the_entry_is_that_of_the_specification(void **state)
{
    (void)state;
    char why[160];
    size_t size;
    const char *entry = note_entry(
        arena,
        leaf("{\"type\":\"run_result\",\"id\":\"run-2026-01\",\"sha256\":"
             "\"d80eedc171d72d5ed918f10539322241bfa4321ab8726997916fb90eb12f3217\",\"at\":\"2026-02-03T04:05:06Z\","
             "\"body\":{\"pot\":100000,\"count\":3,\"currency\":\"EUR\",\"total\":69826,\"numbered_size\":7,\"lines_"
             "root\":"
             "\"3acdf057534cb74c96a0b354cbd9b8328e6aca6062cd8f3d2fe506e9fe4e88f0\"}}"),
        -1, &size, why);
    assert_non_null(entry);
    assert_string_equal(
        entry,
        "{\"at\":\"2026-02-03T04:05:06Z\",\"body\":{\"count\":3,\"currency\":\"EUR\",\"lines_root\":"
        "\"3acdf057534cb74c96a0b354cbd9b8328e6aca6062cd8f3d2fe506e9fe4e88f0\",\"numbered_size\":7,\"pot\":100000,"
        "\"total\":69826},\"id\":\"run-2026-01\",\"prev\":-1,\"sha256\":"
        "\"d80eedc171d72d5ed918f10539322241bfa4321ab8726997916fb90eb12f3217\",\"type\":\"run_result\",\"v\":1}");
    uint8_t hash[32];
    char hex[65];
    merkle_leaf(entry, size, hash);
    ch_hex(hash, 32, hex);
    assert_string_equal(hex, "039f4fc5a2676ccb0cd42c69a57ac46bb3f9af164503b77000b476534c51f5e0");
}

static void entries_that_must_not_be_are_refused(void **state)
{
    (void)state;
    char why[160];
    size_t size;
    assert_null(note_entry(
        arena, leaf("{\"type\":\"t\",\"id\":\"\\u00e9\",\"sha256\":\"\",\"at\":\"2026-02-03T04:05:06Z\",\"body\":{}}"),
        -1, &size, why));
    assert_string_equal(why, "it holds a string that is not printable ASCII");
    assert_null(note_entry(arena,
                           leaf("{\"type\":\"t\",\"id\":\"i\",\"sha256\":\"\",\"at\":\"2026-02-03\",\"body\":{}}"), -1,
                           &size, why));
    char *long_text = ch_alloc(arena, NOTE_ENTRY_MAX + 1);
    memset(long_text, 'a', NOTE_ENTRY_MAX);
    json_t *too_long =
        leaf("{\"type\":\"t\",\"id\":\"i\",\"sha256\":\"\",\"at\":\"2026-02-03T04:05:06Z\",\"body\":{}}");
    json_object_set_new(too_long, "id", json_string(long_text));
    assert_null(note_entry(arena, too_long, -1, &size, why));
}

static void tile_paths(void **state)
{
    (void)state;
    uint64_t number;
    unsigned width;
    assert_true(note_read_tile_path("x001/x234/067", &number, &width));
    assert_int_equal(number, 1234067);
    assert_int_equal(width, 256);
    assert_true(note_read_tile_path("000.p/8", &number, &width));
    assert_int_equal(number, 0);
    assert_int_equal(width, 8);
    static const char *const bad[] = {"",        "0",        "0000",    "x001",     "x000/001",
                                      "001/002", "x01/002",  "000.p/0", "000.p/08", "000.p/256",
                                      "000.p/",  "000.p/1x", "000/",    "-01",      "000.p"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(note_read_tile_path(bad[i], &number, &width));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vkey_and_signature_are_those_of_the_specification),
        cmocka_unit_test(the_entry_is_that_of_the_specification),
        cmocka_unit_test(entries_that_must_not_be_are_refused),
        cmocka_unit_test(tile_paths),
    };
    return cmocka_run_group_tests_name("note", tests, open_arena, free_arena);
}
