/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What of a query's cells is shown, and whether the answer may be given at all after those before it. Pure work of up
 * to seconds, on a helper thread: nothing here touches the request. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregates.h"
#include "commonhold/crypto.h"
#include "core/aggregate_differ.h"

static void *block(size_t count, size_t size)
{
    void *bytes = calloc(count ? count : 1, size);
    if (!bytes)
        abort();
    return bytes;
}

static void refuse(struct query *query, const char *outcome, const char *detail)
{
    query->outcome = outcome;
    query->detail = detail;
}

/* ---- the table ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The values of a column get numbers in the order in which they come. */
static void number_values(const struct query *query, struct suppress_cell *table, size_t dimension)
{
    uint32_t *firsts = block(query->cell_count, sizeof *firsts), count = 0;
    for (size_t i = 0; i < query->cell_count; i++) {
        const char *value = query->cells[i].by[dimension];
        uint32_t n = count;
        while (n > 0 && !same_text(query->cells[firsts[n - 1]].by[dimension], value))
            n--;
        if (n == 0) {
            firsts[count++] = (uint32_t)i;
            n = count;
        }
        table[i].key[dimension] = n - 1;
    }
    free(firsts);
}

static struct suppress_cell *make_table(const struct query *query)
{
    struct suppress_cell *table = block(query->cell_count, sizeof *table);
    for (size_t i = 0; i < query->cell_count; i++) {
        const struct aggregate_cell *cell = &query->cells[i];
        table[i] =
            (struct suppress_cell){.rows = cell->rows, .members = cell->members, .member_count = cell->member_count};
    }
    for (size_t d = 0; d < query->aggregate.by_count; d++)
        number_values(query, table, d);
    return table;
}

static size_t members_in_all(const struct query *query)
{
    bool *seen = block(query->member_count, sizeof *seen);
    size_t count = 0;
    for (size_t i = 0; i < query->cell_count; i++)
        for (size_t m = 0; m < query->cells[i].member_count; m++) {
            bool *mark = &seen[query->cells[i].members[m].member];
            count += !*mark;
            *mark = true;
        }
    free(seen);
    return count;
}

/* ---- suppression ---- */

/* What needs as many members as measure m is shown where a table made for that number shows it. */
static void show_measure(struct query *query, struct suppress_cell *table, size_t measure)
{
    int64_t need = measure_need(&query->aggregate.measures[measure], query->k);
    for (size_t before = 0; before < measure; before++)
        if (measure_need(&query->aggregate.measures[before], query->k) == need) {
            for (size_t i = 0; i < query->cell_count; i++)
                query->shown[i][measure] = query->shown[i][before];
            return;
        }
    suppress(table, query->cell_count, (unsigned)query->aggregate.by_count, query->channels,
             (uint32_t)query->member_count, (uint32_t)need);
    for (size_t i = 0; i < query->cell_count; i++)
        query->shown[i][measure] = query->cell_shown[i] && !table[i].hidden;
}

static void show_cells(struct query *query)
{
    struct suppress_cell *table = make_table(query);
    query->shown = ch_alloc_array(query->arena, query->cell_count, sizeof *query->shown);
    query->cell_shown = ch_alloc_array(query->arena, query->cell_count, sizeof *query->cell_shown);
    suppress(table, query->cell_count, (unsigned)query->aggregate.by_count, query->channels,
             (uint32_t)query->member_count, (uint32_t)query->k);
    for (size_t i = 0; i < query->cell_count; i++) {
        query->cell_shown[i] = !table[i].hidden;
        query->suppressed |= table[i].hidden;
        query->shown_cells += !table[i].hidden;
        query->shown_rows += table[i].hidden ? 0 : query->cells[i].rows;
    }
    for (size_t m = 0; m < query->aggregate.measure_count; m++)
        show_measure(query, table, m);
    free(table);
}

/* ---- what is kept of the answer ---- */

struct entry {
    uint64_t key;
    size_t place; /* in the cell */
};

static int by_entry_key(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return left->key < right->key ? -1 : left->key > right->key;
}

static void sketch_cell(const struct query *query, const struct aggregate_cell *cell, struct sketch *sketch, size_t at)
{
    struct entry *entries = block(cell->member_count, sizeof *entries);
    size_t words = (size_t)query->channels * query->words;
    for (size_t m = 0; m < cell->member_count; m++)
        entries[m] = (struct entry){.key = query->member_keys[cell->members[m].member], .place = m};
    qsort(entries, cell->member_count, sizeof *entries, by_entry_key);
    for (size_t m = 0; m < cell->member_count; m++) {
        sketch->member[at + m] = entries[m].key;
        sketch->rows[at + m] = cell->member_rows[entries[m].place];
        memcpy(sketch->hash + (at + m) * words, cell->hashes + entries[m].place * words, words * sizeof(uint64_t));
    }
    free(entries);
}

