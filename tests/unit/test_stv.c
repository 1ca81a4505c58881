/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The STV count: the published example to the byte, each rule where it bites, the edges of 64 and 128 bits, and
 * properties of random elections. Whole elections of councils and the second implementation are in tests/reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/blt.h"
#include "../../services/governance/core/stv.h"

#define NAMES "A\nB\nC\nD\nE\nF\n"

static struct ch_stv_result *count(struct ch_arena *arena, const char *blt)
{
    struct ch_stv_election *election = ch_alloc(arena, sizeof *election);
    struct ch_calc_refusal refusal;
    assert_true(ch_blt_parse(arena, blt, strlen(blt), election, &refusal));
    return ch_stv_count(arena, election);
}

static const char EXAMPLE[] = "5 2\n6 1 2 0\n1 1 0\n2 2 1 3 0\n3 3 4 0\n2 4 3 0\n2 5 0\n0\n" NAMES;

static void test_example_to_the_byte(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    assert_string_equal(
        ch_stv_text(arena, count(arena, EXAMPLE)),
        "{\"method\":\"scottish-stv\",\"seats\":2,\"valid\":16,\"quota\":6,\"stages\":["
        "{\"action\":{\"kind\":\"first_preferences\",\"candidate\":null},\"votes\":{\"1\":\"7.00000\",\"2\":\"2."
        "00000\","
        "\"3\":\"3.00000\",\"4\":\"2.00000\",\"5\":\"2.00000\"},\"non_transferable\":\"0.00000\",\"elected\":[1],"
        "\"excluded\":[]},"
        "{\"action\":{\"kind\":\"surplus\",\"candidate\":1},\"votes\":{\"1\":\"6.00000\",\"2\":\"2.85710\","
        "\"3\":\"3.00000\",\"4\":\"2.00000\",\"5\":\"2.00000\"},\"non_transferable\":\"0.14290\",\"elected\":[],"
        "\"excluded\":[]},"
        "{\"action\":{\"kind\":\"exclusion\",\"candidate\":4},\"votes\":{\"1\":\"6.00000\",\"2\":\"2.85710\","
        "\"3\":\"5.00000\",\"4\":\"0.00000\",\"5\":\"2.00000\"},\"non_transferable\":\"0.14290\",\"elected\":[],"
        "\"excluded\":[4]},"
        "{\"action\":{\"kind\":\"exclusion\",\"candidate\":5},\"votes\":{\"1\":\"6.00000\",\"2\":\"2.85710\","
        "\"3\":\"5.00000\",\"4\":\"0.00000\",\"5\":\"0.00000\"},\"non_transferable\":\"2.14290\",\"elected\":[],"
        "\"excluded\":[5]},"
        "{\"action\":{\"kind\":\"exclusion\",\"candidate\":2},\"votes\":{\"1\":\"6.00000\",\"2\":\"0.00000\","
        "\"3\":\"7.00000\",\"4\":\"0.00000\",\"5\":\"0.00000\"},\"non_transferable\":\"3.00000\",\"elected\":[3],"
        "\"excluded\":[2]}],"
        "\"winners\":[1,3],\"ties\":[{\"stage\":3,\"for\":\"exclusion\",\"candidates\":[4,5],\"chosen\":4,\"by\":"
        "\"lot\","
        "\"earlier_stage\":null}]}");
    ch_arena_free(arena);
}

/* ---- ends of the count ---- */

static const struct {
    const char *blt, *winners;
    int64_t valid, quota;
    size_t stages;
} ENDS[] = {
    {"3 3\n1 2 0\n0\n" NAMES, "2 1 3", 1, 1, 1},                   /* as many seats as candidates */
    {"2 9\n1 2 0\n0\n" NAMES, "2 1", 1, 1, 1},                     /* more */
    {"3 1000000000000000000\n2 3 0\n0\n" NAMES, "3 1 2", 2, 1, 1}, /* as many seats as a number may say */
    {"3 2\n-1\n4 1 3 0\n1 1 0\n1 2 0\n0\n" NAMES, "3 2", 5, 2, 1}, /* 1 withdrew: its papers go on, or are not valid */
    {"2 1\n-1 -2\n4 1 2 0\n0\n" NAMES, "", 0, 1, 1},               /* nobody is left */
    {"1 1\n0\nA", "1", 0, 1, 1},                                   /* nobody votes */
    {"1 1\n7 0\n0\nA", "1", 0, 1, 1},                              /* nobody says anything */
    {"3 2\n3 1 0\n3 2 0\n3 3 0\n0\n" NAMES, "1 3", 9, 4, 2},       /* nobody has a quota; the lot, then the rest */
    {"3 1\n4 1 0\n1 2 0\n1 3 0\n0\n" NAMES, "1", 6, 4, 1},         /* exactly the quota */
    {"4 2\n3 1 0\n2 2 3 0\n1 3 0\n1 4 0\n0\n" NAMES, "1 2", 7, 3, 3} /* exactly the quota: no stage for it */
};

