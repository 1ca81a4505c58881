/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ballot files: every way of writing one election, every refusal with its line, and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/blt.h"

#define PLAIN "3 2\n-2\n4 1 3 0\n5 2 0\n6 0\n0\n\"Ada\"\n\"Ben\"\n\"Cem\"\n\"Title\"\n"

/* "3 2 -2; 4 1 3; 5 2; 6;": what was read, in one line. */
static const char *shown(struct ch_arena *arena, const struct ch_stv_election *election)
{
    const char *text = ch_printf(arena, "%zu %lld", election->candidates, (long long)election->seats);
    for (size_t c = 1; c <= election->candidates; c++)
        text = election->withdrawn[c] ? ch_printf(arena, "%s -%zu", text, c) : text;
    for (size_t i = 0; i < election->ballot_count; i++) {
        const struct ch_stv_ballot *ballot = &election->ballots[i];
        text = ch_printf(arena, "%s; %lld", text, (long long)ballot->count);
        for (size_t p = 0; p < ballot->preference_count; p++)
            text = ch_printf(arena, "%s %u", text, ballot->preferences[p]);
    }
    return text;
}

/* All of these are the same election. */
static const char *const SAME[] = {
    PLAIN,
    "\xef\xbb\xbf" PLAIN,
    "3 2\r\n-2\r\n4 1 3 0\r\n5 2 0\r\n6 0\r\n0\r\n\"Ada\"\r\n\"Ben\"\r\n\"Cem\"\r\n\"Title\"\r\n",
    "\n\n3 2\n\n-2\n\n4 1 3 0\n \t\n5 2 0\n6 0\n\n0\n\n\"Ada\"\n\n\"Ben\"\n\"Cem\"\n\n\"Title\"\n\n",
    "3,2\n-2\n4,1,3,0\n5, 2, 0,\n6,0,\n0,\n\"Ada\",\n\"Ben\",\n\"Cem\",\n\"Title\"\n",
    ",3 2,\n-2,\n4 1 3 0\n,\n5 2 0\n6 0\n0\nAda,\nBen\nCem\n",
    "3 2\n-2\n4 1 3 0\n5 2 0\n6 0\n0\nAda Ames\nBen\nCem\nTitle\n",
    "3 2\n-2\n4 1 3 0\n5 2 0\n6 0\n0\n\"Ada \"\"The Axe\"\" Ames\"\n\"Ben\n\"Cem\"\n",
    "3 2\n-2\n4 1 3 0\n5 2 0\n6 0\n0\n\"Ada\"\n\"Ben\"\n\"Cem\"",
    "3 2\n-2\n4 1 3 0\n5 2 0\n6 0\n0\n\"Ada\"\n\"Ben\"\n\"Cem\"\n\"Title\"\ncounted by hand\n0 1 x = \" \n",
    "# ballots\n3 2 # candidates, seats\n#\n-2 # withdrew\n  # more\n4 1 3 0#glued\n5 2 0 # x = y\n6 0\n0 # end\n# "
    "names\n"
    "Ada\nBen # no comment\nCem\n",
    "3 2\n-2\n4 1 3 0\n5 2 0\n6 0\n0\n\"Zo\xc3\xab\"\n\"Jos\xe9\"\n\xff\xfe\n",
    "3\t2\n-2\n004 01 3 0\n5 2 0\n6 0\n0\nAda\nBen\nCem\n",
};

static void test_ways_of_writing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_stv_election election;
        struct ch_calc_refusal refusal = {0};
        bool read = ch_blt_parse(arena, SAME[i], strlen(SAME[i]), &election, &refusal);
        if (!read)
            print_error("# %zu: %s in line %d\n", i, refusal.slug, refusal.line);
        assert_true(read);
        assert_string_equal(shown(arena, &election), "3 2 -2; 4 1 3; 5 2; 6");
        ch_arena_free(arena);
    }
}