static void make_sketch(const struct query *query, struct sketch *sketch)
{
    size_t entries = 0, cells = 0;
    for (size_t i = 0; i < query->cell_count; i++)
        entries += query->cell_shown[i] ? query->cells[i].member_count : 0;
    sketch_init(sketch, query->words, query->channels, query->shown_cells, entries);
    for (size_t c = 0; c < query->aggregate.measured_count; c++)
        snprintf(sketch->names[c + 1], SKETCH_NAME_MOST, "%s %s", query->aggregate.measured[c]->name,
                 plan_rule_text(query->arena, query->aggregate.measured[c]));
    for (size_t i = 0; i < query->cell_count; i++) {
        if (!query->cell_shown[i])
            continue;
        sketch_cell(query, &query->cells[i], sketch, sketch->first[cells]);
        sketch->first[cells + 1] = sketch->first[cells] + query->cells[i].member_count;
        cells++;
    }
}

/* ---- against earlier answers ---- */

static const char *find_same(const struct query *query, const struct out *bytes)
{
    for (size_t i = 0; i < query->earlier_count; i++)
        if (query->earlier[i].size == bytes->size && memcmp(query->earlier[i].bytes, bytes->bytes, bytes->size) == 0)
            return query->earlier[i].id;
    return NULL;
}

static bool tells_too_much(struct query *query, const struct sketch *fresh)
{
    struct sketch *sketches = block(query->earlier_count, sizeof *sketches);
    const struct sketch **list = block(query->earlier_count, sizeof *list);
    size_t count = 0;
    bool tells = false;
    while (count < query->earlier_count &&
           sketch_read(&sketches[count], query->earlier[count].bytes, query->earlier[count].size)) {
        list[count] = &sketches[count];
        count++;
    }
    query->broken = count < query->earlier_count;
    if (!query->broken)
        tells = differ_tells(fresh, list, count, (uint32_t)query->k, UINT64_C(0x5eed));
    for (size_t i = 0; i < count; i++)
        sketch_free(&sketches[i]);
    free(sketches);
    free(list);
    return tells;
}

static void keep_hex(struct query *query, const struct out *bytes)
{
    out_reserve(&query->sketch, 2 * bytes->size + 3);
    memcpy(query->sketch.bytes, "\\x", 2);
    ch_hex(bytes->bytes, bytes->size, query->sketch.bytes + 2);
    query->sketch.size = 2 * bytes->size + 3;
}

static void hold_against(struct query *query)
{
    struct sketch fresh;
    struct out bytes = {0};
    if (query->shown_cells == 0)
        return;
    make_sketch(query, &fresh);
    sketch_write(&fresh, &bytes);
    query->same_as = find_same(query, &bytes);
    if (!query->same_as && tells_too_much(query, &fresh))
        refuse(query, "differencing", "it differs from an earlier answer under this grant by too few members");
    if (query->broken)
        refuse(query, "internal", NULL);
    if (!query->same_as)
        keep_hex(query, &bytes);
    out_free(&bytes);
    sketch_free(&fresh);
}

/* ---- usage ---- */

static void add_usage(struct query *query)
{
    uint64_t *counts = block(query->contribution_count, sizeof *counts);
    char text[24];
    size_t used = 0;
    for (size_t i = 0; i < query->cell_count; i++)
        for (size_t c = 0; query->cell_shown[i] && c < query->cells[i].contribution_count; c++)
            counts[query->cells[i].contributions[c]] += query->cells[i].counts[c];
    for (size_t c = 0; c < query->contribution_count; c++) {
        if (counts[c] == 0)
            continue;
        snprintf(text, sizeof text, "%s%" PRIu64, used ? "," : "{", counts[c]);
        out_text(&query->used_counts, text);
        out_text(&query->used_ids, used++ ? "," : "{");
        out_text(&query->used_ids, query->contributions[c].id);
    }
    out_add(&query->used_ids, used ? "}" : "{}", used ? 2 : 3);
    out_add(&query->used_counts, used ? "}" : "{}", used ? 2 : 3);
    free(counts);
}

void aggregates_decide(void *state)
{
    struct query *query = state;
    query->outcome = "ok";
    if (query->broken) {
        refuse(query, "internal", NULL);
    } else if (query->too_many) {
        refuse(query, "too_many_cells",
               "at most 1200 cells, and a million pairs of a cell and a member with rows in it");
    } else if ((int64_t)members_in_all(query) < query->k) {
        refuse(query, "cohort_too_small", "these rows come from too few members");
    } else if (query->earlier_bytes > AGGREGATE_HISTORY_MOST) {
        refuse(query, "differencing", "there are too many earlier answers under this grant to hold this one against");
    } else {
        show_cells(query);
        hold_against(query);
        add_usage(query);
    }
}
