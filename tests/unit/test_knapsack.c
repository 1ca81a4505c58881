/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Budget rounds: the published example to the byte, what makes a ballot invalid, the bounds, refusals, and random
 * rounds against a search through all sets of projects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/knapsack.h"

static const char EXAMPLE[] =
    "{\"pot\":1000,\"min_num\":1,\"min_den\":20,\"projects\":[{\"id\":1,\"cost\":600},{\"id\":2,\"cost\":500},"
    "{\"id\":3,\"cost\":400}],\"ballots\":[{\"count\":5,\"projects\":[1,3]},{\"count\":4,\"projects\":[2]},"
    "{\"count\":1,\"projects\":[1,2]}]}";

/* The example with its first `from` replaced. */
static const char *changed(struct ch_arena *arena, const char *from, const char *to)
{
    const char *at = strstr(EXAMPLE, from);
    assert_non_null(at);
    return ch_printf(arena, "%.*s%s%s", (int)(at - EXAMPLE), EXAMPLE, to, at + strlen(from));
}

static const struct {
    const char *from, *to, *result;
} COUNTED[] = {
    {"", "",
     "{\"method\":\"knapsack\",\"pot\":1000,\"valid\":9,\"invalid\":1,\"ranking\":["
     "{\"project\":3,\"cost\":400,\"approvals\":5,\"decision\":\"selected\"},"
     "{\"project\":1,\"cost\":600,\"approvals\":5,\"decision\":\"selected\"},"
     "{\"project\":2,\"cost\":500,\"approvals\":4,\"decision\":\"does_not_fit\"}],"
     "\"selected\":[3,1],\"spent\":1000,\"left\":0}"},
    /* Repeated and unknown projects make a ballot invalid, an empty one is valid; other keys are ignored. */
    {"{\"count\":4,\"projects\":[2]}",
     "{\"count\":2,\"projects\":[2,2]},{\"count\":1,\"projects\":[4]},{\"count\":1,\"projects\":[0]},"
     "{\"count\":1,\"projects\":[-1]},{\"count\":1,\"projects\":[100000]},"
     "{\"count\":1,\"projects\":[9223372036854775807]},{\"count\":95,\"projects\":[],\"x\":1.5}",
     "{\"method\":\"knapsack\",\"pot\":1000,\"valid\":100,\"invalid\":8,\"ranking\":["
     "{\"project\":3,\"cost\":400,\"approvals\":5,\"decision\":\"selected\"},"
     "{\"project\":1,\"cost\":600,\"approvals\":5,\"decision\":\"selected\"},"
     "{\"project\":2,\"cost\":500,\"approvals\":0,\"decision\":\"too_few_approvals\"}],"
     "\"selected\":[3,1],\"spent\":1000,\"left\":0}"},
    /* 5 of 100 is 1/20; 5 of 101 is less. */
    {"{\"count\":4,\"projects\":[2]}", "{\"count\":96,\"projects\":[2]}",
     "{\"method\":\"knapsack\",\"pot\":1000,\"valid\":101,\"invalid\":1,\"ranking\":["
     "{\"project\":2,\"cost\":500,\"approvals\":96,\"decision\":\"selected\"},"
     "{\"project\":3,\"cost\":400,\"approvals\":5,\"decision\":\"too_few_approvals\"},"
     "{\"project\":1,\"cost\":600,\"approvals\":5,\"decision\":\"too_few_approvals\"}],"
     "\"selected\":[2],\"spent\":500,\"left\":500}"},
    /* Nobody voted: nobody is under a share of nobody. */
    {"{\"count\":5,\"projects\":[1,3]},{\"count\":4,\"projects\":[2]},{\"count\":1,\"projects\":[1,2]}", "",
     "{\"method\":\"knapsack\",\"pot\":1000,\"valid\":0,\"invalid\":0,\"ranking\":["
     "{\"project\":3,\"cost\":400,\"approvals\":0,\"decision\":\"selected\"},"
     "{\"project\":2,\"cost\":500,\"approvals\":0,\"decision\":\"selected\"},"
     "{\"project\":1,\"cost\":600,\"approvals\":0,\"decision\":\"does_not_fit\"}],"
     "\"selected\":[3,2],\"spent\":900,\"left\":100}"},
    /* As wide as numbers may be. */
    {"\"pot\":1000,\"min_num\":1,\"min_den\":20,\"projects\":[{\"id\":1,\"cost\":600}",
     "\"pot\":9007199254740991,\"min_num\":9007199254740990,\"min_den\":9007199254740991,\"projects\":["
     "{\"id\":99999,\"cost\":9007199254740991},{\"id\":1,\"cost\":9007199254740991}",
     "{\"method\":\"knapsack\",\"pot\":9007199254740991,\"valid\":4,\"invalid\":6,\"ranking\":["
     "{\"project\":2,\"cost\":500,\"approvals\":4,\"decision\":\"selected\"},"
     "{\"project\":3,\"cost\":400,\"approvals\":0,\"decision\":\"too_few_approvals\"},"
     "{\"project\":1,\"cost\":9007199254740991,\"approvals\":0,\"decision\":\"too_few_approvals\"},"
     "{\"project\":99999,\"cost\":9007199254740991,\"approvals\":0,\"decision\":\"too_few_approvals\"}],"
     "\"selected\":[2],\"spent\":500,\"left\":9007199254740491}"},
    /* The product of approvals and denominator does not fit 64 bits. */
    {"\"min_den\":20", "\"min_den\":9007199254740991",
     "{\"method\":\"knapsack\",\"pot\":1000,\"valid\":9,\"invalid\":1,\"ranking\":["
     "{\"project\":3,\"cost\":400,\"approvals\":5,\"decision\":\"selected\"},"
     "{\"project\":1,\"cost\":600,\"approvals\":5,\"decision\":\"selected\"},"
     "{\"project\":2,\"cost\":500,\"approvals\":4,\"decision\":\"does_not_fit\"}],"
     "\"selected\":[3,1],\"spent\":1000,\"left\":0}"},
    {"\"count\":5", "\"count\":9223372036854775802",
     "{\"method\":\"knapsack\",\"pot\":1000,\"valid\":9223372036854775806,\"invalid\":1,\"ranking\":["
     "{\"project\":3,\"cost\":400,\"approvals\":9223372036854775802,\"decision\":\"selected\"},"
     "{\"project\":1,\"cost\":600,\"approvals\":9223372036854775802,\"decision\":\"selected\"},"
     "{\"project\":2,\"cost\":500,\"approvals\":4,\"decision\":\"too_few_approvals\"}],"
     "\"selected\":[3,1],\"spent\":1000,\"left\":0}"},
};