static const struct {
    const char *text, *slug;
    int line;
} REFUSED[] = {
    {"", "bad_header", 0},
    {"\n# nothing\n\n", "bad_header", 3},
    {"3\n1 1 0\n0\nA\nB\nC\n", "bad_header", 1},
    {"3 2 1\n1 1 0\n0\nA\nB\nC\n", "bad_header", 1},
    {"x 2\n0\n", "bad_header", 1},
    {"\"A\"\n", "bad_header", 1},
    {"3 2.0\n0\nA\nB\nC\n", "bad_header", 1},
    {"0 1\n0\n", "bad_header", 1},
    {"3 0\n0\nA\nB\nC\n", "bad_header", 1},
    {"-3 2\n0\nA\nB\nC\n", "bad_header", 1},
    {"3 -2\n0\nA\nB\nC\n", "bad_header", 1},
    {"3 1000000000000000001\n0\nA\nB\nC\n", "bad_header", 1},
    {"3 99999999999999999999999\n0\nA\nB\nC\n", "bad_header", 1},
    {"1001 1\n0\n", "too_large", 1},
    {"99999999999999999999999 1\n0\n", "too_large", 1},
    {"3 2\nx 1 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n1 x 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n1 1.5 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n1 2a 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n1 - 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n1 1- 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n+1 1 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n1 \"A\" 0\n0\nA\nB\nC\n", "bad_number", 2},
    {"3 2\n1 1 0\n\n0 1 2 0\n0\nA\nB\nC\n", "bad_count", 4},
    {"3 2\n0 0\n0\nA\nB\nC\n", "bad_count", 2},
    {"3 2\n-1 1 2 0\n0\nA\nB\nC\n", "bad_count", 2},
    {"3 2\n-1 0\n0\nA\nB\nC\n", "bad_count", 2},
    {"3 2\n1 1 0\n-2\n0\nA\nB\nC\n", "bad_count", 3},
    {"3 2\n1 1 2 1 0\n0\nA\nB\nC\n", "duplicate_preference", 2},
    {"3 2\n-1\n1 1 1 0\n0\nA\nB\nC\n", "duplicate_preference", 3},
    {"3 2\n1 4 0\n0\nA\nB\nC\n", "candidate_out_of_range", 2},
    {"3 2\n1 1 -2 0\n0\nA\nB\nC\n", "candidate_out_of_range", 2},
    {"3 2\n1 99999999999999999999999 0\n0\nA\nB\nC\n", "candidate_out_of_range", 2},
    {"3 2\n1 1 0 2 0\n0\nA\nB\nC\n", "candidate_out_of_range", 2},
    {"3 2\n-1 -4\n0\nA\nB\nC\n", "candidate_out_of_range", 2},
    {"3 2\n1 1=2 3 0\n0\nA\nB\nC\n", "equal_preference", 2},
    {"3 2\n1 3 1 = 2 0\n0\nA\nB\nC\n", "equal_preference", 2},
    {"3 2\n1 1 2\n0\nA\nB\nC\n", "missing_terminator", 2},
    {"3 2\n1\n0\nA\nB\nC\n", "missing_terminator", 2},
    {"3 2\n1 1 # 0\n0\nA\nB\nC\n", "missing_terminator", 2},
    {"3 2\n1 1 0\n\"A\"\n\"B\"\n\"C\"\n", "missing_terminator", 3},
    {"3 2\n1 1 0\n", "missing_terminator", 2},
    {"3 2", "missing_terminator", 1},
    {"3 2\n1 1 0\n0\nA\nB\n", "too_few_names", 5},
    {"3 2\n1 1 0\n0\nA\n\n# B\nC", "too_few_names", 7},
    {"3 2\n1 1 0\n0", "too_few_names", 3},
    {"3 2\n2147483647 1 0\n1 2 0\n0\nA\nB\nC\n", "too_large", 3},
    {"3 2\n2147483648 1 0\n0\nA\nB\nC\n", "too_large", 2},
    {"3 2\n99999999999999999999999 1 0\n0\nA\nB\nC\n", "too_large", 2},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_stv_election election;
        struct ch_calc_refusal refusal = {.slug = "accepted"};
        ch_blt_parse(arena, REFUSED[i].text, strlen(REFUSED[i].text), &election, &refusal);
        if (strcmp(refusal.slug, REFUSED[i].slug) != 0 || refusal.line != REFUSED[i].line)
            print_error("# %s\n", REFUSED[i].text);
        assert_string_equal(refusal.slug, REFUSED[i].slug);
        assert_int_equal(refusal.line, REFUSED[i].line);
        assert_null(refusal.pointer);
        ch_arena_free(arena);
    }
}

/* The largest of everything, and one more. */
static void test_limits(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_stv_election election;
    struct ch_calc_refusal refusal;
    const char *head = "1000 3\n2147483646 1000 0\n1 1 0\n0\n";
    char *text = ch_alloc(arena, CH_BLT_SIZE_MAX + 1);
    memset(text, '\n', CH_BLT_SIZE_MAX + 1);
    memcpy(text, head, strlen(head));
    for (size_t i = 0; i < 1000; i++)
        text[strlen(head) + 2 * i] = 'x';
    text[CH_BLT_SIZE_MAX] = '\0';
    assert_true(ch_blt_parse(arena, text, CH_BLT_SIZE_MAX, &election, &refusal));
    assert_int_equal(election.candidates, 1000);
    assert_int_equal(election.ballots[0].preferences[0], 1000);
    assert_false(ch_blt_parse(arena, text, CH_BLT_SIZE_MAX + 1, &election, &refusal));
    assert_string_equal(refusal.slug, "too_large");
    assert_int_equal(refusal.line, 0);
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_of_writing),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
