/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows are known by member and hash. In a first pass over all answers the sets that a row is in are summed up to a
 * digest; rows with the same digest are one atom. In a second pass one row of each atom collects its sets. */
#include "aggregate_atoms.h"
#include "scratch.h"

#include <stdbool.h>
#include <stdlib.h>

#define NUMBERS_MOST ((size_t)32 * 1024 * 1024) /* in a cover */

/* ---- rows ---- */

struct row {
    uint64_t key, member, digest; /* key 0: nobody */
    uint32_t atom;                /* 1 + its number; 0: another row stands for it */
};

/* Rows by key, open addressing; `size` is a power of two. */
struct rows {
    struct row *rows;
    size_t size, count;
};

static uint64_t key_of(uint64_t member, uint32_t hash)
{
    uint64_t key = mixed(member ^ mixed(hash));
    return key ? key : 1;
}

static struct row *find_row(struct rows *rows, uint64_t key)
{
    size_t at = key & (rows->size - 1);
    while (rows->rows[at].key && rows->rows[at].key != key)
        at = (at + 1) & (rows->size - 1);
    return &rows->rows[at];
}

static void make_room(struct rows *rows)
{
    struct rows larger = {.size = rows->size ? 2 * rows->size : 1024, .count = rows->count};
    larger.rows = block(larger.size, sizeof *larger.rows);
    for (size_t i = 0; i < rows->size; i++)
        if (rows->rows[i].key)
            *find_row(&larger, rows->rows[i].key) = rows->rows[i];
    free(rows->rows);
    *rows = larger;
}

static struct row *the_row(struct rows *rows, uint64_t member, uint32_t hash)
{
    uint64_t key = key_of(member, hash);
    if (2 * rows->count >= rows->size)
        make_room(rows);
    struct row *row = find_row(rows, key);
    rows->count += row->key == 0;
    row->key = key;
    row->member = member;
    return row;
}

typedef void each_row(void *arg, struct row *row, uint32_t set);

/* Calls for each row of each set, of sets that have several numbers' owners once. */
static void for_rows(const struct sets *sets, struct rows *rows, each_row *call, void *arg)
{
    for (size_t t = 0; t < sets->answer_count; t++) {
        const struct sketch *sketch = sets->answers[t];
        for (size_t cell = 0; cell < sketch->cells; cell++) {
            unsigned own = 0;
            for (unsigned c = 0; c < sketch->channels; c++)
                own |= (unsigned)sets_owns(sets, t, cell, c) << c;
            for (size_t e = sketch->first[cell]; own && e < sketch->first[cell + 1]; e++)
                for (size_t r = sketch->row[e]; r < sketch->row[e + 1]; r++)
                    for (unsigned c = 0; c < sketch->channels; c++)
                        if (own & sketch->mask[r] & 1u << c)
                            call(arg, the_row(rows, sketch->member[e], sketch->hash[r]), sets_id(sets, t, cell, c));
        }
    }
}

static void add_to_digest(void *arg, struct row *row, uint32_t set)
{
    (void)arg;
    row->digest += mixed(set);
}

/* ---- atoms ---- */

static int by_digest(const void *a, const void *b)
{
    const struct row *left = *(struct row *const *)a, *right = *(struct row *const *)b;
    if (left->digest != right->digest)
        return left->digest < right->digest ? -1 : 1;
    return left->member < right->member ? -1 : left->member > right->member;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

struct atoms {
    struct row **ordered; /* rows by digest and member */
    size_t rows, count;
    size_t *first;     /* atom -> its first row; count + 1 of them */
    uint64_t *members; /* sorted, each once */
    size_t member_count;
    size_t *first_set; /* atom -> its first set; count + 1 of them */
    uint32_t *sets;
};

static size_t sorted_once(uint64_t *values, size_t count)
{
    size_t kept = 0;
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || values[i] != values[kept - 1])
            values[kept++] = values[i];
    return kept;
}

static uint32_t place_of(const uint64_t *values, size_t count, uint64_t value)
{
    const uint64_t *found = bsearch(&value, values, count, sizeof *values, by_value);
    return (uint32_t)(found - values);
}

