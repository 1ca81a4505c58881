/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What of a query's cells is shown, and what is counted for it. Pure work of up to seconds, on a helper thread: nothing
 * here touches the request. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregates.h"
#include "core/scratch.h"

void aggregates_refuse(struct query *query, const char *outcome, const char *detail)
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

/* avg and stddev tell, with the sum or the number of rows, how many rows have a value. */
bool aggregates_counts(const struct measure *measure)
{
    return measure->kind == MEASURE_AVG || measure->kind == MEASURE_STDDEV;
}

static uint64_t usual_channels(const struct query *query)
{
    return (UINT64_C(1) << query->channels) - 1;
}

static bool is_shown(const struct query *query, size_t measure)
{
    for (size_t i = 0; i < query->cell_count; i++)
        if (query->shown[i][measure])
            return true;
    return false;
}

/* Channels that must rest on enough members where a measure is shown beside those before it. */
static uint64_t channels_for(const struct query *query, size_t measure)
{
    const struct measure *measures = query->aggregate.measures;
    uint64_t channels = usual_channels(query);
    if (!aggregates_counts(&measures[measure]))
        return channels;
    channels |= UINT64_C(1) << AGGREGATE_WITHOUT(measures[measure].channel);
    for (size_t before = 0; before < measure; before++) {
        int c = measures[measure].channel, d = measures[before].channel;
        if (aggregates_counts(&measures[before]) && c != d && is_shown(query, before))
            channels |= UINT64_C(1) << (c > d ? AGGREGATE_ONE_OF(c, d) : AGGREGATE_ONE_OF(d, c));
    }
    return channels;
}

static void hide(const struct query *query, struct suppress_cell *table, uint64_t channels, int64_t need)
{
    suppress(table, query->cell_count, (unsigned)query->aggregate.by_count, channels, (uint32_t)query->member_count,
             (uint32_t)need);
}

/* A measure is shown where a table made for the members and channels that it needs shows it. */
static void show_measure(struct query *query, struct suppress_cell *table, size_t measure, uint64_t channels[])
{
    const struct measure *measures = query->aggregate.measures;
    int64_t need = measure_need(&measures[measure], query->k);
    channels[measure] = channels_for(query, measure);
    for (size_t before = 0; before < measure; before++)
        if (measure_need(&measures[before], query->k) == need && channels[before] == channels[measure]) {
            for (size_t i = 0; i < query->cell_count; i++)
                query->shown[i][measure] = query->shown[i][before];
            return;
        }
    hide(query, table, channels[measure], need);
    for (size_t i = 0; i < query->cell_count; i++)
        query->shown[i][measure] = query->cell_shown[i] && !table[i].hidden;
}

static void show_cells(struct query *query)
{
    struct suppress_cell *table = make_table(query);
    uint64_t channels[AGGREGATE_MEASURES_MOST];
    query->shown = ch_alloc_array(query->arena, query->cell_count, sizeof *query->shown);
    query->cell_shown = ch_alloc_array(query->arena, query->cell_count, sizeof *query->cell_shown);
    hide(query, table, usual_channels(query), query->k);
    for (size_t i = 0; i < query->cell_count; i++) {
        query->cell_shown[i] = !table[i].hidden;
        query->suppressed |= table[i].hidden;
        query->shown_cells += !table[i].hidden;
        query->shown_rows += table[i].hidden ? 0 : query->cells[i].rows;
    }
    for (size_t m = 0; m < query->aggregate.measure_count; m++)
        show_measure(query, table, m, channels);
    free(table);
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
        aggregates_refuse(query, "internal", NULL);
    } else if (query->too_many) {
        aggregates_refuse(query, "too_many_cells",
                          "at most 1200 cells, and a million pairs of a cell and a member with rows in it");
    } else if ((int64_t)members_in_all(query) < query->k) {
        aggregates_refuse(query, "cohort_too_small", "these rows come from too few members");
    } else if (query->earlier_bytes > AGGREGATE_HISTORY_MOST) {
        aggregates_refuse(query, "differencing", "there are too many earlier answers to hold this one against");
    } else {
        show_cells(query);
        aggregates_hold_against(query);
        add_usage(query);
    }
}
