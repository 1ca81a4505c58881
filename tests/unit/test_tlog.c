/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading checkpoints, cosignatures and proof files: the vectors of audit.md, section 12, and every doubt of its
 * section 9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "tlog_texts.h"

static struct ch_arena *arena;

static int open_arena(void **state)
{
    make_arena(state);
    arena = *state;
    return 0;
}

static void keys_are_those_of_the_specification(void **state)
{
    (void)state;
    const struct ch_vkey log = read_vkey(LOG_VKEY), witness = read_vkey(WITNESS_VKEY);
    assert_int_equal(log.type, CH_VKEY_LOG);
    assert_int_equal(witness.type, CH_VKEY_WITNESS);
    assert_string_equal(log.name, ORIGIN);
    assert_string_equal(ch_vkey_text(arena, &log), LOG_VKEY);
    assert_string_equal(ch_vkey_text(arena, &witness), WITNESS_VKEY);
    struct ch_vkey made;
    assert_null(ch_vkey_make(WITNESS_NAME, CH_VKEY_WITNESS, witness.key, &made));
    assert_memory_equal(made.id, witness.id, 4);
    assert_non_null(ch_vkey_make("two words", CH_VKEY_LOG, log.key, &made));
    assert_non_null(ch_vkey_make("a+b", CH_VKEY_LOG, log.key, &made));
    assert_non_null(ch_vkey_make("", CH_VKEY_LOG, log.key, &made));
}

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "coop.example/ledger",
        "coop.example/ledger+60ac4cd1",
        "coop.example/ledger+60ac4cd1+",
        "coop.example/ledger+60AC4CD1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4",
        "coop.example/ledger+60ac4cd2+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4",  /* another id */
        "coop.example/Ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4",  /* another name */
        "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif-tQlVktE4",  /* another alphabet */
        "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4 ", /* bytes behind it */
        "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4=",
        "coop.example/ledger+60ac4cd1+AkN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4", /* type 2 */
        "coop.example/ledger+60ac4cd1+Q3YMgI4YVBsdSYLqYO2WDpu1N3pG8pyKJ/61CVWS0Tg=", /* no type */
        "+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4",
        "coop example+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4"};
    struct ch_vkey key;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(ch_vkey_read(bad[i], strlen(bad[i]), &key));
}

static void checkpoint_and_cosignature_are_those_of_the_specification(void **state)
{
    (void)state;
    const char *text = ch_printf(arena, "%s%s", checkpoint_of(arena, 7), WITNESS_LINE);
    const struct ch_vkey log = read_vkey(LOG_VKEY), witness = read_vkey(WITNESS_VKEY);
    struct ch_checkpoint checkpoint;
    struct ch_signature found;
    assert_null(ch_checkpoint_read(text, strlen(text), &checkpoint));
    assert_string_equal(checkpoint.origin, ORIGIN);
    assert_int_equal(checkpoint.size, 7);
    assert_int_equal(ch_checkpoint_signed(&checkpoint, &log, &found), CH_SIGNED_WELL);
    assert_memory_equal(found.line, LOG_LINE, found.length);
    assert_int_equal(ch_checkpoint_signed(&checkpoint, &witness, &found), CH_SIGNED_WELL);
    assert_memory_equal(found.line, WITNESS_LINE, found.length);
    assert_int_equal(found.time, WITNESS_TIME);
}

static void a_witness_makes_the_cosignature_of_the_specification(void **state)
{
    (void)state;
    const char *text = checkpoint_of(arena, 7), *line;
    struct ch_signing_key *key = seeded_key("coop test witness key 1");
    const struct ch_vkey own = read_vkey(WITNESS_VKEY);
    char error[200];
    const char *file = "log " LOG_VKEY "\nquorum none\n";
    const struct ch_tlog_policy *policy = ch_tlog_policy_read(arena, file, strlen(file), error);
    struct ch_checkpoint checkpoint;
    assert_null(ch_checkpoint_read(text, strlen(text), &checkpoint));
    const char *kept = witness_cosign(arena, policy, &checkpoint, &own, key, WITNESS_TIME, &line);
    assert_string_equal(line, WITNESS_LINE);
    assert_string_equal(kept, ch_printf(arena, "%s%s", text, WITNESS_LINE));
    ch_signing_key_free(key);
}

/* One change to a text that was good, each of which must make it none. */
struct change {
    const char *from, *to;
};

