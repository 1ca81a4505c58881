/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which sets of rows there are, and which conditions follow from which. */
#include "aggregate_sets.h"
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

unsigned sets_channel(const struct sketch *sketch, uint64_t column)
{
    for (unsigned c = 1; c < sketch->channels; c++)
        if (sketch->names[c] == column)
            return c;
    return 0;
}

/* ---- conditions ---- */

static bool has_condition(const struct sketch *sketch, uint64_t text)
{
    for (unsigned i = 0; i < sketch->condition_count; i++)
        if (sketch->conditions[i].text == text)
            return true;
    return false;
}

/* Columns whose values are known from the cells of answers that follow from one without a look at any value. */
struct columns {
    uint64_t *columns;
    size_t count;
};

static bool holds_column(const struct columns *columns, uint64_t column)
{
    for (size_t i = 0; i < columns->count; i++)
        if (columns->columns[i] == column)
            return true;
    return false;
}

/* Every condition of `what` is one of `from`, or on a column that is known. */
static bool follows(const struct sketch *from, const struct columns *known, const struct sketch *what)
{
    for (unsigned i = 0; i < what->condition_count; i++)
        if (!has_condition(from, what->conditions[i].text) && !holds_column(known, what->conditions[i].column))
            return false;
    return true;
}

static void find_columns(const struct sets *sets, const struct sketch *from, struct columns *known)
{
    known->count = 0;
    for (size_t i = 0; i < sets->answer_count; i++) {
        const struct sketch *sketch = sets->answers[i];
        for (unsigned b = 0; b < sketch->by_count; b++)
            if (!holds_column(known, sketch->by[b]) && follows(from, &(struct columns){0}, sketch))
                known->columns[known->count++] = sketch->by[b];
    }
}

static void find_implied(struct sets *sets)
{
    size_t count = sets->answer_count;
    struct columns known = {.columns = block(count * AGGREGATE_BY_MOST, sizeof *known.columns)};
    sets->implied = block(count * count, sizeof *sets->implied);
    for (size_t t = 0; t < count; t++) {
        sets->conditions |= sets->answers[t]->condition_count > 0;
        find_columns(sets, sets->answers[t], &known);
        for (size_t i = 0; i < count; i++)
            sets->implied[t * count + i] = follows(sets->answers[t], &known, sets->answers[i]);
    }
    free(known.columns);
}

/* Answers of one kind follow from the same, and the same follow from them: equal sets of theirs can be one. */
static uint64_t kind_of(const struct sets *sets, size_t answer)
{
    uint64_t kind = 1;
    for (size_t i = 0; i < sets->answer_count; i++)
        kind = mixed(kind ^ (uint64_t)sets->implied[answer * sets->answer_count + i] ^
                     (uint64_t)sets->implied[i * sets->answer_count + answer] << 1);
    return kind;
}

/* ---- sets ---- */

static uint64_t digest_of_rows(const struct sketch *sketch, size_t entry, unsigned channel)
{
    uint64_t digest = 0;
    for (size_t r = sketch->row[entry]; r < sketch->row[entry + 1]; r++)
        if (sketch->mask[r] >> channel & 1)
            digest += mixed(sketch->member[entry] ^ mixed(sketch->hash[r]));
    return digest;
}

static uint64_t digest_of_lanes(const struct sketch *sketch, size_t entry, unsigned channel)
{
    int64_t lanes[SKETCH_LANES];
    uint64_t digest = sketch->member[entry], any = 0;
    sketch_lanes(sketch, entry, channel, lanes);
    for (unsigned lane = 0; lane < SKETCH_LANES; lane++) {
        digest = mixed(digest ^ (uint64_t)lanes[lane]);
        any |= (uint64_t)lanes[lane];
    }
    return any ? digest : 0;
}