static void test_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof COUNTED / sizeof *COUNTED; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_knapsack_round round;
        struct ch_calc_refusal refusal;
        const char *text = changed(arena, COUNTED[i].from, COUNTED[i].to);
        assert_true(ch_knapsack_parse(arena, text, strlen(text), &round, &refusal));
        assert_string_equal(ch_knapsack_text(arena, ch_knapsack_count(arena, &round)), COUNTED[i].result);
        ch_arena_free(arena);
    }
}

static const struct {
    const char *from, *to, *slug, *pointer;
} REFUSED[] = {
    {"]}", "]", "not_json", NULL},
    {"\"pot\":1000", "\"pot\":1000,\"pot\":1000", "not_json", NULL},
    {"\"pot\":1000,", "", "missing", "/pot"},
    {"\"pot\":1000", "\"pot\":0", "out_of_range", "/pot"},
    {"\"pot\":1000", "\"pot\":9007199254740992", "out_of_range", "/pot"},
    {"\"pot\":1000", "\"pot\":99999999999999999999", "out_of_range", "/pot"},
    {"\"pot\":1000", "\"pot\":1000.0", "not_integer", "/pot"},
    {"\"min_num\":1", "\"min_num\":21", "out_of_range", "/min_num"},
    {"\"min_num\":1", "\"min_num\":-1", "out_of_range", "/min_num"},
    {"\"min_den\":20", "\"min_den\":0", "out_of_range", "/min_den"},
    {"\"projects\":[{", "\"project\":[{", "missing", "/projects"},
    {"\"ballots\":[", "\"ballots\":7,\"x\":[", "missing", "/ballots"},
    {"{\"id\":2,\"cost\":500}", "7", "missing", "/projects/1/id"},
    {"{\"id\":2,\"cost\":500}", "{\"id\":\"2\",\"cost\":500}", "not_integer", "/projects/1/id"},
    {"\"id\":2", "\"id\":100000", "out_of_range", "/projects/1/id"},
    {"\"id\":2", "\"id\":0", "out_of_range", "/projects/1/id"},
    {"\"id\":2", "\"id\":1", "out_of_range", "/projects/1/id"},
    {"\"cost\":500", "\"cost\":0", "out_of_range", "/projects/1/cost"},
    {"\"cost\":500", "\"cost\":9007199254740992", "out_of_range", "/projects/1/cost"},
    {"\"count\":4", "\"count\":0", "out_of_range", "/ballots/1/count"},
    {"\"count\":4,", "", "missing", "/ballots/1/count"},
    {"\"count\":5", "\"count\":9223372036854775807", "out_of_range", "/ballots/1/count"},
    {"\"projects\":[2]", "\"projects\":2", "missing", "/ballots/1/projects"},
    {"\"projects\":[1,3]", "\"projects\":[1,\"3\"]", "not_integer", "/ballots/0/projects/1"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_knapsack_round round;
        struct ch_calc_refusal refusal = {.slug = "accepted"};
        const char *text = changed(arena, REFUSED[i].from, REFUSED[i].to);
        ch_knapsack_parse(arena, text, strlen(text), &round, &refusal);
        assert_string_equal(refusal.slug, REFUSED[i].slug);
        REFUSED[i].pointer ? assert_string_equal(refusal.pointer, REFUSED[i].pointer) : assert_null(refusal.pointer);
        ch_arena_free(arena);
    }
}

