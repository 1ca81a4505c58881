/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Primary and secondary suppression. Sources: Hundepool et al., Statistical Disclosure Control (Wiley 2012), chapter 4;
 * Fischetti and Salazar, Models and Algorithms for Optimizing Cell Suppression in Tabular Data with Linear Constraints
 * (JASA 95, 2000) for the linear system of an attacker. What is done here, for each table and channel:
 *
 * The attacker knows the shown cells and the shown margins; so he knows, for each shown margin, the sum over its hidden
 * cells. Let W be the space spanned by these lines over the hidden cells: every combination w in it can be computed,
 * and it rests on the members of the cells where it is not zero. Needed: no w but 0 rests on fewer than k. A cell that
 * alone has k members ("solid") can be left out: w is zero on it or harmless. So only the w that are zero on all solid
 * cells count. Among those, cells whose columns are proportional are zero together or not: where such a class together
 * has k members, w is zero on it or harmless, so again only the w that are zero on the class count; and so on. If
 * nothing but 0 is left the table is safe. Else the next smallest cell in a line of what is left is hidden too, and all
 * begins anew. Arithmetic is modulo a prime of 31 bits: exact in what it finds but for one case in billions, where a
 * determinant of ones and zeros is a multiple of the prime.
 *
 * Margins are tables of their own and are done first; a cell is shown only where all its margins are. */
#include "suppress.h"
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 8                    /* subsets of three dimensions */
#define PRIME  UINT64_C(2147483647) /* 2^31 - 1 */
#define WORK   INT64_C(2000000000)  /* multiplications for one call */
#define NO_ROW UINT32_MAX

/* The table grouped by the dimensions in its mask. */
struct level {
    struct suppress_cell *cells;
    size_t count;
    uint32_t *of_base; /* cell of the full table -> cell here */
    uint32_t *base;    /* a cell of the full table in this cell */
    bool own;          /* cells and their members were made here */
};

struct job {
    struct level levels[LEVELS];
    unsigned full; /* mask of the table asked for */
    uint64_t channels;
    uint32_t k;
    uint32_t *stamp, now; /* by member: when it was counted last */
    int64_t work;
};

/* ---- margins ---- */

struct order {
    const struct suppress_cell *cells;
    unsigned mask;
};

static int by_key(const struct suppress_cell *a, const struct suppress_cell *b, unsigned mask)
{
    for (unsigned d = 0; d < SUPPRESS_DIMENSIONS; d++)
        if (mask >> d & 1 && a->key[d] != b->key[d])
            return a->key[d] < b->key[d] ? -1 : 1;
    return 0;
}

static int by_masked_key(const void *a, const void *b, void *arg)
{
    const struct order *order = arg;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int way = by_key(&order->cells[left], &order->cells[right], order->mask);
    return way ? way : left < right ? -1 : left > right;
}

/* The cells of the full table in places[0 ... count - 1] become one cell. */
static struct suppress_cell merge(struct job *job, const struct suppress_cell *cells, const uint32_t *places,
                                  size_t count, unsigned mask, uint32_t *place_of)
{
    struct suppress_cell out = {0};
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += cells[places[i]].member_count;
    struct suppress_member *members = block(room, sizeof *members);
    job->now++;
    for (unsigned d = 0; d < SUPPRESS_DIMENSIONS; d++)
        out.key[d] = mask >> d & 1 ? cells[places[0]].key[d] : 0;
    for (size_t i = 0; i < count; i++) {
        const struct suppress_cell *cell = &cells[places[i]];
        out.rows += cell->rows;
        for (size_t m = 0; m < cell->member_count; m++) {
            uint32_t member = cell->members[m].member;
            if (job->stamp[member] != job->now)
                members[place_of[member] = (uint32_t)out.member_count++] = (struct suppress_member){.member = member};
            job->stamp[member] = job->now;
            members[place_of[member]].channels |= cell->members[m].channels;
        }
    }
    out.members = members;
    return out;
}

static void make_level(struct job *job, struct suppress_cell *cells, size_t count, unsigned mask, uint32_t *place_of)
{
    struct level *level = &job->levels[mask];
    uint32_t *places = block(count, sizeof *places);
    *level = (struct level){.cells = block(count, sizeof *level->cells),
                            .of_base = block(count, sizeof *level->of_base),
                            .base = block(count, sizeof *level->base),
                            .own = true};
    for (size_t i = 0; i < count; i++)
        places[i] = (uint32_t)i;
    qsort_r(places, count, sizeof *places, by_masked_key, &(struct order){cells, mask});
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && by_key(&cells[places[from]], &cells[places[to]], mask) == 0; to++)
            level->of_base[places[to]] = (uint32_t)level->count;
        level->base[level->count] = places[from];
        level->cells[level->count++] = merge(job, cells, places + from, to - from, mask, place_of);
    }
    free(places);
}

