/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Columns, one by one, and what is left of them behind a space. Not what follows from that: aggregate_search.c. */
#include "aggregate_cover.h"

#include <string.h>

#include "scratch.h"

/* Room for `needed` at least. */
static void *grown(void *old, size_t *room, size_t needed, size_t size)
{
    if (needed <= *room)
        return old;
    *room = 2 * needed + 64;
    void *bytes = reallocarray(old, *room, size);
    if (!bytes)
        abort();
    return bytes;
}

void cover_init(struct cover *cover, uint32_t prime, size_t width, size_t member_count)
{
    *cover = (struct cover){.prime = prime, .width = width, .member_count = member_count};
    cover->first = grown(NULL, &cover->room, 2, sizeof *cover->first);
    cover->first_member = block(cover->room, sizeof *cover->first_member);
    cover->first[0] = cover->first[1] = 0;
}

void cover_free(struct cover *cover)
{
    free(cover->first);
    free(cover->at);
    free(cover->weight);
    free(cover->first_member);
    free(cover->members);
    *cover = (struct cover){0};
}

/* The column being made is number count: its end moves. */
void cover_number(struct cover *cover, uint32_t at, uint32_t weight)
{
    size_t place = cover->first[cover->count + 1]++, room = cover->numbers_room;
    cover->at = grown(cover->at, &room, place + 1, sizeof *cover->at);
    cover->weight = grown(cover->weight, &cover->numbers_room, place + 1, sizeof *cover->weight);
    cover->at[place] = at;
    cover->weight[place] = weight;
}

void cover_member(struct cover *cover, uint32_t member)
{
    size_t place = cover->first_member[cover->count + 1]++;
    cover->members = grown(cover->members, &cover->members_room, place + 1, sizeof *cover->members);
    cover->members[place] = member;
}

void cover_end(struct cover *cover)
{
    size_t count = ++cover->count, room = cover->room;
    cover->first = grown(cover->first, &room, count + 2, sizeof *cover->first);
    cover->first_member = grown(cover->first_member, &cover->room, count + 2, sizeof *cover->first_member);
    cover->first[count + 1] = cover->first[count];
    cover->first_member[count + 1] = cover->first_member[count];
}

size_t cover_members(const struct cover *cover, size_t column)
{
    return cover->first_member[column + 1] - cover->first_member[column];
}

void cover_scatter(const struct cover *cover, size_t column, uint32_t factor, uint32_t *vector)
{
    for (size_t n = cover->first[column]; n < cover->first[column + 1]; n++) {
        uint64_t sum = vector[cover->at[n]] + (uint64_t)factor * cover->weight[n];
        vector[cover->at[n]] = (uint32_t)(sum % cover->prime);
    }
}

/* ---- columns behind a space ---- */

/* What is left of the columns: without what lies in the space, multiples of one another as one. */
struct order {
    uint64_t digest;
    size_t column;
};

static int by_digest(const void *a, const void *b)
{
    const struct order *left = a, *right = b;
    if (left->digest != right->digest)
        return left->digest < right->digest ? -1 : 1;
    return left->column < right->column ? -1 : left->column > right->column;
}

static int by_value(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* The numbers from place `first` on as a column that begins with 1; its digest. */
static uint64_t put_numbers(struct cover *out, const uint32_t *vector, size_t first, const uint32_t *places,
                            size_t width)
{
    uint32_t factor = vector[first] == 1 ? 1 : space_inverse(out->prime, vector[first]);
    uint64_t digest = 0;
    for (size_t i = first; i < width; i++) {
        if (vector[i] == 0)
            continue;
        uint32_t value = space_times(out->prime, vector[i], factor);
        cover_number(out, places[i], value);
        digest = mixed(digest ^ ((uint64_t)places[i] << 32 | value));
    }
    return digest;
}

void cover_copy_members(struct cover *out, const struct cover *from, size_t column)
{
    for (size_t m = from->first_member[column]; m < from->first_member[column + 1]; m++)
        cover_member(out, from->members[m]);
}

/* Places without a pivot of the space, numbered anew. */
static size_t number_places(const struct space *space, uint32_t *places)
{
    size_t count = 0;
    for (size_t i = 0; i < space->width; i++)
        places[i] = space->rows[i] ? 0 : (uint32_t)count++;
    return count;
}

/* The columns reduced, one by one; order holds their digests. */
static void reduce_columns(const struct cover *cover, const struct space *space, struct cover *out, struct order *order)
{
    uint32_t *vector = block(cover->width, sizeof *vector), *places = block(cover->width, sizeof *places);
    cover_init(out, cover->prime, number_places(space, places), cover->member_count);
    for (size_t c = 0; c < cover->count; c++) {
        memset(vector, 0, cover->width * sizeof *vector);
        cover_scatter(cover, c, 1, vector);
        size_t first = space_reduce(space, vector);
        if (first == cover->width)
            continue;
        order[out->count] =
            (struct order){.digest = put_numbers(out, vector, first, places, cover->width), .column = out->count};
        cover_copy_members(out, cover, c);
        cover_end(out);
    }
    free(vector);
    free(places);
}

/* The members of the column that is being made, each once. */
static void sort_members(struct cover *cover)
{
    uint32_t *members = cover->members + cover->first_member[cover->count];
    size_t count = cover_members(cover, cover->count), kept = 0;
    if (count == 0)
        return;
    qsort(members, count, sizeof *members, by_value);
    for (size_t m = 0; m < count; m++)
        if (kept == 0 || members[kept - 1] != members[m])
            members[kept++] = members[m];
    cover->first_member[cover->count + 1] = cover->first_member[cover->count] + kept;
}

static void merge_equal(const struct cover *cover, struct order *order, struct cover *out)
{
    qsort(order, cover->count, sizeof *order, by_digest);
    cover_init(out, cover->prime, cover->width, cover->member_count);
    for (size_t from = 0, to; from < cover->count; from = to) {
        size_t column = order[from].column;
        for (size_t n = cover->first[column]; n < cover->first[column + 1]; n++)
            cover_number(out, cover->at[n], cover->weight[n]);
        for (to = from; to < cover->count && order[to].digest == order[from].digest; to++)
            cover_copy_members(out, cover, order[to].column);
        sort_members(out);
        cover_end(out);
    }
}

void cover_condense(struct cover *cover, struct space *space)
{
    struct cover reduced, merged;
    struct order *order = block(cover->count, sizeof *order);
    reduce_columns(cover, space, &reduced, order);
    merge_equal(&reduced, order, &merged);
    free(order);
    cover_free(&reduced);
    cover_free(cover);
    space_free(space);
    *cover = merged;
}