/* ---- against all sets of projects ---- */

static uint64_t seed = 20260907;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % below);
}

enum { MOST_PROJECTS = 12, MOST_BALLOTS = 30 };

/* Ballots are sets, so what one of them costs and what it approves can be told from bits. */
struct random_round {
    struct ch_knapsack_round round;
    struct ch_knapsack_project projects[MOST_PROJECTS];
    struct ch_knapsack_ballot ballots[MOST_BALLOTS];
    int64_t chosen[MOST_BALLOTS][MOST_PROJECTS];
};

static void draw_round(struct random_round *random)
{
    memset(random, 0, sizeof *random);
    random->round = (struct ch_knapsack_round){.pot = 1 + draw(60),
                                               .min_num = draw(2),
                                               .min_den = 1 + draw(9),
                                               .projects = random->projects,
                                               .project_count = draw(MOST_PROJECTS + 1),
                                               .ballots = random->ballots,
                                               .ballot_count = draw(MOST_BALLOTS + 1)};
    for (size_t i = 0; i < random->round.project_count; i++)
        random->projects[i] =
            (struct ch_knapsack_project){.id = (int64_t)(7 * (i + 1) % 13), .cost = 1 + draw(draw(2) ? 8 : 40)};
    for (size_t b = 0; b < random->round.ballot_count; b++) {
        struct ch_knapsack_ballot *ballot = &random->ballots[b];
        *ballot = (struct ch_knapsack_ballot){.count = 1 + draw(5), .projects = random->chosen[b]};
        for (size_t i = 0; i < random->round.project_count; i++)
            if (draw(4) == 0)
                random->chosen[b][ballot->project_count++] = random->projects[i].id;
    }
}

/* Of all sets of ranked projects with enough approvals that the pot pays for, the one whose first project is ranked
 * highest, then whose second is, and so on: bit 31 - r is the project of rank r, so it is the largest number. */
static uint32_t best_set(const struct ch_knapsack_result *result)
{
    uint32_t best = 0;
    size_t count = result->round->project_count;
    for (uint32_t set = 0; set < UINT32_C(1) << count; set++) {
        uint32_t bits = 0;
        int64_t cost = 0;
        bool approved = true;
        for (size_t r = 0; r < count; r++) {
            if (!(set >> r & 1))
                continue;
            bits |= UINT32_C(1) << (31 - r);
            cost += result->ranking[r].project.cost;
            approved &= result->ranking[r].approvals * result->round->min_den >= result->round->min_num * result->valid;
        }
        if (approved && cost <= result->round->pot && bits > best)
            best = bits;
    }
    return best;
}

static void test_all_sets(void **state)
{
    (void)state;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < 1000; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct random_round random;
        draw_round(&random);
        const struct ch_knapsack_result *result = ch_knapsack_count(arena, &random.round);
        uint32_t selected = 0;
        int64_t papers = 0;
        for (size_t r = 0; r < random.round.project_count; r++)
            if (result->ranking[r].decision == CH_KNAPSACK_SELECTED)
                selected |= UINT32_C(1) << (31 - r);
        for (size_t b = 0; b < random.round.ballot_count; b++)
            papers += random.ballots[b].count;
        assert_int_equal(selected, best_set(result));
        assert_int_equal(result->valid + result->invalid, papers);
        ch_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_all_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