static void use_as_level(struct job *job, struct suppress_cell *cells, size_t count)
{
    struct level *level = &job->levels[job->full];
    *level = (struct level){.cells = cells,
                            .count = count,
                            .of_base = block(count, sizeof *level->of_base),
                            .base = block(count, sizeof *level->base)};
    for (size_t i = 0; i < count; i++)
        level->of_base[i] = level->base[i] = (uint32_t)i;
}

static void free_level(struct level *level)
{
    for (size_t i = 0; level->own && i < level->count; i++)
        free((void *)(uintptr_t)level->cells[i].members);
    if (level->own)
        free(level->cells);
    free(level->of_base);
    free(level->base);
}

static bool is_below(unsigned margin, unsigned mask)
{
    return margin != mask && (margin & mask) == margin;
}

/* The cell of a margin that holds cell i of a level. */
static const struct suppress_cell *margin_of(const struct job *job, unsigned mask, unsigned margin, size_t i)
{
    const struct level *level = &job->levels[margin];
    return &level->cells[level->of_base[job->levels[mask].base[i]]];
}

/* ---- members ---- */

static uint32_t members_in(const struct suppress_cell *cell, unsigned channel)
{
    uint32_t count = 0;
    for (size_t m = 0; m < cell->member_count; m++)
        count += (uint32_t)(cell->members[m].channels >> channel & 1);
    return count;
}

/* Members not yet stamped with job->now, which they are then. */
static uint32_t add_members(struct job *job, const struct suppress_cell *cell, unsigned channel)
{
    uint32_t count = 0;
    for (size_t m = 0; m < cell->member_count; m++) {
        uint32_t *stamp = &job->stamp[cell->members[m].member];
        if (!(cell->members[m].channels >> channel & 1) || *stamp == job->now)
            continue;
        *stamp = job->now;
        count++;
    }
    return count;
}

static void hide_small(struct job *job, unsigned mask)
{
    struct level *level = &job->levels[mask];
    for (size_t i = 0; i < level->count; i++) {
        struct suppress_cell *cell = &level->cells[i];
        cell->hidden = cell->member_count < job->k;
        for (uint64_t left = job->channels; left; left &= left - 1) {
            uint32_t members = members_in(cell, (unsigned)__builtin_ctzll(left));
            cell->hidden |= members > 0 && members < job->k;
        }
        for (unsigned margin = 0; margin < mask; margin++)
            if (is_below(margin, mask))
                cell->hidden |= margin_of(job, mask, margin, i)->hidden;
    }
}

/* ---- the attacker's system ---- */

/* Lines over hidden cells, solid ones first, modulo PRIME. */
struct system {
    unsigned mask, channel;
    uint32_t *cells; /* column -> cell of the level */
    size_t columns, solid;
    uint32_t *matrix; /* rows one behind another */
    size_t rows;      /* those from the beginning that count */
};

static uint32_t *row_of(const struct system *system, size_t row)
{
    return system->matrix + row * system->columns;
}

static uint32_t inverse(uint32_t value)
{
    uint64_t result = 1, power = value;
    for (uint64_t e = PRIME - 2; e; e >>= 1, power = power * power % PRIME)
        if (e & 1)
            result = result * power % PRIME;
    return (uint32_t)result;
}

/* Takes so much of `from` out of `row` that its column `at` is 0. */
static void reduce(struct job *job, struct system *system, uint32_t *row, const uint32_t *from, size_t at)
{
    uint64_t factor = PRIME - row[at] * (uint64_t)inverse(from[at]) % PRIME;
    for (size_t c = at; c < system->columns; c++)
        row[c] = (uint32_t)((row[c] + factor * from[c]) % PRIME);
    job->work -= (int64_t)(system->columns - at);
}

static void swap_rows(struct system *system, size_t a, size_t b)
{
    uint32_t *left = row_of(system, a), *right = row_of(system, b);
    for (size_t c = 0; a != b && c < system->columns; c++) {
        uint32_t kept = left[c];
        left[c] = right[c];
        right[c] = kept;
    }
}

/* Makes the combinations zero in a column: one row goes, the others are cleared by it. */
static void force_zero(struct job *job, struct system *system, size_t column)
{
    size_t pivot = 0;
    while (pivot < system->rows && row_of(system, pivot)[column] == 0)
        pivot++;
    if (pivot == system->rows)
        return;
    swap_rows(system, pivot, --system->rows);
    const uint32_t *last = row_of(system, system->rows);
    /* columns in front may be other than zero here: the whole row is cleared by a multiple that begins at 0 */
    for (size_t r = 0; r < system->rows; r++) {
        uint32_t *row = row_of(system, r);
        if (row[column] == 0)
            continue;
        uint64_t factor = PRIME - row[column] * (uint64_t)inverse(last[column]) % PRIME;
        for (size_t c = 0; c < system->columns; c++)
            row[c] = (uint32_t)((row[c] + factor * last[c]) % PRIME);
        job->work -= (int64_t)system->columns;
    }
}