static const struct change FORM[] = {
    {ORIGIN "\n7", ORIGIN "\r\n7"},
    {"\n7\n", "\n07\n"},
    {"\n7\n", "\n+7\n"},
    {"\n7\n", "\n-7\n"},
    {"\n7\n", "\n7 \n"},
    {"\n7\n", "\n\n"},
    {"\n7\n", "\n9223372036854775808\n"},
    {"\n7\n", "\n18446744073709551623\n"},
    {"\n7\n", "\n7.0\n"},
    {"=\n\n", "\n\n"},
    {"=\n\n", "==\n\n"},
    {"=\n\n", "=\nextension\n\n"},
    {"=\n\n", "=\n" ORIGIN "\n7\n\n"},
    {"=\n\n", "=\n"},
    {"=\n\n", "=\n\n\n"},
    {"CwB/uRX", "CwB_uRX"},
    {ORIGIN "\n", "\n"},
    {"\xe2\x80\x94 ", "\xe2\x80\x93 "},
    {"\xe2\x80\x94 ", "\xe2\x80\x94"},
    {"\xe2\x80\x94 ", "-- "},
    {"\xe2\x80\x94 " ORIGIN " ", "\xe2\x80\x94 " ORIGIN "  "},
    {"\xe2\x80\x94 " ORIGIN " ", "\xe2\x80\x94 a+b "},
    {"\xe2\x80\x94 " ORIGIN " ", "\xe2\x80\x94 a\xc2\xa0"
                                 "b "},
    {"\xe2\x80\x94 " ORIGIN " ", "\xe2\x80\x94  "},
    {"cDZIcA=", "cDZIcA"},
    {"cDZIcA=", "cDZIcB="},
    {"CwB/uRX", "CwB/ uRX"},
};

/* What is broken in the signature lines, whoever made them, and behind them. */
static const struct change LINES[] = {
    {"+2sEgg=\n", "+2sEgg=\r\n"},  {"+2sEgg=\n", "+2sEgg=\n\n"},   {"+2sEgg=\n", "+2sEgg=\nx"},
    {"+2sEgg=\n", "+2sEgg="},      {"+2sEgg=\n", "+2sEgg=\n\xff"}, {"+2sEgg=\n", "+2sEgg=\n\xe2\x80\x94 x AAAA\n"},
    {"+2sEgg=\n", "+2sEgg=\tx\n"}, {"+2sEgg=\n", "+2sEgh=\n"},     {"+2sEgg=\n", "+2sEgg\n"},
};

static void check_changes(const char *good, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ch_checkpoint checkpoint;
        const char *bad = replaced(arena, good, changes[i].from, changes[i].to);
        if (ch_checkpoint_read(bad, strlen(bad), &checkpoint) == NULL)
            fail_msg("change %zu makes a checkpoint that is read:\n%s", i, bad);
    }
}

static void every_doubt_about_a_checkpoint_is_a_refusal(void **state)
{
    (void)state;
    const char *good = checkpoint_of(arena, 7);
    struct ch_checkpoint checkpoint;
    assert_null(ch_checkpoint_read(good, strlen(good), &checkpoint));
    check_changes(good, FORM, sizeof FORM / sizeof *FORM);
    check_changes(good, LINES, sizeof LINES / sizeof *LINES);
    for (size_t i = 0; i < strlen(good); i++)
        assert_non_null(ch_checkpoint_read(good, i, &checkpoint));
    assert_non_null(ch_checkpoint_read(ch_memdup(arena, good, strlen(good) + 1), strlen(good) + 1, &checkpoint));
    const char *many = good;
    for (int i = 1; i < CH_TLOG_LINES; i++)
        many = ch_printf(arena, "%s%s", many, WITNESS_LINE);
    assert_null(ch_checkpoint_read(many, strlen(many), &checkpoint));
    many = ch_printf(arena, "%s%s", many, WITNESS_LINE);
    assert_non_null(ch_checkpoint_read(many, strlen(many), &checkpoint));
}

static void one_changed_byte_breaks_the_signature(void **state)
{
    (void)state;
    const char *good = checkpoint_of(arena, 7);
    const struct ch_vkey log = read_vkey(LOG_VKEY);
    for (size_t i = 0; i < strlen(good); i++) {
        struct ch_checkpoint checkpoint;
        char *bad = ch_memdup(arena, good, strlen(good));
        bad[i] ^= 1;
        bool read = ch_checkpoint_read(bad, strlen(bad), &checkpoint) == NULL;
        assert_true(!read || ch_checkpoint_signed(&checkpoint, &log, NULL) != CH_SIGNED_WELL);
    }
}