static void test_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        struct ch_arena *arena = ch_arena_new();
        const struct ch_stv_result *result = count(arena, ENDS[i].blt);
        char winners[64] = "";
        for (size_t w = 0, used = 0; w < result->winner_count; w++)
            used += (size_t)snprintf(winners + used, sizeof winners - used, "%s%u", w ? " " : "", result->winners[w]);
        assert_string_equal(winners, ENDS[i].winners);
        assert_int_equal(result->valid, ENDS[i].valid);
        assert_int_equal(result->quota, ENDS[i].quota);
        assert_int_equal(result->stage_count, ENDS[i].stages);
        ch_arena_free(arena);
    }
}

/* 2^31 - 1 papers move at once: surplus times value does not fit 64 bits, and every vote counts. */
static void test_widest_numbers(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const struct ch_stv_result *result = count(arena, "3 2\n2147483647 1 2 0\n0\n" NAMES);
    const struct ch_stv_stage *stage = &result->stages[1];
    assert_int_equal(result->quota, 715827883);
    assert_int_equal(stage->action, CH_STV_SURPLUS);
    assert_int_equal(stage->votes[1], INT64_C(71582788300000));
    assert_int_equal(stage->votes[2], INT64_C(2147483647) * 66666); /* 1431655764 / 2147483647 = 0.66666(6) */
    assert_int_equal(stage->non_transferable, INT64_C(2147483647) * (100000 - 66666) - stage->votes[1]);
    assert_int_equal(result->winners[1], 2);
    ch_arena_free(arena);
}

/* ---- ties ---- */

static const struct {
    const char *blt;
    struct ch_stv_tie first; /* tie of the count */
    unsigned candidates[3];
} TIES[] = {
    /* 3, 4 and 5 are level after stage 3; stage 2 keeps 3 and 4, and stage 1 decides for 4. */
    {"7 1\n20 1 0\n19 2 0\n8 3 0\n7 4 0\n9 5 0\n1 6 3 0\n1 6 4 0\n1 7 4 0\n0\n" NAMES "G\n",
     {4, CH_STV_EXCLUSION, NULL, 3, 4, 1},
     {3, 4, 5}},
    /* Stage 1 keeps 3 and 5, between whom the lot falls on 3; of all three it would have fallen on 4. */
    {"6 1\n20 1 0\n19 2 0\n8 3 0\n9 4 0\n8 5 0\n1 6 3 0\n1 6 5 0\n0\n" NAMES,
     {3, CH_STV_EXCLUSION, NULL, 3, 3, 0},
     {3, 4, 5}},
    /* Half of the papers of 3 bring 2 level with 1, who had more in stage 1. */
    {"6 4\n20 3 2 0\n15 1 0\n5 2 0\n4 4 0\n3 5 0\n0\n" NAMES, {3, CH_STV_SURPLUS, NULL, 2, 1, 1}, {1, 2}},
    /* Two equal surpluses from the beginning: the lot. */
    {"4 3\n7 1 3 0\n7 2 4 0\n1 3 0\n1 4 0\n0\n" NAMES, {2, CH_STV_SURPLUS, NULL, 2, 2, 0}, {1, 2}},
};

static void test_ties(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TIES / sizeof *TIES; i++) {
        struct ch_arena *arena = ch_arena_new();
        const struct ch_stv_result *result = count(arena, TIES[i].blt);
        const struct ch_stv_tie *tie = result->ties, *wanted = &TIES[i].first;
        assert_true(result->tie_count > 0);
        assert_int_equal(tie->stage, wanted->stage);
        assert_int_equal(tie->action, wanted->action);
        assert_int_equal(tie->candidate_count, wanted->candidate_count);
        assert_memory_equal(tie->candidates, TIES[i].candidates, wanted->candidate_count * sizeof *tie->candidates);
        assert_int_equal(tie->chosen, wanted->chosen);
        assert_int_equal(tie->earlier_stage, wanted->earlier_stage);
        ch_arena_free(arena);
    }
}

/* The seed decides, and the stage and the number with it: hashes computed apart from this code (sha256sum). */
static void test_seed_decides(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const struct ch_stv_result *result = count(arena, "3 2\n3 1 0\n3 2 0\n3 3 0\n0\n" NAMES);
    struct ch_stv_election election = *result->election;
    assert_int_equal(result->ties[0].chosen, 2); /* 7ddeb9cd... 54d5e8e5... f3d2d143... */
    memset(election.lot_seed, 0xab, sizeof election.lot_seed);
    assert_int_equal(ch_stv_count(arena, &election)->ties[0].chosen, 3); /* cf86d225... 73fd79f8... 704cbee5... */
    ch_arena_free(arena);
}

