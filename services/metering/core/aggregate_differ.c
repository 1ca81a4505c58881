/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looking for combinations of cells with few members left over. Cells are rows of a matrix over GF(2), a member is a
 * few words of columns. Gauss-Jordan elimination with the members in random order leaves a basis in which each row has
 * a pivot nobody else has; a combination whose few members hold one pivot only stands there as a row. */
#include "aggregate_differ.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_MOST   2400                      /* in one matrix: two answers fit */
#define WORDS_MOST   ((size_t)8 * 1024 * 1024) /* 64 MiB of matrix */
#define WORK         INT64_C(6000000000)       /* words combined in all rounds of a matrix */
#define ROUNDS_LEAST 4
#define ROUNDS_MOST  100
#define SIGNED_MOST  10 /* answers in one relation that are tried with all signs */

/* One cell in one channel. */
struct cell {
    const struct sketch *sketch;
    size_t cell;
    unsigned channel;
    uint64_t digest;
    bool fresh;
};

struct matrix {
    struct cell *cells;
    size_t count;
    unsigned words;    /* of hash for each member */
    uint64_t *members; /* sorted, each once */
    size_t member_count, buckets;
    uint32_t *order; /* bucket -> place */
    size_t width;    /* words of a row: buckets * words, then one bit for each cell */
    uint64_t *bits;
    uint32_t k;
    uint64_t random;
    bool of_all_rows; /* the channel whose numbers of rows are known */
};

static void *block(size_t count, size_t size)
{
    void *bytes = calloc(count ? count : 1, size);
    if (!bytes)
        abort();
    return bytes;
}

/* SplitMix64. */
static uint64_t mixed(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t next_random(struct matrix *matrix)
{
    return mixed(matrix->random++);
}

static bool is_zero(const uint64_t *words, unsigned count)
{
    uint64_t any = 0;
    for (unsigned w = 0; w < count; w++)
        any |= words[w];
    return any == 0;
}

/* ---- cells ---- */

static int channel_named(const struct sketch *sketch, const char *name)
{
    for (unsigned c = 0; c < sketch->channels; c++)
        if (strcmp(sketch->names[c], name) == 0)
            return (int)c;
    return -1;
}

/* Of members and hashes, whatever their order. */
static uint64_t digest_of(const struct cell *cell, unsigned words)
{
    uint64_t digest = 0;
    for (size_t e = cell->sketch->first[cell->cell]; e < cell->sketch->first[cell->cell + 1]; e++) {
        const uint64_t *hash = sketch_hash(cell->sketch, e, cell->channel);
        uint64_t one = cell->sketch->member[e];
        if (is_zero(hash, words))
            continue;
        for (unsigned w = 0; w < words; w++)
            one = mixed(one ^ hash[w]);
        digest += one;
    }
    return digest;
}

static void add_cells(struct matrix *matrix, const struct sketch *sketch, int channel, bool fresh)
{
    for (size_t i = 0; channel >= 0 && i < sketch->cells; i++)
        matrix->cells[matrix->count++] =
            (struct cell){.sketch = sketch, .cell = i, .channel = (unsigned)channel, .fresh = fresh};
}

static int by_digest(const void *a, const void *b)
{
    const struct cell *left = a, *right = b;
    if (left->digest != right->digest)
        return left->digest < right->digest ? -1 : 1;
    return (int)left->fresh - (int)right->fresh;
}

/* Equal cells become one, an earlier one where there is one. True when a fresh one is left. */
static bool drop_equal(struct matrix *matrix)
{
    size_t kept = 0;
    bool fresh = false;
    for (size_t i = 0; i < matrix->count; i++)
        matrix->cells[i].digest = digest_of(&matrix->cells[i], matrix->words);
    qsort(matrix->cells, matrix->count, sizeof *matrix->cells, by_digest);
    for (size_t i = 0; i < matrix->count; i++) {
        const struct cell *cell = &matrix->cells[i];
        if (cell->digest == 0 || (kept > 0 && matrix->cells[kept - 1].digest == cell->digest))
            continue;
        fresh |= cell->fresh;
        matrix->cells[kept++] = *cell;
    }
    matrix->count = kept;
    return fresh;
}

/* ---- the matrix ---- */

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void collect_members(struct matrix *matrix)
{
    size_t room = 0, count = 0, kept = 0;
    for (size_t i = 0; i < matrix->count; i++)
        room += matrix->cells[i].sketch->first[matrix->cells[i].cell + 1] -
                matrix->cells[i].sketch->first[matrix->cells[i].cell];
    matrix->members = block(room, sizeof *matrix->members);
    for (size_t i = 0; i < matrix->count; i++) {
        const struct cell *cell = &matrix->cells[i];
        for (size_t e = cell->sketch->first[cell->cell]; e < cell->sketch->first[cell->cell + 1]; e++)
            matrix->members[count++] = cell->sketch->member[e];
    }
    qsort(matrix->members, count, sizeof *matrix->members, by_value);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || matrix->members[i] != matrix->members[kept - 1])
            matrix->members[kept++] = matrix->members[i];
    matrix->member_count = kept;
}

