/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sketches in memory and as bytes: a head; the members once; then cell by cell its key and what was told of it, how
 * many entries, and for each its place among the members and its rows or lanes. Little-endian. */
#include "aggregate_sketch.h"
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT     2 /* 1 held hashes that could be compared two cells at a time only */
#define CELL_BYTES 8 /* at least so many for each cell, and each entry: what is allocated is bounded by what came */

void sketch_init(struct sketch *sketch, bool of_rows, unsigned channels, size_t cells, size_t entries, size_t rows)
{
    *sketch = (struct sketch){
        .of_rows = of_rows, .channels = channels, .cells = cells, .entries = entries, .rows = of_rows ? rows : 0};
    sketch->cell = block(cells, sizeof *sketch->cell);
    sketch->first = block(cells + 1, sizeof *sketch->first);
    sketch->member = block(entries, sizeof *sketch->member);
    sketch->row = block(entries + 1, sizeof *sketch->row);
    sketch->hash = block(sketch->rows, sizeof *sketch->hash);
    sketch->mask = block(sketch->rows, sizeof *sketch->mask);
    sketch->lanes = block(of_rows ? 0 : entries * channels * SKETCH_LANES, sizeof *sketch->lanes);
}

void sketch_free(struct sketch *sketch)
{
    free(sketch->cell);
    free(sketch->first);
    free(sketch->member);
    free(sketch->row);
    free(sketch->hash);
    free(sketch->mask);
    free(sketch->lanes);
    *sketch = (struct sketch){0};
}

int64_t sketch_lane(uint32_t hash, unsigned lane)
{
    return lane == 0 ? 1 : (int32_t)hash;
}

void sketch_lanes(const struct sketch *sketch, size_t entry, unsigned channel, int64_t lanes[SKETCH_LANES])
{
    memset(lanes, 0, SKETCH_LANES * sizeof *lanes);
    if (!sketch->of_rows)
        memcpy(lanes, sketch->lanes + (entry * sketch->channels + channel) * SKETCH_LANES,
               SKETCH_LANES * sizeof *lanes);
    for (size_t r = sketch->row[entry]; sketch->of_rows && r < sketch->row[entry + 1]; r++)
        for (unsigned lane = 0; (sketch->mask[r] >> channel & 1) && lane < SKETCH_LANES; lane++)
            lanes[lane] += sketch_lane(sketch->hash[r], lane);
}

/* ---- writing ---- */

