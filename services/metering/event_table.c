/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of facts that usage events are judged by. */
#include "event_table.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/arena.h"
#include "commonhold/crypto.h"

#define ROOM_FIRST 256

static void **slot_of(const struct event_table *table, const uint8_t *key)
{
    uint64_t hash = table->seed, a, b;
    for (size_t i = 0; i < table->key_size; i += 16) {
        memcpy(&a, key + i, 8);
        memcpy(&b, key + i + 8, 8);
        hash = (hash ^ a) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ (hash >> 29) ^ b) * UINT64_C(0xbf58476d1ce4e5b9);
        hash ^= hash >> 32;
    }
    size_t at = (size_t)hash & (table->room - 1);
    while (table->slots[at] && memcmp(table->slots[at], key, table->key_size) != 0)
        at = (at + 1) & (table->room - 1);
    return &table->slots[at];
}

static void make_slots(struct event_table *table, size_t room)
{
    table->room = room;
    table->slots = calloc(room, sizeof *table->slots);
    if (!table->slots)
        abort();
}

static void grow(struct event_table *table)
{
    struct event_table larger = *table;
    make_slots(&larger, 2 * table->room);
    for (size_t i = 0; i < table->room; i++)
        if (table->slots[i])
            *slot_of(&larger, table->slots[i]) = table->slots[i];
    free(table->slots);
    *table = larger;
}

void event_table_reset(struct event_table *table)
{
    event_table_free(table);
    table->arena = ch_arena_new();
    table->count = 0;
    ch_random(&table->seed, sizeof table->seed);
    make_slots(table, ROOM_FIRST);
}

void event_table_free(struct event_table *table)
{
    ch_arena_free(table->arena);
    free(table->slots);
}

void *event_table_find(const struct event_table *table, const uint8_t *key)
{
    return *slot_of(table, key);
}

void *event_table_find_or_add(struct event_table *table, const uint8_t *key)
{
    void **slot = slot_of(table, key);
    if (*slot)
        return *slot;
    if (2 * (table->count + 1) > table->room) {
        grow(table);
        slot = slot_of(table, key);
    }
    table->count++;
    *slot = ch_alloc(table->arena, table->size);
    memcpy(*slot, key, table->key_size);
    return *slot;
}