static size_t place_of(const struct matrix *matrix, uint64_t member)
{
    const uint64_t *found = bsearch(&member, matrix->members, matrix->member_count, sizeof *matrix->members, by_value);
    return (size_t)(found - matrix->members);
}

/* Where there are more members than room, several share a bucket: a combination with few members has few buckets then,
 * and what is found is counted again by members. */
static void make_room(struct matrix *matrix)
{
    size_t marks = (matrix->count + 63) / 64, room = WORDS_MOST / matrix->count;
    size_t quick = (size_t)(WORK / ROUNDS_LEAST) / (matrix->count * matrix->count / 2 + 1);
    room = quick < room ? quick : room;
    matrix->buckets = matrix->member_count;
    if (matrix->buckets * matrix->words + marks > room)
        matrix->buckets = (room - marks) / matrix->words;
    matrix->width = matrix->buckets * matrix->words + marks;
    matrix->bits = block(matrix->count * matrix->width, sizeof *matrix->bits);
    matrix->order = block(matrix->buckets, sizeof *matrix->order);
    for (size_t b = 0; b < matrix->buckets; b++)
        matrix->order[b] = (uint32_t)b;
}

static void shuffle(struct matrix *matrix)
{
    for (size_t b = matrix->buckets; b > 1; b--) {
        size_t other = next_random(matrix) % b;
        uint32_t kept = matrix->order[b - 1];
        matrix->order[b - 1] = matrix->order[other];
        matrix->order[other] = kept;
    }
}

static void fill(struct matrix *matrix)
{
    memset(matrix->bits, 0, matrix->count * matrix->width * sizeof *matrix->bits);
    for (size_t i = 0; i < matrix->count; i++) {
        const struct cell *cell = &matrix->cells[i];
        uint64_t *row = matrix->bits + i * matrix->width;
        for (size_t e = cell->sketch->first[cell->cell]; e < cell->sketch->first[cell->cell + 1]; e++) {
            size_t bucket = place_of(matrix, cell->sketch->member[e]) % matrix->buckets;
            const uint64_t *hash = sketch_hash(cell->sketch, e, cell->channel);
            for (unsigned w = 0; w < matrix->words; w++)
                row[matrix->order[bucket] * matrix->words + w] ^= hash[w];
        }
        row[matrix->buckets * matrix->words + i / 64] |= UINT64_C(1) << i % 64;
    }
}

static void clear_others(struct matrix *matrix, size_t pivot_row, size_t word, uint64_t bit)
{
    const uint64_t *pivot = matrix->bits + pivot_row * matrix->width;
    for (size_t i = 0; i < matrix->count; i++) {
        uint64_t *row = matrix->bits + i * matrix->width;
        if (i == pivot_row || !(row[word] & bit))
            continue;
        for (size_t w = word; w < matrix->width; w++)
            row[w] ^= pivot[w];
    }
}

static void eliminate(struct matrix *matrix)
{
    size_t columns = matrix->buckets * matrix->words;
    for (size_t i = 0; i < matrix->count; i++) {
        const uint64_t *row = matrix->bits + i * matrix->width;
        size_t word = 0;
        while (word < columns && row[word] == 0)
            word++;
        if (word < columns)
            clear_others(matrix, i, word, row[word] & -row[word]);
    }
}

