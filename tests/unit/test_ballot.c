/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealed ballots: the published vectors, a record that another implementation made of known secrets, every pair of
 * stewards, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/ballot.h"
#include "arena.h"

#define BOX "0196f0a0-0000-7000-8000-000000000001/1"

static const struct ch_question ANSWER = {.kind = CH_CHOICE_ANSWER};

static void count_up(uint8_t *bytes, uint8_t from)
{
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(from + i);
}

static void expect_hex(const uint8_t *bytes, size_t size, const char *hex)
{
    char text[131];
    ch_hex(bytes, size, text);
    assert_string_equal(text, hex);
}

/* ---- the published vectors (governance.md, section 20) ---- */

static void shares(void **state)
{
    (void)state;
    uint8_t k[32], a[32], share[32];
    count_up(k, 0);
    count_up(a, 0x20);
    ch_shamir_share(k, a, 3, share);
    expect_hex(share, 32, "60626466686a6c6e70727476787a7c7e40424446484a4c4e50525456585a5c5e");
    memset(k, 0x53, sizeof k);
    memset(a, 0xca, sizeof a);
    static const uint8_t expected[CH_SHARES] = {0x99, 0xdc, 0x16};
    for (unsigned i = 0; i < CH_SHARES; i++) {
        ch_shamir_share(k, a, i + 1, share);
        assert_int_equal(share[0], expected[i]);
    }
}

static void any_two_shares_make_the_secret(void **state)
{
    (void)state;
    uint8_t k[32], a[32], share[CH_SHARES + 1][32], back[32];
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < 32; i++) {
            k[i] = (uint8_t)(round * 7 + (int)i);
            a[i] = (uint8_t)(round * 13 + 5 * (int)i);
        }
        for (unsigned i = 1; i <= CH_SHARES; i++)
            ch_shamir_share(k, a, i, share[i]);
        for (unsigned i = 1; i <= CH_SHARES; i++)
            for (unsigned j = 1; j <= CH_SHARES; j++) {
                if (i == j)
                    continue;
                ch_shamir_join(i, share[i], j, share[j], back);
                assert_memory_equal(back, k, sizeof k);
            }
    }
}

static void commitment_and_tracker(void **state)
{
    (void)state;
    uint8_t k[32], choice[32], hash[32];
    char tracker[CH_BALLOT_TRACKER];
    count_up(k, 0);
    assert_true(ch_choice_pad(&ANSWER, "{\"c\":\"yes\"}", choice));
    ch_ballot_commit(k, choice, sizeof choice, hash);
    expect_hex(hash, 32, "b2d3d3264183c72011c42f33ed950558eb3a113362cdbe6fab5683befa405b29");
    ch_sha256("abc", 3, hash);
    ch_ballot_tracker(hash, tracker);
    assert_string_equal(tracker, "Q9W1-DFWF-077Y-MGA1-83F5");
}