static void put(struct out *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out_byte(out, (char)(value >> 8 * i & 255));
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static size_t sort_members(const struct sketch *sketch, uint64_t *members)
{
    size_t count = 0;
    memcpy(members, sketch->member, sketch->entries * sizeof *members);
    qsort(members, sketch->entries, sizeof *members, by_value);
    for (size_t i = 0; i < sketch->entries; i++)
        if (i == 0 || members[i] != members[count - 1])
            members[count++] = members[i];
    return count;
}

static void put_head(struct out *out, const struct sketch *sketch)
{
    put(out, FORMAT, 1);
    put(out, sketch->of_rows, 1);
    put(out, sketch->by_count, 1);
    put(out, sketch->condition_count, 1);
    put(out, sketch->channels, 1);
    put(out, sketch->where, 8);
    for (unsigned i = 0; i < sketch->by_count; i++)
        put(out, sketch->by[i], 8);
    for (unsigned i = 0; i < sketch->condition_count; i++) {
        put(out, sketch->conditions[i].text, 8);
        put(out, sketch->conditions[i].column, 8);
    }
    for (unsigned c = 1; c < sketch->channels; c++)
        put(out, sketch->names[c], 8);
    put(out, sketch->cells, 4);
    put(out, sketch->entries, 4);
    put(out, sketch->rows, 4);
}

/* A channel of lanes is written where it differs from that of all rows. */
static void put_lanes(struct out *out, const struct sketch *sketch, size_t entry)
{
    const int64_t *all = sketch->lanes + entry * sketch->channels * SKETCH_LANES;
    unsigned flags = 0;
    for (unsigned c = 1; c < sketch->channels; c++)
        if (memcmp(all, all + c * SKETCH_LANES, SKETCH_LANES * sizeof *all) != 0)
            flags |= 1u << c;
    put(out, flags, 2);
    for (unsigned c = 0; c < sketch->channels; c++)
        for (unsigned lane = 0; (c == 0 || (flags >> c & 1)) && lane < SKETCH_LANES; lane++)
            put(out, (uint64_t)all[c * SKETCH_LANES + lane], 8);
}

static void put_entry(struct out *out, const struct sketch *sketch, size_t entry, const uint64_t *members, size_t count)
{
    const uint64_t *place = bsearch(&sketch->member[entry], members, count, sizeof *members, by_value);
    put(out, (uint64_t)(place - members), 4);
    if (!sketch->of_rows) {
        put_lanes(out, sketch, entry);
        return;
    }
    put(out, sketch->row[entry + 1] - sketch->row[entry], 4);
    for (size_t r = sketch->row[entry]; r < sketch->row[entry + 1]; r++) {
        put(out, sketch->hash[r], 4);
        if (sketch->channels > 1)
            put(out, sketch->mask[r], 2);
    }
}

void sketch_write(const struct sketch *sketch, struct out *out)
{
    uint64_t *members = block(sketch->entries, sizeof *members);
    size_t count = sort_members(sketch, members);
    put_head(out, sketch);
    put(out, count, 4);
    for (size_t i = 0; i < count; i++)
        put(out, members[i], 8);
    for (size_t c = 0; c < sketch->cells; c++) {
        const struct sketch_cell *cell = &sketch->cell[c];
        for (unsigned i = 0; i < sketch->by_count; i++)
            put(out, cell->key[i], 8);
        put(out, cell->counted, 2);
        put(out, cell->summed, 2);
        put(out, sketch->first[c + 1] - sketch->first[c], 4);
        for (size_t e = sketch->first[c]; e < sketch->first[c + 1]; e++)
            put_entry(out, sketch, e, members, count);
    }
    free(members);
}

/* ---- reading ---- */

struct bytes {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static uint64_t get(struct bytes *bytes, unsigned count)
{
    uint64_t value = 0;
    if (bytes->left < count) {
        bytes->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)bytes->at[i] << 8 * i;
    bytes->at += count;
    bytes->left -= count;
    return value;
}

static void get_lanes(struct bytes *bytes, struct sketch *sketch, size_t entry)
{
    int64_t *all = sketch->lanes + entry * sketch->channels * SKETCH_LANES;
    unsigned flags = (unsigned)get(bytes, 2) | 1;
    for (unsigned c = 0; c < sketch->channels; c++)
        for (unsigned lane = 0; lane < SKETCH_LANES; lane++)
            all[c * SKETCH_LANES + lane] = flags >> c & 1 ? (int64_t)get(bytes, 8) : all[lane];
}

static void get_rows(struct bytes *bytes, struct sketch *sketch, size_t entry)
{
    size_t count = get(bytes, 4), from = sketch->row[entry];
    bytes->bad |= count > sketch->rows - from;
    for (size_t r = from; !bytes->bad && r < from + count; r++) {
        sketch->hash[r] = (uint32_t)get(bytes, 4);
        sketch->mask[r] = sketch->channels > 1 ? (uint16_t)get(bytes, 2) : 1;
    }
    sketch->row[entry + 1] = from + count;
}

static void get_entry(struct bytes *bytes, struct sketch *sketch, size_t entry, const uint8_t *members, size_t count)
{
    size_t place = get(bytes, 4);
    bytes->bad |= place >= count;
    if (bytes->bad)
        return;
    struct bytes member = {.at = members + 8 * place, .left = 8};
    sketch->member[entry] = get(&member, 8);
    if (sketch->of_rows)
        get_rows(bytes, sketch, entry);
    else
        get_lanes(bytes, sketch, entry);
}

static void get_cells(struct bytes *bytes, struct sketch *sketch)
{
    size_t count = get(bytes, 4);
    const uint8_t *members = bytes->at;
    if (bytes->bad || bytes->left / 8 < count) {
        bytes->bad = true;
        return;
    }
    bytes->at += 8 * count;
    bytes->left -= 8 * count;
    for (size_t c = 0; c < sketch->cells && !bytes->bad; c++) {
        struct sketch_cell *cell = &sketch->cell[c];
        for (unsigned i = 0; i < sketch->by_count; i++)
            cell->key[i] = get(bytes, 8);
        cell->counted = (uint16_t)get(bytes, 2);
        cell->summed = (uint16_t)get(bytes, 2);
        size_t more = get(bytes, 4), from = sketch->first[c];
        bytes->bad |= more > sketch->entries - from;
        for (size_t e = from; !bytes->bad && e < from + more; e++)
            get_entry(bytes, sketch, e, members, count);
        sketch->first[c + 1] = from + more;
    }
    bytes->bad |= bytes->left != 0 || sketch->first[sketch->cells] != sketch->entries ||
                  sketch->row[sketch->entries] != sketch->rows;
}

/* The head into *head; arrays come with the counts. */
static bool get_head(struct bytes *in, struct sketch *head)
{
    bool known = get(in, 1) == FORMAT;
    head->of_rows = get(in, 1) == 1;
    head->by_count = (unsigned)get(in, 1);
    head->condition_count = (unsigned)get(in, 1);
    head->channels = (unsigned)get(in, 1);
    head->where = get(in, 8);
    if (!known || head->by_count > AGGREGATE_BY_MOST || head->condition_count > SKETCH_CONDITIONS ||
        head->channels < 1 || head->channels > SKETCH_CHANNELS)
        return false;
    for (unsigned i = 0; i < head->by_count; i++)
        head->by[i] = get(in, 8);
    for (unsigned i = 0; i < head->condition_count; i++) {
        head->conditions[i].text = get(in, 8);
        head->conditions[i].column = get(in, 8);
    }
    for (unsigned c = 1; c < head->channels; c++)
        head->names[c] = get(in, 8);
    head->cells = get(in, 4);
    head->entries = get(in, 4);
    head->rows = get(in, 4);
    return !in->bad && head->cells <= in->left / CELL_BYTES && head->entries <= in->left / CELL_BYTES &&
           head->rows <= in->left / 4;
}

bool sketch_read(struct sketch *sketch, const uint8_t *bytes, size_t size)
{
    struct bytes in = {.at = bytes, .left = size};
    struct sketch head = {0};
    if (!get_head(&in, &head))
        return false;
    sketch_init(sketch, head.of_rows, head.channels, head.cells, head.entries, head.rows);
    sketch->where = head.where;
    sketch->by_count = head.by_count;
    sketch->condition_count = head.condition_count;
    memcpy(sketch->by, head.by, sizeof head.by);
    memcpy(sketch->conditions, head.conditions, sizeof head.conditions);
    memcpy(sketch->names, head.names, sizeof head.names);
    get_cells(&in, sketch);
    if (in.bad)
        sketch_free(sketch);
    return !in.bad;
}

bool sketch_is_old(const uint8_t *bytes, size_t size)
{
    return size > 0 && bytes[0] < FORMAT;
}