/* ---- what was found ---- */

static size_t buckets_of(const struct matrix *matrix, const uint64_t *row)
{
    size_t count = 0;
    for (size_t b = 0; b < matrix->buckets && count < matrix->k; b++)
        count += !is_zero(row + b * matrix->words, matrix->words);
    return count;
}

/* Members left over in the combination that a row stands for. */
static size_t members_of(const struct matrix *matrix, const uint64_t *row)
{
    const uint64_t *marks = row + matrix->buckets * matrix->words;
    uint64_t *sum = block(matrix->member_count * matrix->words, sizeof *sum);
    size_t count = 0;
    for (size_t i = 0; i < matrix->count; i++) {
        const struct cell *cell = &matrix->cells[i];
        if (!(marks[i / 64] >> i % 64 & 1))
            continue;
        for (size_t e = cell->sketch->first[cell->cell]; e < cell->sketch->first[cell->cell + 1]; e++)
            for (unsigned w = 0; w < matrix->words; w++)
                sum[place_of(matrix, cell->sketch->member[e]) * matrix->words + w] ^=
                    sketch_hash(cell->sketch, e, cell->channel)[w];
    }
    for (size_t m = 0; m < matrix->member_count; m++)
        count += !is_zero(sum + m * matrix->words, matrix->words);
    free(sum);
    return count;
}

static bool has_fresh(const struct matrix *matrix, const uint64_t *row)
{
    const uint64_t *marks = row + matrix->buckets * matrix->words;
    for (size_t i = 0; i < matrix->count; i++)
        if (matrix->cells[i].fresh && (marks[i / 64] >> i % 64 & 1))
            return true;
    return false;
}

/* ---- relations ---- */

/* Cells that cover each row an even number of times, so that nothing is left over when each is taken once: a relation.
 * Taken with signs they may leave something all the same: from A and B, B and C, C and A comes half of A + B + B + C -
 * C - A. Signs are tried by answers, on the numbers of rows. */
struct relation {
    const struct sketch *answers[SIGNED_MOST];
    size_t count;
    int64_t *rows; /* answer, member */
};

static bool add_answer(struct relation *relation, const struct sketch *sketch, size_t *place)
{
    *place = 0;
    while (*place < relation->count && relation->answers[*place] != sketch)
        ++*place;
    if (*place == SIGNED_MOST)
        return false;
    if (*place == relation->count)
        relation->answers[relation->count++] = sketch;
    return true;
}

/* False: of more answers than are tried. */
static bool read_relation(const struct matrix *matrix, const uint64_t *row, struct relation *relation)
{
    const uint64_t *marks = row + matrix->buckets * matrix->words;
    size_t place;
    for (size_t i = 0; i < matrix->count; i++) {
        const struct cell *cell = &matrix->cells[i];
        if (!(marks[i / 64] >> i % 64 & 1))
            continue;
        if (!add_answer(relation, cell->sketch, &place))
            return false;
        for (size_t e = cell->sketch->first[cell->cell]; e < cell->sketch->first[cell->cell + 1]; e++)
            relation->rows[place * matrix->member_count + place_of(matrix, cell->sketch->member[e])] +=
                cell->sketch->rows[e];
    }
    return true;
}

static size_t members_left(const struct matrix *matrix, const struct relation *relation, uint32_t signs)
{
    size_t count = 0;
    for (size_t m = 0; m < matrix->member_count && count < matrix->k; m++) {
        int64_t sum = 0;
        for (size_t a = 0; a < relation->count; a++) {
            int64_t rows = relation->rows[a * matrix->member_count + m];
            sum += signs >> a & 1 ? -rows : rows;
        }
        count += sum != 0;
    }
    return count;
}

static bool tells_with_signs(const struct matrix *matrix, const uint64_t *row)
{
    struct relation relation = {.rows = block(SIGNED_MOST * matrix->member_count, sizeof(int64_t))};
    bool tells = false;
    if (read_relation(matrix, row, &relation) && relation.count > 2)
        for (uint32_t signs = 0; signs < 1u << (relation.count - 1) && !tells; signs++) {
            size_t count = members_left(matrix, &relation, signs);
            tells = count > 0 && count < matrix->k;
        }
    free(relation.rows);
    return tells;
}

