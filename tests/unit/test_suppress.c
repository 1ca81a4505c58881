/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/suppress.c: small tables against an attacker who tries every combination. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/suppress.h"

#define CELLS   64
#define MEMBERS 10
#define LINES   256
#define PRIME   UINT64_C(1000003)

static uint64_t seed = 20260801;

static uint32_t random_below(uint32_t most)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % most;
}

struct table {
    struct suppress_cell cells[CELLS];
    struct suppress_member members[CELLS][MEMBERS];
    size_t count;
};

/* Adds a member to a cell, or a channel of one that is there. */
static void add(struct table *table, size_t cell, uint32_t member, uint16_t channels)
{
    struct suppress_cell *at = &table->cells[cell];
    at->members = table->members[cell];
    for (size_t m = 0; m < at->member_count; m++)
        if (table->members[cell][m].member == member) {
            table->members[cell][m].channels |= channels;
            return;
        }
    table->members[cell][at->member_count++] = (struct suppress_member){member, channels};
}

static struct table random_table(unsigned dimensions, const uint32_t *sizes, unsigned density, unsigned channels)
{
    struct table table = {0};
    for (uint32_t a = 0; a < sizes[0]; a++)
        for (uint32_t b = 0; b < (dimensions > 1 ? sizes[1] : 1); b++)
            for (uint32_t c = 0; c < (dimensions > 2 ? sizes[2] : 1); c++) {
                struct suppress_cell *cell = &table.cells[table.count];
                *cell = (struct suppress_cell){.key = {a, b, c}, .rows = 1 + random_below(50)};
                for (uint32_t m = 0; m < MEMBERS; m++)
                    if (random_below(100) < density)
                        add(&table, table.count, m, (uint16_t)(channels > 1 && random_below(2) ? 3 : 1));
                if (cell->member_count)
                    table.count++;
            }
    return table;
}

/* ---- the attacker ---- */

struct lines {
    uint64_t at[LINES][CELLS];
    size_t count;
};

static bool same_key(const struct suppress_cell *a, const struct suppress_cell *b, unsigned mask)
{
    for (unsigned d = 0; d < 3; d++)
        if ((mask >> d & 1) && a->key[d] != b->key[d])
            return false;
    return true;
}

/* What a query grouped by the dimensions of mask shows, as lines over the cells of the whole table. */
static void ask(const struct table *table, unsigned mask, unsigned channels, uint32_t k, struct lines *lines)
{
    struct table grouped = {0};
    size_t of[CELLS];
    for (size_t i = 0; i < table->count; i++) {
        size_t g = 0;
        while (g < grouped.count && !same_key(&grouped.cells[g], &table->cells[i], mask))
            g++;
        if (g == grouped.count) {
            grouped.cells[g] = (struct suppress_cell){0};
            for (unsigned d = 0, e = 0; d < 3; d++)
                if (mask >> d & 1)
                    grouped.cells[g].key[d] = table->cells[i].key[d], e++;
            grouped.count++;
        }
        of[i] = g;
        grouped.cells[g].rows += table->cells[i].rows;
        for (size_t m = 0; m < table->cells[i].member_count; m++)
            add(&grouped, g, table->members[i][m].member, table->members[i][m].channels);
    }
    struct table packed = grouped; /* dimensions of the mask moved to the front, as a query has them */
    unsigned dimensions = 0;
    for (unsigned d = 0; d < 3; d++)
        if (mask >> d & 1) {
            for (size_t g = 0; g < grouped.count; g++)
                packed.cells[g].key[dimensions] = grouped.cells[g].key[d];
            dimensions++;
        }
    for (size_t g = 0; g < grouped.count; g++) {
        packed.cells[g].members = packed.members[g];
        for (unsigned d = dimensions; d < 3; d++)
            packed.cells[g].key[d] = 0;
    }
    suppress(packed.cells, packed.count, dimensions, (UINT64_C(1) << channels) - 1, MEMBERS, k);
    for (size_t g = 0; g < packed.count; g++) {
        if (packed.cells[g].hidden)
            continue;
        assert_true(lines->count < LINES);
        memset(lines->at[lines->count], 0, sizeof lines->at[0]);
        for (size_t i = 0; i < table->count; i++)
            lines->at[lines->count][i] = of[i] == g;
        lines->count++;
    }
}

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent; exponent >>= 1, base = base * base % PRIME)
        if (exponent & 1)
            result = result * base % PRIME;
    return result;
}

/* Rank of the lines over the cells that are not left out. */
static size_t rank_of(const struct lines *lines, size_t cells, const bool *out)
{
    static struct lines work;
    size_t rank = 0;
    work = *lines;
    for (size_t c = 0; c < cells && rank < work.count; c++) {
        size_t pivot = rank;
        while (pivot < work.count && work.at[pivot][c] == 0)
            pivot++;
        if (out[c] || pivot == work.count)
            continue;
        for (size_t i = 0; i < cells; i++) {
            uint64_t kept = work.at[pivot][i];
            work.at[pivot][i] = work.at[rank][i];
            work.at[rank][i] = kept;
        }
        for (size_t r = rank + 1; r < work.count; r++) {
            uint64_t factor = PRIME - work.at[r][c] * power(work.at[rank][c], PRIME - 2) % PRIME;
            for (size_t i = 0; work.at[r][c] && i < cells; i++)
                if (!out[i] && i != c)
                    work.at[r][i] = (work.at[r][i] + factor * work.at[rank][i]) % PRIME;
            work.at[r][c] = 0;
        }
        rank++;
    }
    return rank;
}

