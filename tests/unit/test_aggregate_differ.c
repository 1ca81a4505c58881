/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/aggregate_differ.c: series of random questions to small random pools, answered or
 * refused as the service does it, against an attacker who tries every linear combination of what was answered; and what
 * refusals tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/aggregate_differ.h"
#include "../../services/metering/core/suppress.h"

#define ROWS    60
#define MEMBERS 10
#define VALUES  4
#define ASKED   6
#define LINES   (ASKED * VALUES * VALUES * 2)
#define PRIME   UINT64_C(1000003)

static uint64_t seed = 20260802;

static uint32_t random_below(uint32_t most)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % most;
}

static uint32_t hash_of(uint64_t row)
{
    uint64_t value = (row + 1) * UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(value ^ value >> 31);
}

struct row {
    uint32_t member, value[3]; /* value[2] is what is measured: 0 stands for none */
};

struct pool {
    struct row rows[ROWS];
};

static struct pool random_pool(bool at_home)
{
    struct pool pool;
    for (int i = 0; i < ROWS; i++) {
        struct row *row = &pool.rows[i];
        row->member = random_below(MEMBERS);
        for (int v = 0; v < 3; v++)
            row->value[v] = random_below(VALUES);
        if (at_home) /* a member is where it is */
            row->value[0] = row->member % VALUES;
    }
    return pool;
}

struct question {
    unsigned by;            /* mask over the first two values */
    unsigned wanted[3];     /* filter: mask of values let through */
    bool measured, counted; /* its values' sum is told; how many they are, too */
};

static struct question random_question(void)
{
    struct question question = {.by = random_below(4), .measured = random_below(2) == 0};
    question.counted = question.measured && random_below(2);
    for (int v = 0; v < 3; v++)
        question.wanted[v] = random_below(3) ? (1u << VALUES) - 1 : 1 + random_below((1u << VALUES) - 1);
    return question;
}

static bool passes(const struct question *question, const struct row *row)
{
    for (int v = 0; v < 3; v++)
        if (!(question->wanted[v] >> row->value[v] & 1))
            return false;
    return true;
}

/* What an answer shows: for each shown cell the rows in it, all and those with a value. */
struct answer {
    bool in[2][VALUES * VALUES][ROWS];
    size_t cells;
    bool measured, counted;
};

static struct answer answer_to(const struct pool *pool, const struct question *question, uint32_t k)
{
    struct suppress_cell cells[VALUES * VALUES] = {0};
    struct suppress_member members[VALUES * VALUES][MEMBERS];
    struct answer answer = {.measured = question->measured, .counted = question->counted};
    size_t of[ROWS], count = 0, place[VALUES * VALUES];
    for (int i = 0; i < ROWS; i++) {
        const struct row *row = &pool->rows[i];
        uint32_t key[2] = {question->by & 1 ? row->value[0] : 0, question->by & 2 ? row->value[1] : 0};
        uint32_t first = question->by == 2 ? key[1] : key[0], second = question->by == 3 ? key[1] : 0;
        size_t c = 0, m = 0;
        of[i] = SIZE_MAX;
        if (!passes(question, row))
            continue;
        while (c < count && (cells[c].key[0] != first || cells[c].key[1] != second))
            c++;
        if (c == count)
            cells[count++] = (struct suppress_cell){.key = {first, second}, .members = members[c]};
        while (m < cells[c].member_count && members[c][m].member != row->member)
            m++;
        if (m == cells[c].member_count)
            members[c][cells[c].member_count++] = (struct suppress_member){row->member, 1};
        members[c][m].channels |= row->value[2] ? 2 : 4;
        cells[c].rows++;
        of[i] = c;
    }
    suppress(cells, count, (unsigned)__builtin_popcount(question->by),
             question->counted    ? 7
             : question->measured ? 3
                                  : 1,
             MEMBERS, k);
    for (size_t c = 0; c < count; c++)
        place[c] = cells[c].hidden ? SIZE_MAX : answer.cells++;
    for (int i = 0; i < ROWS; i++)
        if (of[i] != SIZE_MAX && place[of[i]] != SIZE_MAX) {
            answer.in[0][place[of[i]]][i] = true;
            answer.in[1][place[of[i]]][i] = pool->rows[i].value[2] != 0;
        }
    return answer;
}