static void lines_of_others_are_passed_over_and_own_ones_must_all_hold(void **state)
{
    (void)state;
    static const char other[] = "\xe2\x80\x94 other.example/log AAAAAAAAAAAA\n";
    const char *good = checkpoint_of(arena, 7);
    /* The cosignature of the witness under the log's name is a line of an unknown key; a second line of the known key
     * that does not hold is not. */
    const struct {
        const char *text;
        enum ch_signed verdict;
    } cases[] = {
        {ch_printf(arena, "%s%s", good, other), CH_SIGNED_WELL},
        {replaced(arena, good, LOG_LINE, other), CH_SIGNED_NOT},
        {ch_printf(arena, "%s%s", good, LOG_LINE), CH_SIGNED_WELL},
        {ch_printf(arena, "%s%s", good, replaced(arena, LOG_LINE, "YKxM0RX4", "YKxM0RX5")), CH_SIGNED_BADLY},
        {replaced(arena, good, "YKxM0RX4", "YKxM0hX4"), CH_SIGNED_NOT},
        {replaced(arena, good, "YKxM0RX4", "YKxM0RY4"), CH_SIGNED_BADLY},
        {replaced(arena, good, " YKxM0RX4", " YKxM0QAAAAAAX4"), CH_SIGNED_BADLY},
    };
    const struct ch_vkey log = read_vkey(LOG_VKEY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_checkpoint checkpoint;
        const char *wrong = ch_checkpoint_read(cases[i].text, strlen(cases[i].text), &checkpoint);
        if (i == 6 && wrong != NULL)
            continue; /* such a length may be no base64 at all */
        assert_null(wrong);
        assert_int_equal(ch_checkpoint_signed(&checkpoint, &log, NULL), cases[i].verdict);
    }
}

static void cosignatures_are_over_their_time(void **state)
{
    (void)state;
    const struct ch_vkey witness = read_vkey(WITNESS_VKEY);
    static const struct change changes[] = {
        {"AAAABpVbkA", "AAAABpVbkB"}, {"rfwYnwAAAA", "rfwYnwgAAA"}, {"rfwYnwAAAA", "rfwYn4AAAA"}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct ch_checkpoint checkpoint;
        const char *text = ch_printf(arena, "%s%s", checkpoint_of(arena, 7),
                                     replaced(arena, WITNESS_LINE, changes[i].from, changes[i].to));
        assert_null(ch_checkpoint_read(text, strlen(text), &checkpoint));
        assert_int_not_equal(ch_checkpoint_signed(&checkpoint, &witness, NULL), CH_SIGNED_WELL);
    }
}

static void proof_files_of_every_place_hold(void **state)
{
    (void)state;
    uint8_t leaf[32];
    struct ch_proof proof;
    for (unsigned size = 1; size <= 40; size++)
        for (unsigned index = 0; index < size; index++) {
            const char *text = inclusion_of(arena, index, size);
            leaf_hashes(index, 1, leaf);
            assert_null(ch_inclusion_read(text, strlen(text), &proof));
            assert_true(proof.at == index && proof.checkpoint.size == size);
            assert_true(ch_path_holds(index, size, leaf, proof.path, proof.count, proof.checkpoint.root));
            leaf[0] ^= 1;
            assert_false(ch_path_holds(index, size, leaf, proof.path, proof.count, proof.checkpoint.root));
        }
}

static void proofs_with_other_hashes_or_places_do_not_hold(void **state)
{
    (void)state;
    struct ch_proof good, bad;
    uint8_t leaf[32];
    const char *text = inclusion_of(arena, 3, 7);
    leaf_hashes(3, 1, leaf);
    assert_null(ch_inclusion_read(text, strlen(text), &good));
    const uint8_t *root = good.checkpoint.root;
    bad = good;
    memcpy(bad.path, good.path + 32, 32);
    memcpy(bad.path + 32, good.path, 32);
    assert_false(ch_path_holds(3, 7, leaf, bad.path, bad.count, root)); /* swapped */
    memcpy(bad.path, good.path, sizeof bad.path);
    assert_false(ch_path_holds(3, 7, leaf, bad.path, 4, root)); /* one more */
    assert_false(ch_path_holds(3, 7, leaf, bad.path, 2, root)); /* one less */
    assert_false(ch_path_holds(2, 7, leaf, good.path, 3, root));
    assert_false(ch_path_holds(4, 7, leaf, good.path, 3, root));
    assert_false(ch_path_holds(7, 7, leaf, good.path, 3, root));
    assert_false(ch_path_holds(0, 0, leaf, good.path, 0, root));
    assert_false(ch_path_holds(UINT64_MAX, UINT64_MAX, leaf, good.path, 3, root));
    assert_true(ch_path_holds(3, 7, leaf, good.path, 3, root));
}

