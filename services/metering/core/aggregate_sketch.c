/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sketches in memory and as bytes: a head, the members once, then cell by cell how many entries and each entry's place
 * among the members, which channels follow, and the words. Little-endian. */
#include "aggregate_sketch.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT 1

static void *block(size_t count, size_t size)
{
    void *bytes = calloc(count ? count : 1, size);
    if (!bytes)
        abort();
    return bytes;
}

void sketch_init(struct sketch *sketch, unsigned words, unsigned channels, size_t cells, size_t entries)
{
    *sketch = (struct sketch){.words = words, .channels = channels, .cells = cells, .entries = entries};
    sketch->first = block(cells + 1, sizeof *sketch->first);
    sketch->member = block(entries, sizeof *sketch->member);
    sketch->rows = block(entries, sizeof *sketch->rows);
    sketch->hash = block(entries * channels * words, sizeof *sketch->hash);
}

void sketch_free(struct sketch *sketch)
{
    free(sketch->first);
    free(sketch->member);
    free(sketch->rows);
    free(sketch->hash);
    *sketch = (struct sketch){0};
}

const uint64_t *sketch_hash(const struct sketch *sketch, size_t entry, unsigned channel)
{
    return sketch->hash + (entry * sketch->channels + channel) * sketch->words;
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

static void put_entry(struct out *out, const struct sketch *sketch, size_t entry, const uint64_t *members, size_t count)
{
    const uint64_t *place = bsearch(&sketch->member[entry], members, count, sizeof *members, by_value);
    size_t size = sketch->words * sizeof(uint64_t);
    unsigned flags = 1;
    for (unsigned c = 1; c < sketch->channels; c++)
        if (memcmp(sketch_hash(sketch, entry, 0), sketch_hash(sketch, entry, c), size) != 0)
            flags |= 1u << c;
    put(out, (uint64_t)(place - members), 4);
    put(out, flags, 2);
    put(out, sketch->rows[entry], 4);
    for (unsigned c = 0; c < sketch->channels; c++)
        for (unsigned w = 0; (flags >> c & 1) && w < sketch->words; w++)
            put(out, sketch_hash(sketch, entry, c)[w], 8);
}

void sketch_write(const struct sketch *sketch, struct out *out)
{
    uint64_t *members = block(sketch->entries, sizeof *members);
    size_t count = sort_members(sketch, members);
    put(out, FORMAT, 1);
    put(out, sketch->words, 1);
    put(out, sketch->channels, 1);
    for (unsigned c = 1; c < sketch->channels; c++) {
        size_t length = strlen(sketch->names[c]);
        put(out, length, 1);
        out_add(out, sketch->names[c], length);
    }
    put(out, sketch->cells, 4);
    put(out, sketch->entries, 4);
    put(out, count, 4);
    for (size_t i = 0; i < count; i++)
        put(out, members[i], 8);
    for (size_t cell = 0; cell < sketch->cells; cell++) {
        put(out, sketch->first[cell + 1] - sketch->first[cell], 4);
        for (size_t e = sketch->first[cell]; e < sketch->first[cell + 1]; e++)
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

static void get_name(struct bytes *bytes, char *name)
{
    size_t length = get(bytes, 1);
    if (length >= SKETCH_NAME_MOST || length > bytes->left) {
        bytes->bad = true;
        return;
    }
    memcpy(name, bytes->at, length);
    name[length] = '\0';
    bytes->at += length;
    bytes->left -= length;
}

static void get_entry(struct bytes *bytes, struct sketch *sketch, size_t entry, const uint8_t *members, size_t count)
{
    size_t place = get(bytes, 4);
    unsigned flags = (unsigned)get(bytes, 2);
    uint32_t rows = (uint32_t)get(bytes, 4);
    uint64_t *hash = sketch->hash + entry * sketch->channels * sketch->words;
    bytes->bad |= place >= count || !(flags & 1);
    if (bytes->bad)
        return;
    struct bytes member = {.at = members + 8 * place, .left = 8};
    sketch->member[entry] = get(&member, 8);
    sketch->rows[entry] = rows;
    for (unsigned c = 0; c < sketch->channels; c++)
        for (unsigned w = 0; w < sketch->words; w++)
            hash[c * sketch->words + w] = flags >> c & 1 ? get(bytes, 8) : hash[w];
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
    for (size_t cell = 0; cell < sketch->cells && !bytes->bad; cell++) {
        size_t more = get(bytes, 4), from = sketch->first[cell];
        bytes->bad |= more > sketch->entries - from;
        for (size_t e = from; !bytes->bad && e < from + more; e++)
            get_entry(bytes, sketch, e, members, count);
        sketch->first[cell + 1] = from + more;
    }
    bytes->bad |= bytes->left != 0 || sketch->first[sketch->cells] != sketch->entries;
}

bool sketch_read(struct sketch *sketch, const uint8_t *bytes, size_t size)
{
    struct bytes in = {.at = bytes, .left = size};
    char names[SKETCH_CHANNELS][SKETCH_NAME_MOST] = {{0}};
    bool known = get(&in, 1) == FORMAT;
    unsigned words = (unsigned)get(&in, 1), channels = (unsigned)get(&in, 1);
    if (!known || words < 1 || words > SKETCH_WORDS_MOST || channels < 1 || channels > SKETCH_CHANNELS)
        return false;
    for (unsigned c = 1; c < channels && !in.bad; c++)
        get_name(&in, names[c]);
    size_t cells = get(&in, 4), entries = get(&in, 4);
    /* each takes more bytes than this: what is allocated is bounded by what came */
    if (in.bad || cells > in.left / 4 || entries > in.left / 18)
        return false;
    sketch_init(sketch, words, channels, cells, entries);
    memcpy(sketch->names, names, sizeof names);
    get_cells(&in, sketch);
    if (in.bad)
        sketch_free(sketch);
    return !in.bad;
}