/* Kept as rows, or the same as lanes. */
static struct sketch sketch_of(const struct pool *pool, const struct answer *answer, bool of_rows)
{
    struct sketch sketch;
    size_t rows = 0;
    sketch_init(&sketch, of_rows, answer->measured ? 2 : 1, answer->cells, answer->cells * MEMBERS,
                answer->cells * ROWS);
    sketch.names[1] = 77;
    for (size_t e = 0; e < answer->cells * MEMBERS; e++) {
        size_t cell = e / MEMBERS, member = e % MEMBERS;
        sketch.cell[cell].summed = sketch.channels > 1 ? 2 : 0;
        sketch.cell[cell].counted = answer->counted ? 2 : 0;
        sketch.first[cell + 1] = e + 1;
        sketch.member[e] = 1000 + member;
        for (size_t i = 0; i < ROWS; i++) {
            if (pool->rows[i].member != member || !answer->in[0][cell][i])
                continue;
            for (unsigned c = 0; !of_rows && c < sketch.channels; c++)
                for (unsigned lane = 0; answer->in[c][cell][i] && lane < SKETCH_LANES; lane++)
                    sketch.lanes[(e * sketch.channels + c) * SKETCH_LANES + lane] += sketch_lane(hash_of(i), lane);
            if (of_rows) {
                sketch.hash[rows] = hash_of(i);
                sketch.mask[rows++] = answer->in[1][cell][i] ? 3 : 1;
            }
        }
        sketch.row[e + 1] = rows;
    }
    sketch.rows = rows;
    return sketch;
}

/* ---- the attacker ---- */

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent; exponent >>= 1, base = base * base % PRIME)
        if (exponent & 1)
            result = result * base % PRIME;
    return result;
}

static uint64_t known[LINES][ROWS];
static size_t known_count;

/* Rank of what is known over the rows of members outside `set`. */
static size_t rank_without(const struct pool *pool, uint32_t set)
{
    static uint64_t work[LINES][ROWS];
    size_t rank = 0;
    memcpy(work, known, sizeof work);
    for (size_t c = 0; c < ROWS && rank < known_count; c++) {
        size_t pivot = rank;
        while (pivot < known_count && work[pivot][c] == 0)
            pivot++;
        if ((set >> pool->rows[c].member & 1) || pivot == known_count)
            continue;
        for (size_t i = 0; pivot != rank && i < ROWS; i++) {
            uint64_t kept = work[pivot][i];
            work[pivot][i] = work[rank][i];
            work[rank][i] = kept;
        }
        uint64_t inverse = power(work[rank][c], PRIME - 2);
        for (size_t r = rank + 1; r < known_count; r++) {
            uint64_t factor = (PRIME - work[r][c]) * inverse % PRIME;
            for (size_t i = c; factor && i < ROWS; i++)
                work[r][i] = (work[r][i] + factor * work[rank][i]) % PRIME;
        }
        rank++;
    }
    return rank;
}

static void know(const struct answer *answer, int channel)
{
    for (size_t c = 0; c < answer->cells; c++, known_count++)
        for (size_t i = 0; i < ROWS; i++)
            known[known_count][i] = answer->in[channel][c][i];
}

/* Numbers of rows, with those that have a value where they were told; or sums of values. */
static bool is_safe(const struct pool *pool, const struct answer *answers, size_t count, bool sums, uint32_t k)
{
    known_count = 0;
    for (size_t a = 0; a < count; a++) {
        if (!sums)
            know(&answers[a], 0);
        if (sums ? answers[a].measured : answers[a].counted)
            know(&answers[a], 1);
    }
    size_t whole = rank_without(pool, 0);
    for (uint32_t set = 1; set < 1u << MEMBERS; set++)
        if ((uint32_t)__builtin_popcount(set) == k - 1 && rank_without(pool, set) < whole)
            return false;
    return true;
}

/* ---- series of questions ---- */

struct tally {
    int answered, refused, given_up, told, needless;
};

