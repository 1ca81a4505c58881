/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept of an answer, and whether the answer may be given at all after those before it. On the helper thread of
 * aggregates_decide.c. */
#include <stdlib.h>
#include <string.h>

#include "aggregates.h"
#include "commonhold/crypto.h"
#include "core/aggregate_differ.h"
#include "core/scratch.h"

static uint64_t digest_of(const char *text)
{
    uint8_t digest[32];
    uint64_t value;
    ch_sha256(text, strlen(text), digest);
    memcpy(&value, digest, sizeof value);
    return value;
}

/* ---- the question ---- */

static uint64_t column_digest(const struct query *query, const struct plan_column *column)
{
    return digest_of(ch_printf(query->arena, "%s %s", column->name, plan_rule_text(query->arena, column)));
}

/* What compares by order, or says what a value is not, can be made as narrow as one likes. */
static bool is_condition(const struct filter *filter)
{
    switch (filter->op) {
    case FILTER_NEQ:
    case FILTER_GT:
    case FILTER_GTE:
    case FILTER_LT:
    case FILTER_LTE:
        return true;
    case FILTER_EQ:
    case FILTER_IN:
    case FILTER_IS:
        return false;
    }
    abort();
}

static int by_text(const void *a, const void *b)
{
    const struct sketch_condition *left = a, *right = b;
    return left->text < right->text ? -1 : left->text > right->text;
}

static void describe(const struct query *query, struct sketch *sketch)
{
    const struct aggregate *aggregate = &query->aggregate;
    struct sketch_condition all[FILTERS_MOST];
    for (size_t i = 0; i < aggregate->filter_count; i++) {
        const struct filter *filter = &aggregate->filters[i];
        all[i].column = column_digest(query, filter->column);
        all[i].text = digest_of(
            ch_printf(query->arena, "%llx %d %s", (unsigned long long)all[i].column, (int)filter->op, filter->value));
        if (is_condition(filter))
            sketch->conditions[sketch->condition_count++] = all[i];
    }
    qsort(all, aggregate->filter_count, sizeof *all, by_text);
    qsort(sketch->conditions, sketch->condition_count, sizeof *all, by_text);
    for (size_t i = 0; i < aggregate->filter_count; i++)
        if (i == 0 || all[i].text != all[i - 1].text)
            sketch->where = digest_of(ch_printf(query->arena, "%llx %llx", (unsigned long long)sketch->where,
                                                (unsigned long long)all[i].text));
    sketch->by_count = (unsigned)aggregate->by_count;
    for (size_t i = 0; i < aggregate->by_count; i++)
        sketch->by[i] = column_digest(query, aggregate->by[i]);
    for (size_t c = 0; c < aggregate->measured_count; c++)
        sketch->names[c + 1] = column_digest(query, aggregate->measured[c]);
}

/* ---- cells ---- */

static void describe_cell(const struct query *query, size_t cell, struct sketch_cell *out)
{
    for (size_t i = 0; i < query->aggregate.by_count; i++) {
        const char *value = query->cells[cell].by[i];
        out->key[i] = value ? digest_of(value) : 0;
    }
    for (size_t m = 0; m < query->aggregate.measure_count; m++) {
        const struct measure *measure = &query->aggregate.measures[m];
        if (measure->channel == 0 || !query->shown[cell][m])
            continue;
        out->summed |= (uint16_t)(1u << measure->channel);
        if (aggregates_counts(measure))
            out->counted |= (uint16_t)(1u << measure->channel);
    }
}

struct entry {
    uint64_t key;
    size_t place; /* in the cell */
    size_t row;   /* kept as rows: its first in the cell */
};