static void proof_files_in_doubt_are_refused(void **state)
{
    (void)state;
    static const char hash[] = "\n/KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc=\n";
    static const struct change changes[] = {
        {"c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"},
        {"c2sp.org/tlog-proof@v1", " c2sp.org/tlog-proof@v1"},
        {"index 3", "index 03"},
        {"index 3", "index  3"},
        {"index 3", "index -3"},
        {"index 3", "index"},
        {"index 3", "Index 3"},
        {"index 3\n", ""},
        {"index 3\n", "index 3\nextra AAAA\n"},
        {"index 3\n", "extra\nindex 3\n"},
        {"index 3\n", "extra AAA\nindex 3\n"},
        {"index 3\n", "extra AAAA\nextra AAAA\nindex 3\n"},
        {"index 3\n", "index 3\n\n"},
        {"index 3\n", "index 3\nAAAA\n"},
        {"index 3\n", "index 3\r\n"},
        {"\n\n" ORIGIN, "\n" ORIGIN},
        {"+2sEgg=\n", "+2sEgg=\nx"},
    };
    const char *good = inclusion_of(arena, 3, 7);
    struct ch_proof proof;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *bad = replaced(arena, good, changes[i].from, changes[i].to);
        if (ch_inclusion_read(bad, strlen(bad), &proof) == NULL)
            fail_msg("change %zu makes a proof that is read:\n%s", i, bad);
    }
    const char *extra = replaced(arena, good, "index 3\n", "extra \nindex 3\n");
    assert_null(ch_inclusion_read(extra, strlen(extra), &proof));
    extra = replaced(arena, good, "index 3\n", "extra AAAA\nindex 3\n");
    assert_null(ch_inclusion_read(extra, strlen(extra), &proof));
    const char *many = good;
    for (int i = 3; i < CH_TLOG_PATH; i++)
        many = replaced(arena, many, "index 3\n", ch_printf(arena, "index 3%s", hash));
    assert_null(ch_inclusion_read(many, strlen(many), &proof));
    many = replaced(arena, many, "index 3\n", ch_printf(arena, "index 3%s", hash));
    assert_non_null(ch_inclusion_read(many, strlen(many), &proof));
}

static void growth_between_all_sizes_holds(void **state)
{
    (void)state;
    uint8_t hashes[40 * 32], old_root[32];
    struct ch_proof proof;
    leaf_hashes(0, 40, hashes);
    for (unsigned size = 0; size <= 40; size++)
        for (unsigned old = 0; old <= size; old++) {
            const char *text = growth_of(arena, old, size);
            merkle_root(hashes, old, old_root);
            assert_null(ch_consistency_read(text, strlen(text), &proof));
            const uint8_t *root = proof.checkpoint.root;
            assert_true(ch_growth_holds(old, old_root, size, root, proof.path, proof.count));
            assert_false(ch_growth_holds(old, old_root, size, root, proof.path, proof.count + 1));
            assert_false(old < size && old > 0 &&
                         ch_growth_holds(old, old_root, size, root, proof.path, proof.count - 1));
            old_root[5] ^= 1;
            assert_false(ch_growth_holds(old, old_root, size, root, proof.path, proof.count));
            assert_false(old > 0 && ch_growth_holds(old - 1, old_root, size, root, proof.path, proof.count));
        }
}

static void bundles_are_read_entry_by_entry(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 2, 'a', 'b', 0, 0, 0, 1, 'c', 0, 1};
    static const char *const entries[] = {"ab", "", "c"};
    size_t length;
    /* Whole, with half a length behind it, with a length behind it and no entry, and with half an entry. */
    const struct {
        size_t size, entries, left;
    } cases[] = {{9, 3, 0}, {10, 3, 1}, {11, 3, 2}, {8, 2, 2}, {3, 0, 3}, {0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ch_bundle bundle = {bytes, bytes + cases[i].size};
        for (size_t n = 0; n < cases[i].entries; n++) {
            const uint8_t *entry = ch_bundle_next(&bundle, &length);
            assert_non_null(entry);
            assert_int_equal(length, strlen(entries[n]));
            assert_memory_equal(entry, entries[n], length);
        }
        assert_null(ch_bundle_next(&bundle, &length));
        assert_int_equal(bundle.end - bundle.at, cases[i].left);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_the_specification),
        cmocka_unit_test(keys_that_are_none_are_refused),
        cmocka_unit_test(checkpoint_and_cosignature_are_those_of_the_specification),
        cmocka_unit_test(a_witness_makes_the_cosignature_of_the_specification),
        cmocka_unit_test(every_doubt_about_a_checkpoint_is_a_refusal),
        cmocka_unit_test(one_changed_byte_breaks_the_signature),
        cmocka_unit_test(lines_of_others_are_passed_over_and_own_ones_must_all_hold),
        cmocka_unit_test(cosignatures_are_over_their_time),
        cmocka_unit_test(proof_files_of_every_place_hold),
        cmocka_unit_test(proofs_with_other_hashes_or_places_do_not_hold),
        cmocka_unit_test(proof_files_in_doubt_are_refused),
        cmocka_unit_test(growth_between_all_sizes_holds),
        cmocka_unit_test(bundles_are_read_entry_by_entry),
    };
    return cmocka_run_group_tests_name("tlog", tests, open_arena, free_arena);
}