uint64_t sets_digest(const struct sketch *sketch, size_t cell, unsigned channel, bool of_rows)
{
    uint64_t digest = 0;
    for (size_t e = sketch->first[cell]; e < sketch->first[cell + 1]; e++)
        digest += of_rows ? digest_of_rows(sketch, e, channel) : digest_of_lanes(sketch, e, channel);
    return digest;
}

struct candidate {
    uint64_t rows, kind;
    struct set_owner owner;
};

static int by_rows(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->rows != right->rows)
        return left->rows < right->rows ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->owner.answer != right->owner.answer)
        return left->owner.answer < right->owner.answer ? -1 : 1;
    if (left->owner.cell != right->owner.cell)
        return left->owner.cell < right->owner.cell ? -1 : 1;
    return (int)left->owner.channel - (int)right->owner.channel;
}

static bool is_told(const struct sketch *sketch, size_t cell, unsigned channel, uint64_t column)
{
    if (column)
        return channel > 0 && sketch->names[channel] == column && (sketch->cell[cell].summed >> channel & 1);
    return channel == 0 || (sketch->cell[cell].counted >> channel & 1);
}

static size_t collect(const struct sets *sets, uint64_t column, struct candidate *out)
{
    size_t count = 0;
    for (size_t t = 0; t < sets->answer_count; t++) {
        const struct sketch *sketch = sets->answers[t];
        uint64_t kind = sets->conditions ? kind_of(sets, t) : 0;
        for (size_t cell = 0; cell < sketch->cells; cell++)
            for (unsigned c = 0; c < sketch->channels; c++)
                if (is_told(sketch, cell, c, column))
                    out[count++] = (struct candidate){.rows = sets_digest(sketch, cell, c, sets->of_rows),
                                                      .kind = kind,
                                                      .owner = {(uint32_t)t, (uint32_t)cell, c}};
    }
    return count;
}

static void number(struct sets *sets, uint64_t column, size_t room)
{
    struct candidate *all = block(room, sizeof *all);
    size_t count = collect(sets, column, all);
    sets->own = block(count, sizeof *sets->own);
    qsort(all, count, sizeof *all, by_rows);
    for (size_t i = 0; i < count; i++) {
        const struct set_owner *owner = &all[i].owner;
        if (all[i].rows == 0)
            continue;
        if (i == 0 || all[i].rows != all[i - 1].rows || all[i].kind != all[i - 1].kind) {
            sets->own[sets->count++] = *owner;
            sets->fresh += owner->answer == sets->answer_count - 1;
        }
        sets->ids[sets->base[owner->answer] + owner->cell * sets->answers[owner->answer]->channels + owner->channel] =
            (uint32_t)sets->count - 1;
    }
    free(all);
}

void sets_make(struct sets *sets, const struct sketch *const *answers, size_t answer_count, uint64_t column)
{
    size_t room = 0;
    *sets = (struct sets){.answers = answers, .answer_count = answer_count, .of_rows = true};
    sets->base = block(answer_count, sizeof *sets->base);
    for (size_t t = 0; t < answer_count; t++) {
        sets->base[t] = room;
        room += answers[t]->cells * answers[t]->channels;
        sets->of_rows &= answers[t]->of_rows;
    }
    sets->ids = block(room, sizeof *sets->ids);
    memset(sets->ids, 0xff, room * sizeof *sets->ids);
    find_implied(sets);
    number(sets, column, room);
}

void sets_free(struct sets *sets)
{
    free(sets->implied);
    free(sets->base);
    free(sets->ids);
    free(sets->own);
}

uint32_t sets_id(const struct sets *sets, size_t answer, size_t cell, unsigned channel)
{
    return sets->ids[sets->base[answer] + cell * sets->answers[answer]->channels + channel];
}

bool sets_owns(const struct sets *sets, size_t answer, size_t cell, unsigned channel)
{
    uint32_t id = sets_id(sets, answer, cell, channel);
    return id != SET_NONE && sets->own[id].answer == answer && sets->own[id].cell == cell &&
           sets->own[id].channel == channel;
}