/* Every set of fewer than k members: no combination of what is shown rests on the cells of these members alone. */
static bool is_safe(const struct table *table, const struct lines *lines, unsigned channel, uint32_t k)
{
    bool none[CELLS] = {false}, out[CELLS];
    for (size_t i = 0; i < table->count; i++) { /* cells without the channel are not in it */
        none[i] = true;
        for (size_t m = 0; m < table->cells[i].member_count; m++)
            if (table->members[i][m].channels >> channel & 1)
                none[i] = false;
    }
    size_t whole = rank_of(lines, table->count, none);
    for (uint32_t set = 1; set < 1u << MEMBERS; set++) {
        if ((uint32_t)__builtin_popcount(set) != k - 1)
            continue;
        for (size_t i = 0; i < table->count; i++) {
            out[i] = true;
            for (size_t m = 0; m < table->cells[i].member_count; m++)
                if ((table->members[i][m].channels >> channel & 1) && !(set >> table->members[i][m].member & 1))
                    out[i] = false;
        }
        if (rank_of(lines, table->count, out) < whole)
            return false;
    }
    return true;
}

static void nobody_tells_a_small_cell(void **state)
{
    (void)state;
    static const uint32_t SIZES[][3] = {{6, 1, 1}, {3, 3, 1}, {4, 4, 1}, {2, 6, 1}, {2, 2, 2}, {3, 3, 2}, {3, 2, 3}};
    static struct table table;
    static struct lines lines;
    size_t shown = 0, all = 0, told = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 700; round++) {
        const uint32_t *sizes = SIZES[round % 7];
        unsigned dimensions = sizes[2] > 1 ? 3 : sizes[1] > 1 ? 2 : 1, channels = 1 + random_below(2);
        uint32_t k = 2 + random_below(3);
        table = random_table(dimensions, sizes, 10 + random_below(70), channels);
        if (table.count == 0)
            continue;
        lines.count = 0;
        for (unsigned mask = 0; mask < 1u << dimensions; mask++) {
            told = lines.count;
            ask(&table, mask, channels, k, &lines);
        }
        if (lines.count == told)
            continue; /* nothing is shown: what its margins say together is not this function's to keep */
        for (unsigned channel = 0; channel < channels; channel++)
            if (!is_safe(&table, &lines, channel, k))
                fail_msg("round %d, %u dimensions, k %u, channel %u", round, dimensions, k, channel);
        all += table.count;
        shown += lines.count - told;
    }
    print_message("%zu cells shown of %zu\n", shown, all);
    assert_true(shown * 2 > all && all > 3000); /* hiding everything would be no art */
}

/* The attacker himself can win: primary suppression alone does not stand up to him. */
static void the_attacker_is_able(void **state)
{
    (void)state;
    struct table table = {.count = 3};
    struct lines lines = {.count = 3};
    for (size_t i = 0; i < 3; i++)
        for (uint32_t m = 0; m < (i == 0 ? 2 : 6); m++)
            add(&table, i, m, 1);
    lines.at[0][1] = lines.at[1][2] = lines.at[2][0] = lines.at[2][1] = lines.at[2][2] = 1;
    assert_false(is_safe(&table, &lines, 0, 5));
    lines.count = 2;
    assert_true(is_safe(&table, &lines, 0, 5));
}

static size_t hidden_of(const uint32_t *members, size_t count, uint32_t k, bool *hidden)
{
    static struct table table;
    uint32_t next = 0;
    size_t sum = 0;
    static struct suppress_member many[CELLS][CELLS];
    table = (struct table){.count = count};
    for (size_t i = 0; i < count; i++) {
        for (uint32_t m = 0; m < members[i]; m++)
            many[i][m] = (struct suppress_member){next++, 1};
        table.cells[i] = (struct suppress_cell){
            .key = {(uint32_t)i}, .rows = members[i], .members = many[i], .member_count = members[i]};
    }
    suppress(table.cells, count, 1, 1, next, k);
    for (size_t i = 0; i < count; i++)
        sum += hidden[i] = table.cells[i].hidden;
    return sum;
}

static void no_more_is_hidden_than_must_be(void **state)
{
    (void)state;
    bool hidden[CELLS];
    assert_int_equal(hidden_of((uint32_t[]){9, 8, 7}, 3, 5, hidden), 0);
    assert_int_equal(hidden_of((uint32_t[]){9, 2, 7, 8}, 4, 5, hidden), 2); /* and the next smallest */
    assert_true(hidden[1] && hidden[2]);
    assert_int_equal(hidden_of((uint32_t[]){9, 2, 3, 8}, 4, 5, hidden), 2); /* together they are enough */
    assert_true(hidden[1] && hidden[2]);
    assert_int_equal(hidden_of((uint32_t[]){9, 2, 2, 8}, 4, 5, hidden), 3);
    assert_true(hidden[1] && hidden[2] && hidden[3]);
    assert_int_equal(hidden_of((uint32_t[]){2, 2, 2}, 3, 5, hidden), 3);
    assert_int_equal(hidden_of((uint32_t[]){4}, 1, 5, hidden), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_attacker_is_able),
                                       cmocka_unit_test(no_more_is_hidden_than_must_be),
                                       cmocka_unit_test(nobody_tells_a_small_cell)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