static bool finds(const struct matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++) {
        const uint64_t *row = matrix->bits + i * matrix->width;
        size_t count = buckets_of(matrix, row);
        if (count == 0 && matrix->of_all_rows && has_fresh(matrix, row) && tells_with_signs(matrix, row))
            return true;
        if (count > 0 && count < matrix->k && has_fresh(matrix, row) && members_of(matrix, row) < matrix->k)
            return true;
    }
    return false;
}

static bool search(struct matrix *matrix)
{
    bool found = false;
    collect_members(matrix);
    make_room(matrix);
    int64_t rounds = WORK / ROUNDS_LEAST / ((int64_t)(matrix->count * matrix->count / 2 + 1) * (int64_t)matrix->width);
    rounds = rounds < ROUNDS_LEAST ? ROUNDS_LEAST : rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds;
    while (!found && rounds-- > 0) {
        shuffle(matrix);
        fill(matrix);
        eliminate(matrix);
        found = finds(matrix);
    }
    free(matrix->members);
    free(matrix->order);
    free(matrix->bits);
    return found;
}

/* Earlier answers from `from` on, as many as fit into one matrix with the fresh one; returns behind the last. */
static size_t fitting(const struct sketch *fresh, const struct sketch *const *earlier, size_t count, size_t from)
{
    size_t cells = fresh->cells, to = from;
    while (to < count && (to == from || cells + earlier[to]->cells <= CELLS_MOST))
        cells += earlier[to++]->cells;
    return to;
}

/* Whether a channel of a sketch is that of all rows: then what holds there holds here. */
static bool is_of_all_rows(const struct sketch *sketch, int channel)
{
    for (size_t e = 0; channel > 0 && e < sketch->entries; e++)
        if (memcmp(sketch_hash(sketch, e, (unsigned)channel), sketch_hash(sketch, e, 0),
                   sketch->words * sizeof(uint64_t)) != 0)
            return false;
    return true;
}

/* A channel worth a look: some earlier answer has it, and it differs from that of all rows. */
static bool is_worth(const struct sketch *fresh, unsigned channel, const struct sketch *const *earlier, size_t from,
                     size_t to)
{
    bool shared = false, differs = !is_of_all_rows(fresh, (int)channel);
    for (size_t i = from; channel > 0 && i < to; i++) {
        int other = channel_named(earlier[i], fresh->names[channel]);
        shared |= other > 0;
        differs |= other > 0 && !is_of_all_rows(earlier[i], other);
    }
    return channel == 0 || (shared && differs);
}

static bool tells_in(const struct sketch *fresh, unsigned channel, const struct sketch *const *earlier, size_t from,
                     size_t to, uint32_t k, uint64_t seed)
{
    struct matrix matrix = {.words = fresh->words, .k = k, .random = seed, .of_all_rows = channel == 0};
    size_t room = fresh->cells;
    for (size_t i = from; i < to; i++) {
        room += earlier[i]->cells;
        matrix.words = earlier[i]->words < matrix.words ? earlier[i]->words : matrix.words;
    }
    matrix.cells = block(room, sizeof *matrix.cells);
    add_cells(&matrix, fresh, (int)channel, true);
    for (size_t i = from; i < to; i++)
        add_cells(&matrix, earlier[i], channel_named(earlier[i], fresh->names[channel]), false);
    bool found = drop_equal(&matrix) && search(&matrix);
    free(matrix.cells);
    return found;
}

bool differ_tells(const struct sketch *fresh, const struct sketch *const *earlier, size_t count, uint32_t k,
                  uint64_t seed)
{
    for (unsigned channel = 0; channel < fresh->channels; channel++)
        for (size_t from = 0, to; from < count; from = to) {
            to = fitting(fresh, earlier, count, from);
            if (is_worth(fresh, channel, earlier, from, to) && tells_in(fresh, channel, earlier, from, to, k, seed))
                return true;
        }
    return false;
}