static int by_entry_key(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return left->key < right->key ? -1 : left->key > right->key;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void put_rows(uint64_t *rows, size_t count, struct sketch *sketch, size_t entry)
{
    size_t at = sketch->row[entry];
    qsort(rows, count, sizeof *rows, by_value);
    for (size_t r = 0; r < count; r++) {
        sketch->hash[at + r] = (uint32_t)(rows[r] >> 16);
        sketch->mask[at + r] = (uint16_t)(rows[r] & 0xffff);
    }
    sketch->row[entry + 1] = at + count;
}

/* Members and rows in an order that is always the same. */
static void put_cell(const struct query *query, const struct aggregate_cell *cell, struct sketch *sketch, size_t at)
{
    struct entry *entries = block(cell->member_count, sizeof *entries);
    size_t lanes = (size_t)query->channels * SKETCH_LANES, row = 0;
    for (size_t m = 0; m < cell->member_count; row += cell->member_rows[m++])
        entries[m] = (struct entry){.key = query->member_keys[cell->members[m].member], .place = m, .row = row};
    qsort(entries, cell->member_count, sizeof *entries, by_entry_key);
    for (size_t m = 0; m < cell->member_count; m++) {
        size_t place = entries[m].place;
        sketch->member[at + m] = entries[m].key;
        if (query->of_rows)
            put_rows(cell->rows_of + entries[m].row, cell->member_rows[place], sketch, at + m);
        else
            memcpy(sketch->lanes + (at + m) * lanes, cell->lanes + place * lanes, lanes * sizeof *cell->lanes);
    }
    free(entries);
}

static void make_sketch(const struct query *query, struct sketch *sketch)
{
    size_t entries = 0, cells = 0;
    for (size_t i = 0; i < query->cell_count; i++)
        entries += query->cell_shown[i] ? query->cells[i].member_count : 0;
    sketch_init(sketch, query->of_rows, query->channels, query->shown_cells, entries, query->shown_rows);
    describe(query, sketch);
    for (size_t i = 0; i < query->cell_count; i++) {
        if (!query->cell_shown[i])
            continue;
        describe_cell(query, i, &sketch->cell[cells]);
        put_cell(query, &query->cells[i], sketch, sketch->first[cells]);
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

static bool has_old(const struct query *query)
{
    for (size_t i = 0; i < query->earlier_count; i++)
        if (sketch_is_old(query->earlier[i].bytes, query->earlier[i].size))
            return true;
    return false;
}

static enum search_verdict compare(struct query *query, const struct sketch *fresh)
{
    struct sketch *sketches = block(query->earlier_count, sizeof *sketches);
    const struct sketch **list = block(query->earlier_count, sizeof *list);
    enum search_verdict verdict = SEARCH_SAFE;
    size_t count = 0;
    uint64_t seed;
    ch_random(&seed, sizeof seed);
    while (count < query->earlier_count &&
           sketch_read(&sketches[count], query->earlier[count].bytes, query->earlier[count].size)) {
        list[count] = &sketches[count];
        count++;
    }
    query->broken = count < query->earlier_count;
    if (!query->broken)
        verdict = differ_judge(fresh, list, count, (uint32_t)query->k, seed);
    for (size_t i = 0; i < count; i++)
        sketch_free(&sketches[i]);
    free(sketches);
    free(list);
    return verdict;
}

static void refuse_by(struct query *query, enum search_verdict verdict)
{
    switch (verdict) {
    case SEARCH_SAFE:
        break;
    case SEARCH_TELLS:
        aggregates_refuse(query, "differencing", "it differs from what was answered before by too few members");
        break;
    case SEARCH_TOO_MUCH:
        aggregates_refuse(
            query, "differencing",
            "so much was answered before that no proof was found in time that this tells nothing: ask for "
            "fewer or larger cells");
        break;
    }
}

static void keep_hex(struct query *query, const struct out *bytes)
{
    out_reserve(&query->sketch, 2 * bytes->size + 3);
    memcpy(query->sketch.bytes, "\\x", 2);
    ch_hex(bytes->bytes, bytes->size, query->sketch.bytes + 2);
    query->sketch.size = 2 * bytes->size + 3;
}

void aggregates_hold_against(struct query *query)
{
    struct sketch fresh;
    struct out bytes = {0};
    if (query->shown_cells == 0)
        return;
    if (has_old(query)) {
        aggregates_refuse(query, "differencing",
                          "earlier answers under this grant are of a version that kept less: a new grant can ask");
        return;
    }
    make_sketch(query, &fresh);
    sketch_write(&fresh, &bytes);
    query->same_as = find_same(query, &bytes);
    if (!query->same_as)
        refuse_by(query, compare(query, &fresh));
    if (query->broken)
        aggregates_refuse(query, "internal", NULL);
    if (!query->same_as)
        keep_hex(query, &bytes);
    out_free(&bytes);
    sketch_free(&fresh);
}