static void find_atoms(struct rows *rows, struct atoms *atoms)
{
    *atoms = (struct atoms){.ordered = block(rows->count, sizeof *atoms->ordered),
                            .first = block(rows->count + 1, sizeof *atoms->first),
                            .first_set = block(rows->count + 2, sizeof *atoms->first_set),
                            .members = block(rows->count, sizeof *atoms->members)};
    for (size_t i = 0; i < rows->size; i++)
        if (rows->rows[i].key) {
            atoms->members[atoms->rows] = rows->rows[i].member;
            atoms->ordered[atoms->rows++] = &rows->rows[i];
        }
    atoms->member_count = sorted_once(atoms->members, atoms->rows);
    qsort(atoms->ordered, atoms->rows, sizeof *atoms->ordered, by_digest);
    for (size_t i = 0; i < atoms->rows; i++)
        if (i == 0 || atoms->ordered[i]->digest != atoms->ordered[i - 1]->digest) {
            atoms->first[atoms->count] = i;
            atoms->ordered[i]->atom = (uint32_t)++atoms->count;
        }
    atoms->first[atoms->count] = atoms->rows;
}

static void count_set(void *arg, struct row *row, uint32_t set)
{
    struct atoms *atoms = arg;
    (void)set;
    if (row->atom)
        atoms->first_set[row->atom + 1]++;
}

static void take_set(void *arg, struct row *row, uint32_t set)
{
    struct atoms *atoms = arg;
    if (row->atom)
        atoms->sets[atoms->first_set[row->atom]++] = set;
}

static void collect_sets(const struct sets *sets, struct rows *rows, struct atoms *atoms)
{
    for_rows(sets, rows, count_set, atoms);
    for (size_t a = 0; a < atoms->count; a++)
        atoms->first_set[a + 2] += atoms->first_set[a + 1];
    atoms->sets = block(atoms->first_set[atoms->count + 1], sizeof *atoms->sets);
    for_rows(sets, rows, take_set, atoms);
}

/* ---- columns ---- */

static bool keeps(const struct sets *sets, size_t t, uint32_t set)
{
    return sets->implied[t * sets->answer_count + sets->own[set].answer];
}

/* The row that might be beside an atom: meets the conditions of answer t, and those that follow. */
static void put_possible(const struct sets *sets, const uint32_t *ids, size_t count, size_t t, struct cover *cover)
{
    for (size_t i = 0; i < count; i++)
        if (keeps(sets, t, ids[i]))
            cover_number(cover, ids[i], 1);
    cover_end(cover);
}

/* Which of the sets that row would be in; 0: all of them, as the atom itself. */
static uint64_t kept_by(const struct sets *sets, const uint32_t *ids, size_t count, size_t t)
{
    uint64_t digest = 1;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool keep = keeps(sets, t, ids[i]);
        digest = mixed(digest ^ (uint64_t)keep);
        kept += keep;
    }
    return kept == count ? 0 : digest;
}

static void put_all_possible(const struct sets *sets, const uint32_t *ids, size_t count, struct cover *cover,
                             int64_t *work)
{
    uint64_t *seen = block(count, sizeof *seen);
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        size_t t = sets->own[ids[i]].answer, s = 0;
        uint64_t kept = kept_by(sets, ids, count, t);
        while (s < known && seen[s] != kept)
            s++;
        *work -= (int64_t)(count + known);
        if (kept == 0 || s < known)
            continue;
        seen[known++] = kept;
        put_possible(sets, ids, count, t, cover);
    }
    free(seen);
}

static void put_atom(const struct sets *sets, const struct atoms *atoms, size_t atom, struct cover *cover,
                     int64_t *work)
{
    const uint32_t *ids = atoms->sets + atoms->first_set[atom];
    size_t count = atoms->first_set[atom + 1] - atoms->first_set[atom];
    for (size_t i = 0; i < count; i++)
        cover_number(cover, ids[i], 1);
    for (size_t r = atoms->first[atom]; r < atoms->first[atom + 1]; r++)
        if (r == atoms->first[atom] || atoms->ordered[r]->member != atoms->ordered[r - 1]->member)
            cover_member(cover, place_of(atoms->members, atoms->member_count, atoms->ordered[r]->member));
    cover_end(cover);
    if (sets->conditions)
        put_all_possible(sets, ids, count, cover, work);
}

void atoms_of_rows(const struct sets *sets, uint32_t prime, struct cover *cover, int64_t *work)
{
    struct rows rows = {0};
    struct atoms atoms;
    make_room(&rows);
    for_rows(sets, &rows, add_to_digest, NULL);
    find_atoms(&rows, &atoms);
    collect_sets(sets, &rows, &atoms);
    cover_init(cover, prime, sets->count, atoms.member_count);
    for (size_t a = 0; a<atoms.count && * work> 0; a++) {
        put_atom(sets, &atoms, a, cover, work);
        if (cover->first[cover->count] > NUMBERS_MOST)
            *work = 0;
    }
    free(rows.rows);
    free(atoms.ordered);
    free(atoms.first);
    free(atoms.members);
    free(atoms.first_set);
    free(atoms.sets);
}