static void ask(const struct pool *pool, size_t most, uint32_t k, bool of_rows, struct tally *tally)
{
    static struct answer answers[ASKED];
    struct sketch sketches[ASKED];
    const struct sketch *earlier[ASKED];
    size_t count = 0;
    for (size_t tries = 0; tries < 3 * most && count < most; tries++) {
        struct question question = random_question();
        answers[count] = answer_to(pool, &question, k);
        if (answers[count].cells == 0)
            continue;
        sketches[count] = sketch_of(pool, &answers[count], of_rows);
        bool told = !is_safe(pool, answers, count + 1, false, k) || !is_safe(pool, answers, count + 1, true, k);
        enum search_verdict verdict = differ_judge(&sketches[count], earlier, count, k, seed);
        tally->given_up += verdict == SEARCH_TOO_MUCH;
        if (verdict != SEARCH_SAFE) {
            tally->refused++;
            tally->needless += !told;
            sketch_free(&sketches[count]);
            continue;
        }
        tally->answered++;
        tally->told += told;
        earlier[count] = &sketches[count];
        count++;
        if (told)
            break;
    }
    for (size_t i = 0; i < count; i++)
        sketch_free(&sketches[i]);
}

static struct tally rounds(int count, size_t most, bool of_rows)
{
    struct tally tally = {0};
    for (int round = 0; round < count; round++) {
        struct pool pool = random_pool(random_below(2));
        ask(&pool, most, 2 + random_below(3), of_rows, &tally);
    }
    print_message("%zu at a time, kept as %s: %d answered, %d refused (%d needlessly, %d given up), %d told too much\n",
                  most, of_rows ? "rows" : "lanes", tally.answered, tally.refused, tally.needless, tally.given_up,
                  tally.told);
    return tally;
}

static int how_many(int usual)
{
    const char *text = getenv("CH_ROUNDS");
    return text ? (int)strtol(text, NULL, 10) : usual;
}

/* Whatever the weights: nothing told, nothing refused that need not be. */
static void no_series_tells(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t most = 2; most <= ASKED; most += ASKED - 2) {
        struct tally tally = rounds(how_many(1500) * 2 / (int)most, most, true);
        assert_int_equal(tally.told, 0);
        assert_int_equal(tally.needless, 0);
        assert_true(tally.refused > 0 && tally.answered > tally.refused);
    }
}

/* Lanes lose nothing that tells; they refuse more. */
static void no_series_tells_in_lanes(void **state)
{
    (void)state;
    struct tally tally = rounds(how_many(1500) / 5, ASKED, false);
    assert_int_equal(tally.told, 0);
    assert_true(tally.refused > 0 && tally.answered > 0);
}

/* ---- refusals ---- */

/* All rows under a filter in an answer of one cell, as rows or lanes. `condition` 0: none. */
static struct sketch one_cell(const struct pool *pool, const struct question *question, uint64_t condition,
                              bool of_rows)
{
    struct answer answer = answer_to(pool, question, 1);
    struct sketch sketch = sketch_of(pool, &answer, of_rows);
    sketch.where = condition;
    sketch.condition_count = condition != 0;
    sketch.conditions[0] = (struct sketch_condition){.text = condition, .column = 900 + condition % 2};
    return sketch;
}

/* Everything, and everything under a condition: refused alike whether nobody is left out or one is; not when many are,
 * nor when the column of the condition is one that is grouped by. */
static void nobody_is_as_few(void **state)
{
    (void)state;
    for (int of_rows = 0; of_rows < 2; of_rows++)
        for (uint32_t left = 0; left <= MEMBERS / 2; left++) {
            struct pool pool = {0};
            struct question all = {.wanted = {15, 15, 15}}, most = {.wanted = {1, 15, 15}};
            for (uint32_t i = 0; i < ROWS; i++)
                pool.rows[i] = (struct row){.member = i % MEMBERS, .value = {i % MEMBERS < left, 0, 1}};
            struct sketch first = one_cell(&pool, &all, 0, of_rows), then = one_cell(&pool, &most, 7, of_rows);
            const struct sketch *earlier = &first;
            enum search_verdict expected = left < 4 ? SEARCH_TELLS : SEARCH_SAFE;
            assert_int_equal(differ_judge(&then, &earlier, 1, 4, seed), expected);
            earlier = &then;
            assert_int_equal(differ_judge(&first, &earlier, 1, 4, seed), expected);
            if (left == 0) {
                then.condition_count = 0; /* the same rows in other words that cannot be narrowed */
                assert_int_equal(differ_judge(&first, &earlier, 1, 4, seed), SEARCH_SAFE);
                then.condition_count = first.by_count = 1;
                first.by[0] = then.conditions[0].column;
                assert_int_equal(differ_judge(&first, &earlier, 1, 4, seed), SEARCH_SAFE);
            }
            sketch_free(&first);
            sketch_free(&then);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_series_tells), cmocka_unit_test(no_series_tells_in_lanes),
                                       cmocka_unit_test(nobody_is_as_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
