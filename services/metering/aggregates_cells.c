/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A row of the statement as a cell: its texts, who is in it, and what is kept of their rows. Not what becomes of it. */
#include <stdlib.h>
#include <string.h>

#include "aggregates.h"

#define ROW_DIGITS 12 /* hex: 8 of hash, 4 of mask */

/* The next element of an array of integers; false at its end. NULL is 0. */
static bool next_element(const char **at, int64_t *value)
{
    char *end;
    if (**at == '{' || **at == ',')
        ++*at;
    if (**at == '}' || **at == '\0')
        return false;
    bool null = **at == 'N';
    *value = null ? 0 : strtoll(*at, &end, 10);
    *at = null ? *at + strcspn(*at, ",}") : end;
    return true;
}

static struct aggregate_cell *new_cell(struct query *query)
{
    if (query->cell_count == query->cell_room) {
        query->cell_room = 2 * query->cell_room + 64;
        query->cells = reallocarray(query->cells, query->cell_room, sizeof *query->cells);
        if (!query->cells)
            abort();
    }
    query->cells[query->cell_count] = (struct aggregate_cell){0};
    return &query->cells[query->cell_count++];
}

/* Contributions and their rows; the members among them, each once. */
static void take_contributions(struct query *query, struct aggregate_cell *cell, const char *places, const char *counts)
{
    size_t room = 1;
    int64_t place, count;
    for (const char *at = places; *at; at++)
        room += *at == ',';
    cell->contributions = ch_alloc_array(query->arena, room, sizeof *cell->contributions);
    cell->counts = ch_alloc_array(query->arena, room, sizeof *cell->counts);
    cell->members = ch_alloc_array(query->arena, room, sizeof *cell->members);
    cell->member_rows = ch_alloc_array(query->arena, room, sizeof *cell->member_rows);
    while (next_element(&places, &place) && next_element(&counts, &count)) {
        uint32_t member = query->contributions[place - 1].member;
        cell->contributions[cell->contribution_count] = (uint32_t)place - 1;
        cell->counts[cell->contribution_count++] = (uint64_t)count;
        if (query->place_cell[member] != query->cell_count) {
            query->place_cell[member] = (uint32_t)query->cell_count;
            query->place[member] = (uint32_t)cell->member_count;
            cell->member_rows[cell->member_count] = 0;
            cell->members[cell->member_count++] = (struct suppress_member){.member = member};
        }
        cell->member_rows[query->place[member]] += (uint32_t)count;
    }
}

/* Where in the cell the member of its contribution number i is. */
static uint32_t place_of(const struct query *query, const struct aggregate_cell *cell, size_t i)
{
    return query->place[query->contributions[cell->contributions[i]].member];
}

/* ---- rows ---- */

/* Channels of suppression of a row that has values of the channels in mask. */
static uint64_t channels_of(const struct query *query, unsigned mask)
{
    uint64_t channels = mask;
    for (unsigned c = 1; c < query->channels; c++) {
        if (!(mask >> c & 1))
            channels |= UINT64_C(1) << AGGREGATE_WITHOUT(c);
        for (unsigned d = 1; d < c; d++)
            if ((mask >> c & 1) != (mask >> d & 1))
                channels |= UINT64_C(1) << AGGREGATE_ONE_OF(c, d);
    }
    return channels;
}

static uint64_t hex_of(const char *text, size_t digits)
{
    uint64_t value = 0;
    for (size_t i = 0; i < digits; i++)
        value = value << 4 | (uint64_t)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    return value;
}

static void take_rows(struct query *query, struct aggregate_cell *cell, const char *text)
{
    size_t *next = ch_alloc_array(query->arena, cell->member_count + 1, sizeof *next), total = 0;
    for (size_t m = 0; m < cell->member_count; m++) {
        next[m] = total;
        total += cell->member_rows[m];
    }
    cell->rows_of = ch_alloc_array(query->arena, total + 1, sizeof *cell->rows_of);
    if (strlen(text) != 2 + total * ROW_DIGITS) {
        query->broken = true;
        return;
    }
    text += 2;
    for (size_t i = 0; i < cell->contribution_count; i++) {
        uint32_t place = place_of(query, cell, i);
        for (uint64_t r = 0; r < cell->counts[i]; r++, text += ROW_DIGITS) {
            uint64_t row = hex_of(text, ROW_DIGITS);
            cell->rows_of[next[place]++] = row;
            cell->members[place].channels |= channels_of(query, row & 0xffff);
        }
    }
}