/* ---- lanes ---- */

/* What a member has in a set. */
struct share {
    uint64_t member;
    uint32_t set;
    int64_t lanes[SKETCH_LANES];
};

static int by_member(const void *a, const void *b)
{
    const struct share *left = a, *right = b;
    if (left->member != right->member)
        return left->member < right->member ? -1 : 1;
    return left->set < right->set ? -1 : left->set > right->set;
}

static size_t collect_shares(const struct sets *sets, struct share *shares)
{
    size_t count = 0;
    for (size_t s = 0; s < sets->count; s++) {
        const struct set_owner *own = &sets->own[s];
        const struct sketch *sketch = sets->answers[own->answer];
        for (size_t e = sketch->first[own->cell]; e < sketch->first[own->cell + 1]; e++) {
            struct share share = {.member = sketch->member[e], .set = (uint32_t)s};
            sketch_lanes(sketch, e, own->channel, share.lanes);
            if (share.lanes[0] != 0)
                shares[count++] = share;
        }
    }
    qsort(shares, count, sizeof *shares, by_member);
    return count;
}

static size_t count_shares(const struct sets *sets)
{
    size_t count = 0;
    for (size_t s = 0; s < sets->count; s++) {
        const struct sketch *sketch = sets->answers[sets->own[s].answer];
        count += sketch->first[sets->own[s].cell + 1] - sketch->first[sets->own[s].cell];
    }
    return count;
}

static void put_shares(const struct share *shares, size_t count, uint32_t member, struct cover *cover)
{
    for (unsigned lane = 0; lane < SKETCH_LANES; lane++) {
        for (size_t i = 0; i < count; i++) {
            int64_t rest = shares[i].lanes[lane] % (int64_t)cover->prime;
            if (rest != 0)
                cover_number(cover, shares[i].set, (uint32_t)(rest < 0 ? rest + cover->prime : rest));
        }
        cover_member(cover, member);
        cover_end(cover);
    }
}

/* A cell of another answer in which a row of this one might be: values of the columns that both have are the same; the
 * one with most members. */
static size_t beside(const struct sketch *from, size_t cell, const struct sketch *to)
{
    size_t best = to->cells, most = 0;
    for (size_t i = 0; i < to->cells; i++) {
        bool same = to->first[i + 1] - to->first[i] > most;
        for (unsigned a = 0; same && a < from->by_count; a++)
            for (unsigned b = 0; b < to->by_count; b++)
                same &= from->by[a] != to->by[b] || from->cell[cell].key[a] == to->cell[i].key[b];
        if (!same)
            continue;
        best = i;
        most = to->first[i + 1] - to->first[i];
    }
    return best;
}

static bool is_put(const struct cover *cover, uint32_t set)
{
    for (size_t n = cover->first[cover->count]; n < cover->first[cover->count + 1]; n++)
        if (cover->at[n] == set)
            return true;
    return false;
}

/* All channels of a cell that are told. */
static void put_cell(const struct sets *sets, size_t answer, size_t cell, struct cover *cover)
{
    for (unsigned c = 0; c < sets->answers[answer]->channels; c++) {
        uint32_t id = sets_id(sets, answer, cell, c);
        if (id != SET_NONE && !is_put(cover, id))
            cover_number(cover, id, 1);
    }
}

static void put_beside(const struct sets *sets, size_t t, size_t cell, struct cover *cover, int64_t *work)
{
    for (size_t i = 0; i < sets->answer_count; i++) {
        size_t other = cell;
        if (!sets->implied[t * sets->answer_count + i])
            continue;
        if (i != t)
            other = beside(sets->answers[t], cell, sets->answers[i]);
        if (other < sets->answers[i]->cells)
            put_cell(sets, i, other, cover);
        *work -= (int64_t)sets->answers[i]->cells;
    }
    cover_end(cover);
}

void atoms_of_lanes(const struct sets *sets, uint32_t prime, struct cover *cover, int64_t *work)
{
    size_t room = count_shares(sets), members = 0;
    struct share *shares = block(room, sizeof *shares);
    size_t count = collect_shares(sets, shares);
    for (size_t i = 0; i < count; i++)
        members += i == 0 || shares[i].member != shares[i - 1].member;
    cover_init(cover, prime, sets->count, members);
    members = 0;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && shares[to].member == shares[from].member;)
            to++;
        put_shares(shares + from, to - from, (uint32_t)members++, cover);
    }
    free(shares);
    for (size_t t = 0; sets->conditions && t < sets->answer_count; t++)
        for (size_t cell = 0; cell<sets->answers[t]->cells && * work> 0; cell++)
            put_beside(sets, t, cell, cover, work);
}