/* Rows become a basis: independent ones first, the rest is dropped. */
static void make_basis(struct job *job, struct system *system)
{
    size_t rank = 0;
    for (size_t c = system->solid; c < system->columns && rank < system->rows; c++) {
        size_t pivot = rank;
        while (pivot < system->rows && row_of(system, pivot)[c] == 0)
            pivot++;
        if (pivot == system->rows)
            continue;
        swap_rows(system, pivot, rank);
        for (size_t r = rank + 1; r < system->rows; r++)
            if (row_of(system, r)[c])
                reduce(job, system, row_of(system, r), row_of(system, rank), c);
        rank++;
    }
    system->rows = rank;
}

static void pick_columns(const struct job *job, struct system *system)
{
    const struct level *level = &job->levels[system->mask];
    system->cells = block(level->count, sizeof *system->cells);
    for (int solid = 1; solid >= 0; solid--) {
        for (size_t i = 0; i < level->count; i++) {
            uint32_t members = level->cells[i].hidden ? members_in(&level->cells[i], system->channel) : 0;
            if (members > 0 && (members >= job->k) == solid)
                system->cells[system->columns++] = (uint32_t)i;
        }
        if (solid)
            system->solid = system->columns;
    }
}

/* One row for each shown cell of a margin with hidden cells in it. */
static void write_lines(const struct job *job, struct system *system)
{
    size_t most = 0;
    for (unsigned margin = 0; margin < system->mask; margin++)
        if (is_below(margin, system->mask))
            most += job->levels[margin].count < system->columns ? job->levels[margin].count : system->columns;
    system->matrix = block(most * system->columns, sizeof *system->matrix);
    for (unsigned margin = 0; margin < system->mask; margin++) {
        const struct level *level = &job->levels[margin];
        uint32_t *row = block(level->count, sizeof *row);
        memset(row, 0xff, level->count * sizeof *row);
        for (size_t c = 0; is_below(margin, system->mask) && c < system->columns; c++) {
            uint32_t line = level->of_base[job->levels[system->mask].base[system->cells[c]]];
            if (level->cells[line].hidden)
                continue;
            if (row[line] == NO_ROW)
                row[line] = (uint32_t)system->rows++;
            row_of(system, row[line])[c] = 1;
        }
        free(row);
    }
}

/* ---- classes ---- */

static bool same_class(const struct system *system, size_t a, size_t b)
{
    size_t first = 0;
    while (first < system->rows && row_of(system, first)[a] == 0 && row_of(system, first)[b] == 0)
        first++;
    if (first == system->rows)
        return false;
    uint64_t left = row_of(system, first)[a], right = row_of(system, first)[b];
    if (left == 0 || right == 0)
        return false;
    for (size_t r = first; r < system->rows; r++)
        if (left * row_of(system, r)[b] % PRIME != right * row_of(system, r)[a] % PRIME)
            return false;
    return true;
}

static bool is_zero(const struct system *system, size_t column)
{
    for (size_t r = 0; r < system->rows; r++)
        if (row_of(system, r)[column])
            return false;
    return true;
}

/* Classes of proportional columns: class_of[column] is the first column of its class, -1 for zero columns. */
static void find_classes(struct job *job, const struct system *system, int32_t *class_of)
{
    for (size_t c = system->solid; c < system->columns; c++) {
        class_of[c] = is_zero(system, c) ? -1 : (int32_t)c;
        for (size_t e = system->solid; e < c && class_of[c] == (int32_t)c; e++)
            if (class_of[e] == (int32_t)e && same_class(system, e, c))
                class_of[c] = (int32_t)e;
        job->work -= (int64_t)(c - system->solid);
    }
}

static bool is_heavy(struct job *job, const struct system *system, const int32_t *class_of, size_t class)
{
    uint32_t count = 0;
    job->now++;
    for (size_t c = class; c < system->columns && count < job->k; c++)
        if (class_of[c] == (int32_t) class)
            count += add_members(job, &job->levels[system->mask].cells[system->cells[c]], system->channel);
    return count >= job->k;
}

/* True: some class was heavy, and the combinations are zero on it now. */
static bool drop_heavy(struct job *job, struct system *system, int32_t *class_of)
{
    bool dropped = false;
    find_classes(job, system, class_of);
    for (size_t c = system->solid; c < system->columns && job->work > 0; c++) {
        if (class_of[c] != (int32_t)c || !is_heavy(job, system, class_of, c))
            continue;
        force_zero(job, system, c);
        dropped = true;
    }
    return dropped;
}