/* ---- lanes ---- */

static int64_t *lanes_of(const struct query *query, const struct aggregate_cell *cell, size_t member, unsigned channel)
{
    return cell->lanes + (member * query->channels + channel) * SKETCH_LANES;
}

static void take_lane(struct query *query, struct aggregate_cell *cell, unsigned channel, unsigned lane,
                      const char *sums)
{
    int64_t sum;
    for (size_t i = 0; i < cell->contribution_count && next_element(&sums, &sum); i++)
        lanes_of(query, cell, place_of(query, cell, i), channel)[lane] += sum;
}

/* From the rows without a value to those with one; and the channels of suppression. */
static void turn_lanes(struct query *query, struct aggregate_cell *cell, size_t m)
{
    uint64_t channels = 1;
    const int64_t *all = lanes_of(query, cell, m, 0);
    for (unsigned c = 1; c < query->channels; c++) {
        int64_t *own = lanes_of(query, cell, m, c);
        channels |= (uint64_t)(own[0] != 0) << AGGREGATE_WITHOUT(c);
        for (unsigned lane = 0; lane < SKETCH_LANES; lane++)
            own[lane] = all[lane] - own[lane];
        channels |= (uint64_t)(own[0] != 0) << c;
        for (unsigned d = 1; d < c; d++)
            if (memcmp(own, lanes_of(query, cell, m, d), SKETCH_LANES * sizeof *own) != 0)
                channels |= UINT64_C(1) << AGGREGATE_ONE_OF(c, d);
    }
    cell->members[m].channels = channels;
}

static void take_lanes(struct query *query, struct aggregate_cell *cell, const PGresult *row, int column)
{
    size_t size = cell->member_count * query->channels * SKETCH_LANES;
    cell->lanes = ch_alloc_array(query->arena, size + 1, sizeof *cell->lanes);
    memset(cell->lanes, 0, size * sizeof *cell->lanes);
    for (size_t m = 0; m < cell->member_count; m++)
        lanes_of(query, cell, m, 0)[0] = cell->member_rows[m];
    for (unsigned c = 0; c < query->channels; c++)
        for (unsigned lane = c == 0; lane < SKETCH_LANES; lane++)
            take_lane(query, cell, c, lane, PQgetvalue(row, 0, column++));
    for (size_t m = 0; m < cell->member_count; m++)
        turn_lanes(query, cell, m);
}

/* ---- the cell ---- */

static const char *text_of(struct query *query, const PGresult *row, int column)
{
    return PQgetisnull(row, 0, column) ? NULL : ch_strdup(query->arena, PQgetvalue(row, 0, column));
}

void aggregates_take_cell(void *arg, const PGresult *row)
{
    struct query *query = arg;
    int column = 0;
    if (query->too_many)
        return;
    if (query->cell_count == AGGREGATE_CELLS_MOST || query->entries > AGGREGATE_ENTRIES_MOST) {
        query->too_many = true;
        return;
    }
    struct aggregate_cell *cell = new_cell(query);
    for (size_t i = 0; i < query->aggregate.by_count; i++)
        cell->by[i] = text_of(query, row, column++);
    for (size_t i = 0; i < query->aggregate.measure_count; i++)
        cell->values[i] = text_of(query, row, column++);
    cell->rows = strtoull(PQgetvalue(row, 0, column++), NULL, 10);
    take_contributions(query, cell, PQgetvalue(row, 0, column), PQgetvalue(row, 0, column + 1));
    column += 2;
    if (query->of_rows)
        take_rows(query, cell, PQgetvalue(row, 0, column));
    else
        take_lanes(query, cell, row, column);
    query->entries += cell->member_count;
}