static void trackers_are_read(void **state)
{
    (void)state;
    uint8_t hash[32], low[32], high[32];
    ch_sha256("abc", 3, hash);
    static const char *const same[] = {"Q9W1-DFWF-077Y-MGA1-83F5", "q9wl-dfwf-o77y-mgai-83f5", "Q9W1DFWF077YMGA183F5"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_true(ch_ballot_tracker_read(same[i], low, high));
        assert_true(memcmp(low, hash, 32) <= 0 && memcmp(high, hash, 32) >= 0);
        assert_memory_equal(low, high, 12);
        assert_int_equal(low[12] ^ high[12], 0x0f);
    }
    static const char *const none[] = {"", "Q9W1", "Q9W1-DFWF-077Y-MGA1-83F50", "Q9W1-DFWF-077Y-MGA1-83FU",
                                       "Q9W1 DFWF"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(ch_ballot_tracker_read(none[i], low, high));
}

/* ---- choices ---- */

static void choices(void **state)
{
    (void)state;
    static const struct ch_question ranks = {CH_CHOICE_RANKS, 3}, projects = {CH_CHOICE_PROJECTS, 2};
    static const struct {
        const struct ch_question *question;
        const char *text;
        bool valid;
    } cases[] = {
        {&ANSWER, "{\"c\":\"yes\"}", true},
        {&ANSWER, "{\"c\":\"no\"}", true},
        {&ANSWER, "{\"c\":\"abstain\"}", true},
        {&ANSWER, "{\"c\":\"Yes\"}", false},
        {&ANSWER, "{\"c\":\"yes\" }", false},
        {&ANSWER, " {\"c\":\"yes\"}", false},
        {&ANSWER, "{\"c\":\"yes\"}x", false},
        {&ANSWER, "{\"c\":\"\"}", false},
        {&ANSWER, "", false},
        {&ANSWER, "{\"r\":[1]}", false},
        {&ranks, "{\"r\":[3,1]}", true},
        {&ranks, "{\"r\":[1,2,3]}", true},
        {&ranks, "{\"r\":[]}", true},
        {&ranks, "{\"r\":[4]}", false},
        {&ranks, "{\"r\":[0]}", false},
        {&ranks, "{\"r\":[1,1]}", false},
        {&ranks, "{\"r\":[01]}", false},
        {&ranks, "{\"r\":[1,]}", false},
        {&ranks, "{\"r\":[1", false},
        {&ranks, "{\"r\":[99999999999]}", false},
        {&projects, "{\"p\":[1,4]}", true},
        {&projects, "{\"p\":[99999]}", true},
        {&projects, "{\"p\":[]}", true},
        {&projects, "{\"p\":[7,7]}", true},
        {&projects, "{\"p\":[100000]}", false},
        {&projects, "{\"p\":[1,2,3]}", false},
        {&projects, "{\"p\":[1 ,2]}", false},
        {&projects, "{\"c\":\"yes\"}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t padded[64];
        assert_true(ch_choice_bytes(cases[i].question) <= sizeof padded);
        if (ch_choice_pad(cases[i].question, cases[i].text, padded) != cases[i].valid)
            fail_msg("%s", cases[i].text);
    }
    assert_int_equal(ch_choice_bytes(&ANSWER), 32);
    assert_int_equal(ch_choice_bytes(&ranks), 28);
    assert_int_equal(ch_choice_bytes(&projects), 28);
}

static void choices_are_read(void **state)
{
    (void)state;
    static const struct ch_question ranks = {CH_CHOICE_RANKS, 12};
    struct ch_choice choice;
    uint8_t padded[64];
    assert_true(ch_choice_pad(&ANSWER, "{\"c\":\"abstain\"}", padded));
    assert_true(ch_choice_read(&ANSWER, padded, &choice));
    assert_int_equal(choice.answer, 2);
    padded[31] = 0;
    assert_false(ch_choice_read(&ANSWER, padded, &choice));
    assert_true(ch_choice_pad(&ranks, "{\"r\":[12,1,7]}", padded));
    assert_true(ch_choice_read(&ranks, padded, &choice));
    assert_int_equal(choice.count, 3);
    assert_int_equal(choice.numbers[0], 12);
    assert_int_equal(choice.numbers[2], 7);
}

static void questions(void **state)
{
    (void)state;
    struct ch_question question;
    assert_true(ch_question_read("rule", 0, &question));
    assert_true(ch_question_read("scottish-stv", 5, &question) && question.kind == CH_CHOICE_RANKS);
    assert_true(ch_question_read("knapsack", 1000, &question) && question.kind == CH_CHOICE_PROJECTS);
    assert_false(ch_question_read("knapsack", 0, &question));
    assert_false(ch_question_read("knapsack", 1001, &question));
    assert_false(ch_question_read("rule", 1, &question));
    assert_false(ch_question_read("schulze", 3, &question));
}

/* ---- whole ballots ---- */

/* The stewards' private keys are 32 bytes of 1, of 2 and of 3. */
static struct ch_p256_key *steward(int class_index, uint8_t public_key[CH_P256_POINT])
{
    uint8_t private_key[32];
    memset(private_key, class_index + 1, sizeof private_key);
    struct ch_p256_key *key = ch_p256_key_new(private_key);
    assert_non_null(key);
    ch_p256_key_public(key, public_key);
    return key;
}

static const struct ch_ballot *sealed(struct ch_arena *arena, const char *text, int class_index, const char **record)
{
    uint8_t stewards[CH_SHARES][CH_P256_POINT], choice[32];
    struct ch_ballot_secrets secrets;
    struct ch_ballot *ballot = ch_alloc(arena, sizeof *ballot);
    for (int i = 0; i < CH_SHARES; i++)
        ch_p256_key_free(steward(i, stewards[i]));
    count_up(secrets.key, 0);
    count_up(secrets.slope, 0x20);
    memset(secrets.ephemeral, 4, sizeof secrets.ephemeral);
    memset(choice, ' ', sizeof choice);
    memcpy(choice, text, strlen(text));
    *record = ch_ballot_seal(arena, &secrets, BOX, class_index, stewards, choice, sizeof choice);
    assert_non_null(*record);
    struct ch_json_error error;
    json_t *tree = ch_json_parse(arena, *record, strlen(*record), &CH_JSON_BODY, &error);
    assert_null(ch_ballot_read(tree, ballot));
    return ballot;
}

static bool opens(const struct ch_ballot *ballot, int first, int second, uint8_t key[32], uint8_t choice[32])
{
    uint8_t point[CH_P256_POINT], whole[CH_CHOICE_BYTES_MAX];
    struct ch_p256_key *keys[2] = {steward(first, point), steward(second, point)};
    struct ch_opener opener = {.class_index = {first, second}, .key = {keys[0], keys[1]}};
    bool held = ch_ballot_open(&opener, ballot, key, whole);
    if (held)
        memcpy(choice, whole, 32);
    ch_p256_key_free(keys[0]);
    ch_p256_key_free(keys[1]);
    return held;
}

/* Made once by tests/reference/seal.py, which shares no code with this. */
static void the_record_is_what_others_make(void **state)
{
    const char *record;
    char hex[65];
    sealed(*state, "{\"c\":\"yes\"}", CH_CLASS_W, &record);
    ch_sha256_hex(record, strlen(record), hex);
    assert_string_equal(hex, "65654cc2073adad1c8a361b999173239045054da5c55bd554cc7d3a614836bdb");
}

static void every_pair_of_stewards_opens(void **state)
{
    uint8_t k[32], key[32], choice[32];
    const char *record;
    const struct ch_ballot *ballot = sealed(*state, "{\"c\":\"no\"}", CH_CLASS_C, &record);
    count_up(k, 0);
    for (int i = 0; i < CH_SHARES; i++)
        for (int j = 0; j < CH_SHARES; j++) {
            if (i == j)
                continue;
            assert_true(opens(ballot, i, j, key, choice));
            assert_memory_equal(key, k, sizeof k);
            assert_memory_equal(choice, "{\"c\":\"no\"}                      ", 32);
        }
}

/* Each byte of each part matters: one bit less, and two stewards open nothing. */
static void a_changed_ballot_does_not_open(void **state)
{
    const char *record;
    const struct ch_ballot *ballot = sealed(*state, "{\"c\":\"no\"}", CH_CLASS_U, &record);
    uint8_t key[32], choice[32];
    struct ch_ballot *changed = ch_alloc(*state, sizeof *changed);
    static const size_t places[] = {offsetof(struct ch_ballot, w[0]),   offsetof(struct ch_ballot, w[1]) + 47,
                                    offsetof(struct ch_ballot, commit), offsetof(struct ch_ballot, c),
                                    offsetof(struct ch_ballot, c) + 40, offsetof(struct ch_ballot, box)};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        *changed = *ballot;
        ((uint8_t *)changed)[places[i]] ^= 1;
        assert_false(opens(changed, 0, 1, key, choice));
    }
    *changed = *ballot;
    changed->class_index = CH_CLASS_W;
    assert_false(opens(changed, 0, 1, key, choice));
    changed->class_index = CH_CLASS_U;
    assert_true(opens(changed, 0, 1, key, choice));
    /* A wrapped share that its steward cannot unwrap leaves the other two. */
    changed->w[2][0] ^= 1;
    assert_true(opens(changed, 0, 1, key, choice));
    assert_false(opens(changed, 0, 2, key, choice));
}

static void records_of_another_form_are_refused(void **state)
{
    const char *record, *wrong;
    sealed(*state, "{\"c\":\"yes\"}", CH_CLASS_U, &record);
    static const struct {
        const char *member, *value;
    } cases[] = {{"box", "\"0196f0a0-0000-7000-8000-000000000001/3\""},
                 {"box", "\"0196F0A0-0000-7000-8000-000000000001/1\""},
                 {"box", "7"},
                 {"c", "\"AAAA\""},
                 {"c", "\"AAAAAAAAAAAAAAAAAAAAAA\""},
                 {"c", "\"=\""},
                 {"class", "\"X\""},
                 {"class", "null"},
                 {"commit", "\"AAAA\""},
                 {"e", "\"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
                 {"e", "\"AA\""},
                 {"v", "2"},
                 {"v", "\"1\""},
                 {"w", "[]"},
                 {"w", "[\"AA\",\"AA\",\"AA\"]"},
                 {"x", "1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_ballot ballot;
        json_t *tree = json_loads(record, 0, NULL);
        json_object_set_new(tree, cases[i].member, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        wrong = ch_ballot_read(tree, &ballot);
        json_decref(tree);
        if (!wrong)
            fail_msg("%s %s", cases[i].member, cases[i].value);
    }
}

static void boxes(void **state)
{
    (void)state;
    char box[CH_BALLOT_BOX];
    assert_true(ch_ballot_box("0196f0a0-0000-7000-8000-000000000001", 1, box));
    assert_string_equal(box, BOX);
    assert_false(ch_ballot_box("0196f0a0-0000-7000-8000-00000000000", 1, box));
    assert_false(ch_ballot_box("0196f0a0-0000-7000-8000-000000000001", 3, box));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(any_two_shares_make_the_secret),
        cmocka_unit_test(commitment_and_tracker),
        cmocka_unit_test(trackers_are_read),
        cmocka_unit_test(choices),
        cmocka_unit_test(choices_are_read),
        cmocka_unit_test(questions),
        cmocka_unit_test(the_record_is_what_others_make),
        cmocka_unit_test(every_pair_of_stewards_opens),
        cmocka_unit_test(a_changed_ballot_does_not_open),
        cmocka_unit_test(records_of_another_form_are_refused),
        cmocka_unit_test(boxes),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
