/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a group of events adds to usage_day, added up here because that is three times faster than in SQL. Open
 * addressing over the key of a line; sorted when asked for. */
#include <stdlib.h>
#include <string.h>

#include "event_rollup.h"

#define DAY (INT64_C(86400) * 1000000)

struct usage_rollup {
    struct usage_line *lines;
    size_t count, room;
    uint32_t *slots; /* index of a line + 1; 0 is free; at most half full, a power of two of them */
    size_t size;
    uint64_t seed;
    bool sorted; /* lines were sorted: slots are worth nothing */
};

int32_t usage_day_of(int64_t time)
{
    return (int32_t)(time / DAY - (time % DAY < 0));
}

static uint64_t mix(uint64_t hash, const uint8_t id[16])
{
    uint64_t a, b;
    memcpy(&a, id, 8);
    memcpy(&b, id + 8, 8);
    hash = (hash ^ a) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 29 ^ b) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 32;
}

static size_t hash_of(const struct usage_rollup *rollup, const struct usage_line *line)
{
    uint64_t hash = mix(rollup->seed ^ (uint64_t)(uint32_t)line->day << 8 ^ (uint64_t)line->meter, line->pool);
    return (size_t)mix(mix(hash, line->grant), line->contribution);
}

/* Order of usage_day's key: pool, day, grant, meter, contribution, without one last. */
static int compare(const void *left, const void *right)
{
    const struct usage_line *a = left, *b = right;
    int order = memcmp(a->pool, b->pool, 16);
    if (order == 0)
        order = (a->day > b->day) - (a->day < b->day);
    if (order == 0)
        order = memcmp(a->grant, b->grant, 16);
    if (order == 0)
        order = (a->meter > b->meter) - (a->meter < b->meter);
    if (order == 0)
        order = (int)b->has_contribution - (int)a->has_contribution;
    return order ? order : memcmp(a->contribution, b->contribution, 16);
}

static uint32_t *slot_of(const struct usage_rollup *rollup, const struct usage_line *line)
{
    size_t slot = hash_of(rollup, line) & (rollup->size - 1);
    while (rollup->slots[slot] && compare(&rollup->lines[rollup->slots[slot] - 1], line) != 0)
        slot = (slot + 1) & (rollup->size - 1);
    return &rollup->slots[slot];
}

static void *must(void *block)
{
    if (!block)
        abort();
    return block;
}

static void fill_slots(struct usage_rollup *rollup, size_t size)
{
    if (size != rollup->size) {
        free(rollup->slots);
        rollup->slots = must(calloc(size, sizeof *rollup->slots));
        rollup->size = size;
    } else {
        memset(rollup->slots, 0, size * sizeof *rollup->slots);
    }
    for (size_t i = 0; i < rollup->count; i++)
        *slot_of(rollup, &rollup->lines[i]) = (uint32_t)i + 1;
    rollup->sorted = false;
}

static void make_room(struct usage_rollup *rollup)
{
    if (rollup->count == rollup->room) {
        rollup->room = rollup->room ? 2 * rollup->room : 128;
        rollup->lines = must(realloc(rollup->lines, rollup->room * sizeof *rollup->lines));
    }
    if (2 * (rollup->count + 1) > rollup->size)
        fill_slots(rollup, rollup->size ? 2 * rollup->size : 256);
    else if (rollup->sorted)
        fill_slots(rollup, rollup->size);
}

struct usage_rollup *usage_rollup_new(uint64_t seed)
{
    struct usage_rollup *rollup = must(calloc(1, sizeof *rollup));
    rollup->seed = seed;
    return rollup;
}

void usage_rollup_free(struct usage_rollup *rollup)
{
    if (!rollup)
        return;
    free(rollup->lines);
    free(rollup->slots);
    free(rollup);
}

void usage_rollup_reset(struct usage_rollup *rollup)
{
    if (rollup->count > 0)
        memset(rollup->slots, 0, rollup->size * sizeof *rollup->slots);
    rollup->count = 0;
    rollup->sorted = false;
}

bool usage_rollup_add(struct usage_rollup *rollup, const struct usage_event *event)
{
    struct usage_line line = {.day = usage_day_of(event->time),
                              .meter = event->meter,
                              .has_contribution = event->has_contribution,
                              .units = event->units};
    memcpy(line.pool, event->pool_id, 16);
    memcpy(line.grant, event->grant, 16);
    memcpy(line.contribution, event->contribution, 16);
    make_room(rollup);
    uint32_t *slot = slot_of(rollup, &line);
    if (*slot) {
        struct usage_line *known = &rollup->lines[*slot - 1];
        if (__builtin_add_overflow(known->units, line.units, &line.units))
            return false;
        known->units = line.units;
        return true;
    }
    rollup->lines[rollup->count++] = line;
    *slot = (uint32_t)rollup->count;
    return true;
}

const struct usage_line *usage_rollup_lines(struct usage_rollup *rollup, size_t *count)
{
    if (rollup->count > 1 && !rollup->sorted) {
        qsort(rollup->lines, rollup->count, sizeof *rollup->lines, compare);
        rollup->sorted = true;
    }
    *count = rollup->count;
    return rollup->lines;
}
