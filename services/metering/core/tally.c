/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counting rows by contribution: open addressing over the id's bytes, and the last hit first, since neighbouring rows
 * mostly come from one contribution. Members get ordinals the same way. */
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"

struct contribution {
    uint8_t id[16];
    int64_t no;
    uint32_t member; /* ordinal */
    uint32_t rows;
    bool seen; /* in this batch, counted or not */
};

/* Slots hold index + 1, 0 is free; the size is a power of two, at most half full. */
struct table {
    uint32_t *slots;
    size_t size;
};

struct tally {
    struct contribution *items;
    size_t count, room;
    uint8_t (*members)[16];
    size_t member_count, member_room;
    struct table by_id, by_member;
    uint32_t *touched; /* indexes seen since the last reset */
    size_t touched_count;
    uint64_t rows;
    int64_t last_index; /* -1: none yet */
};

static void *grow(void *block, size_t count, size_t size)
{
    void *grown = realloc(block, count * size);
    if (!grown)
        abort();
    return grown;
}

static size_t hash(const uint8_t id[16])
{
    uint64_t a, b;
    memcpy(&a, id, 8);
    memcpy(&b, id + 8, 8);
    a = (a ^ b * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);
    return (size_t)(a ^ a >> 32);
}

static const uint8_t *id_at(const struct tally *tally, const struct table *table, uint32_t index)
{
    return table == &tally->by_id ? tally->items[index].id : tally->members[index];
}

/* The slot that holds the id, or the free one where it belongs. */
static size_t slot_of(const struct tally *tally, const struct table *table, const uint8_t id[16])
{
    size_t slot = hash(id) & (table->size - 1);
    while (table->slots[slot] && memcmp(id_at(tally, table, table->slots[slot] - 1), id, 16) != 0)
        slot = (slot + 1) & (table->size - 1);
    return slot;
}

static void make_room(struct tally *tally, struct table *table, size_t count)
{
    if (2 * (count + 1) <= table->size)
        return;
    free(table->slots);
    table->size = table->size ? 2 * table->size : 64;
    table->slots = calloc(table->size, sizeof *table->slots);
    if (!table->slots)
        abort();
    for (uint32_t i = 0; i < count; i++)
        table->slots[slot_of(tally, table, id_at(tally, table, i))] = i + 1;
}

struct tally *tally_new(void)
{
    struct tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        abort();
    tally->last_index = -1;
    return tally;
}

void tally_free(struct tally *tally)
{
    if (!tally)
        return;
    free(tally->items);
    free(tally->members);
    free(tally->by_id.slots);
    free(tally->by_member.slots);
    free(tally->touched);
    free(tally);
}

static uint32_t member_ordinal(struct tally *tally, const uint8_t member[16])
{
    make_room(tally, &tally->by_member, tally->member_count);
    size_t slot = slot_of(tally, &tally->by_member, member);
    if (tally->by_member.slots[slot])
        return tally->by_member.slots[slot] - 1;
    if (tally->member_count == tally->member_room) {
        tally->member_room = 2 * tally->member_room + 64;
        tally->members = grow(tally->members, tally->member_room, sizeof *tally->members);
    }
    memcpy(tally->members[tally->member_count], member, 16);
    tally->by_member.slots[slot] = (uint32_t)++tally->member_count;
    return (uint32_t)tally->member_count - 1;
}

void tally_allow(struct tally *tally, const uint8_t id[16], int64_t no, const uint8_t member[16])
{
    struct contribution item = {.no = no};
    memcpy(item.id, id, sizeof item.id);
    make_room(tally, &tally->by_id, tally->count);
    size_t slot = slot_of(tally, &tally->by_id, id);
    if (tally->by_id.slots[slot])
        return;
    if (tally->count == tally->room) {
        tally->room = 2 * tally->room + 64;
        tally->items = grow(tally->items, tally->room, sizeof *tally->items);
        tally->touched = grow(tally->touched, tally->room, sizeof *tally->touched);
    }
    item.member = member_ordinal(tally, member);
    tally->items[tally->count] = item;
    tally->by_id.slots[slot] = (uint32_t)++tally->count;
}

size_t tally_allowed(const struct tally *tally)
{
    return tally->count;
}

size_t tally_members_allowed(const struct tally *tally)
{
    return tally->member_count;
}

int64_t tally_find(struct tally *tally, const uint8_t id[16])
{
    if (tally->last_index >= 0 && memcmp(tally->items[tally->last_index].id, id, 16) == 0)
        return tally->last_index;
    if (tally->count == 0)
        return -1;
    uint32_t found = tally->by_id.slots[slot_of(tally, &tally->by_id, id)];
    if (found)
        tally->last_index = found - 1;
    return (int64_t)found - 1;
}

uint32_t tally_member(const struct tally *tally, int64_t index)
{
    return tally->items[index].member;
}

int64_t tally_no(const struct tally *tally, int64_t index)
{
    return tally->items[index].no;
}

void tally_see(struct tally *tally, int64_t index)
{
    struct contribution *item = &tally->items[index];
    if (!item->seen)
        tally->touched[tally->touched_count++] = (uint32_t)index;
    item->seen = true;
}

void tally_count(struct tally *tally, int64_t index)
{
    tally_see(tally, index);
    tally->items[index].rows++;
    tally->rows++;
}

uint64_t tally_rows(const struct tally *tally)
{
    return tally->rows;
}

size_t tally_members(const struct tally *tally)
{
    uint8_t *marks = calloc(tally->member_count + 1, 1);
    size_t count = 0;
    if (!marks)
        abort();
    for (size_t i = 0; i < tally->touched_count; i++) {
        uint8_t *mark = &marks[tally->items[tally->touched[i]].member];
        count += !*mark;
        *mark = 1;
    }
    free(marks);
    return count;
}

void tally_reset(struct tally *tally)
{
    for (size_t i = 0; i < tally->touched_count; i++) {
        tally->items[tally->touched[i]].rows = 0;
        tally->items[tally->touched[i]].seen = false;
    }
    tally->touched_count = 0;
    tally->rows = 0;
}

static void add_number(struct out *out, int64_t number, bool first)
{
    char text[24];
    snprintf(text, sizeof text, first ? "{%" PRId64 : ",%" PRId64, number);
    out_text(out, text);
}

static void close_array(struct out *out, bool empty)
{
    out_add(out, empty ? "{}" : "}", empty ? 3 : 2); /* with its NUL */
}

static int by_index(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

void tally_write(const struct tally *tally, struct out *numbers, struct out *counts)
{
    bool first = true;
    if (tally->touched_count > 1)
        qsort(tally->touched, tally->touched_count, sizeof *tally->touched, by_index);
    for (size_t i = 0; i < tally->touched_count; i++) {
        const struct contribution *item = &tally->items[tally->touched[i]];
        if (!item->rows)
            continue;
        add_number(numbers, item->no, first);
        add_number(counts, item->rows, first);
        first = false;
    }
    close_array(numbers, first);
    close_array(counts, first);
}

void tally_write_allowed(const struct tally *tally, struct out *ids)
{
    char text[37];
    for (size_t i = 0; i < tally->count; i++) {
        out_byte(ids, i ? ',' : '{');
        ch_id_format(tally->items[i].id, text);
        out_add(ids, text, 36);
    }
    close_array(ids, tally->count == 0);
}