/* Elected in one stage: by votes, then by the latest stage that tells them apart, then by number. */
static void test_order_of_election(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    /* The papers of 3 bring 1 and 2 level at the quota; 2 had more before. */
    const struct ch_stv_result *result = count(arena, "4 2\n5 1 0\n6 2 0\n2 3 1 0\n1 3 2 0\n4 4 0\n0\n" NAMES);
    assert_int_equal(result->stages[1].elected_count, 2);
    assert_int_equal(result->winners[0], 2);
    assert_int_equal(result->winners[1], 1);
    ch_arena_free(arena);
}

/* ---- properties ---- */

static uint64_t seed = 20260907;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % below);
}

enum { MOST_CANDIDATES = 9, MOST_BALLOTS = 40 };

struct random_election {
    struct ch_stv_election election;
    bool withdrawn[MOST_CANDIDATES + 1];
    struct ch_stv_ballot ballots[2 * MOST_BALLOTS];
    uint16_t preferences[MOST_BALLOTS][MOST_CANDIDATES];
};

static void draw_ballot(struct random_election *random, size_t ballot)
{
    uint16_t *preferences = random->preferences[ballot];
    size_t candidates = random->election.candidates;
    for (size_t i = 0; i < candidates; i++)
        preferences[i] = (uint16_t)(i + 1);
    for (size_t i = candidates; i-- > 1;) {
        size_t other = draw((unsigned)i + 1);
        uint16_t kept = preferences[i];
        preferences[i] = preferences[other];
        preferences[other] = kept;
    }
    random->ballots[ballot] = (struct ch_stv_ballot){.count = 1 + draw(draw(4) ? 9 : 900),
                                                     .preferences = preferences,
                                                     .preference_count = draw((unsigned)candidates + 1)};
}

static void draw_election(struct random_election *random)
{
    memset(random, 0, sizeof *random);
    random->election = (struct ch_stv_election){.candidates = 1 + draw(MOST_CANDIDATES),
                                                .seats = 1 + draw(5),
                                                .withdrawn = random->withdrawn,
                                                .ballots = random->ballots,
                                                .ballot_count = draw(MOST_BALLOTS + 1)};
    for (size_t c = 1; c <= random->election.candidates; c++)
        random->withdrawn[c] = draw(8) == 0;
    for (size_t i = 0; i < random->election.ballot_count; i++)
        draw_ballot(random, i);
}

/* Other ballots that say the same: lines of several papers are split, and all change places. */
static void reorder(struct random_election *random)
{
    size_t count = random->election.ballot_count;
    for (size_t i = 0; i < count; i++) {
        struct ch_stv_ballot *ballot = &random->ballots[i];
        if (ballot->count < 2 || draw(3))
            continue;
        random->ballots[random->election.ballot_count] = *ballot;
        random->ballots[random->election.ballot_count++].count = 1;
        ballot->count--;
    }
    for (size_t i = random->election.ballot_count; i-- > 1;) {
        size_t other = draw((unsigned)i + 1);
        struct ch_stv_ballot kept = random->ballots[i];
        random->ballots[i] = random->ballots[other];
        random->ballots[other] = kept;
    }
}

static void check_stages(const struct ch_stv_result *result)
{
    int64_t candidates = 0, lost = 0;
    for (size_t s = 0; s < result->stage_count; s++) {
        const struct ch_stv_stage *stage = &result->stages[s];
        int64_t sum = stage->non_transferable;
        for (size_t c = 1; c <= result->election->candidates; c++) {
            assert_true(stage->votes[c] >= 0);
            sum += stage->votes[c];
        }
        assert_int_equal(sum, result->valid * CH_STV_VOTE);
        assert_true(stage->non_transferable >= lost);
        lost = stage->non_transferable;
    }
    for (size_t c = 1; c <= result->election->candidates; c++)
        candidates += !result->election->withdrawn[c];
    assert_int_equal(result->winner_count, candidates < result->election->seats ? candidates : result->election->seats);
}

static void test_properties(void **state)
{
    (void)state;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20000; round++) {
        struct ch_arena *arena = ch_arena_new();
        struct random_election random;
        draw_election(&random);
        const struct ch_stv_result *result = ch_stv_count(arena, &random.election);
        const char *text = ch_stv_text(arena, result);
        check_stages(result);
        reorder(&random);
        assert_string_equal(ch_stv_text(arena, ch_stv_count(arena, &random.election)), text);
        ch_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_to_the_byte), cmocka_unit_test(test_ends),
        cmocka_unit_test(test_widest_numbers),      cmocka_unit_test(test_ties),
        cmocka_unit_test(test_seed_decides),        cmocka_unit_test(test_order_of_election),
        cmocka_unit_test(test_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