/* ---- secondary suppression ---- */

static bool is_better(const struct suppress_cell *cell, const struct suppress_cell *than, unsigned channel)
{
    bool here = members_in(cell, channel) > 0, there = than && members_in(than, channel) > 0;
    if (!than || here != there)
        return !than || here;
    return cell->rows < than->rows;
}

/* The smallest shown cell in a shown line of cell `of`, long lines last; -1: none. */
static int64_t next_smallest(const struct job *job, unsigned mask, unsigned channel, size_t of)
{
    const struct level *level = &job->levels[mask];
    for (int bits = SUPPRESS_DIMENSIONS - 1; bits >= 0; bits--) {
        int64_t best = -1;
        for (unsigned margin = 0; margin < mask; margin++) {
            if (!is_below(margin, mask) || __builtin_popcount(margin) != bits ||
                margin_of(job, mask, margin, of)->hidden)
                continue;
            for (size_t i = 0; i < level->count; i++)
                if (!level->cells[i].hidden && by_key(&level->cells[i], &level->cells[of], margin) == 0 &&
                    is_better(&level->cells[i], best < 0 ? NULL : &level->cells[best], channel))
                    best = (int64_t)i;
        }
        if (best >= 0)
            return best;
    }
    return -1;
}

/* One cell more for some of the classes that are left; false: nothing is shown any more. */
static bool hide_more(struct job *job, const struct system *system, const int32_t *class_of)
{
    size_t classes = 0, done = 0;
    for (size_t c = system->solid; c < system->columns; c++)
        classes += class_of[c] == (int32_t)c;
    for (size_t c = system->solid; c < system->columns && done <= classes / 4; c++) {
        if (class_of[c] != (int32_t)c)
            continue;
        int64_t next = next_smallest(job, system->mask, system->channel, system->cells[c]);
        job->work -= (int64_t)job->levels[system->mask].count;
        if (next < 0)
            continue;
        job->levels[system->mask].cells[next].hidden = true;
        done++;
    }
    return done > 0;
}

enum verdict { SAFE, MORE, HOPELESS };

/* One look at a table in one channel. MORE: another cell was hidden, look again. */
static enum verdict look(struct job *job, unsigned mask, unsigned channel)
{
    struct system system = {.mask = mask, .channel = channel};
    enum verdict verdict = SAFE;
    pick_columns(job, &system);
    if (system.columns > system.solid) {
        int32_t *class_of = block(system.columns, sizeof *class_of);
        write_lines(job, &system);
        for (size_t c = 0; c < system.solid && job->work > 0; c++)
            force_zero(job, &system, c);
        make_basis(job, &system);
        while (system.rows > 0 && job->work > 0 && drop_heavy(job, &system, class_of))
            make_basis(job, &system);
        if (job->work <= 0)
            verdict = HOPELESS;
        else if (system.rows > 0)
            verdict = hide_more(job, &system, class_of) ? MORE : HOPELESS;
        free(class_of);
    }
    free(system.cells);
    free(system.matrix);
    return verdict;
}

static void hide_all(struct level *level)
{
    for (size_t i = 0; i < level->count; i++)
        level->cells[i].hidden = true;
}

static void solve(struct job *job, unsigned mask)
{
    bool moved = mask != 0;
    hide_small(job, mask);
    while (moved) {
        moved = false;
        for (uint64_t left = job->channels; left; left &= left - 1) {
            enum verdict verdict;
            while ((verdict = look(job, mask, (unsigned)__builtin_ctzll(left))) == MORE)
                moved = true;
            if (verdict == HOPELESS) {
                hide_all(&job->levels[mask]);
                return;
            }
        }
    }
}

void suppress(struct suppress_cell *cells, size_t count, unsigned dimensions, uint64_t channels, uint32_t members,
              uint32_t k)
{
    struct job job = {.full = (1u << dimensions) - 1, .channels = channels, .k = k, .work = WORK};
    uint32_t *place_of = block(members, sizeof *place_of);
    job.stamp = block(members, sizeof *job.stamp);
    for (unsigned mask = 0; mask < job.full; mask++)
        make_level(&job, cells, count, mask, place_of);
    use_as_level(&job, cells, count);
    for (int bits = 0; bits <= SUPPRESS_DIMENSIONS; bits++)
        for (unsigned mask = 0; mask <= job.full; mask++)
            if (__builtin_popcount(mask) == bits)
                solve(&job, mask);
    for (unsigned mask = 0; mask <= job.full; mask++)
        free_level(&job.levels[mask]);
    free(job.stamp);
    free(place_of);
}
