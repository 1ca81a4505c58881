/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An open-addressing set of hashed keys. Two 64-bit lanes make a chance collision (a good row called a duplicate)
 * less likely than 10^-25 for a million rows; who constructs one has only own rows refused. */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 1024

struct ch_seen {
    struct ch_seen_key *slots; /* all zero: free */
    size_t slot_count;         /* a power of two */
    size_t used;
    size_t most_slots;
};

static void release(void *thing)
{
    struct ch_seen *seen = thing;
    free(seen->slots);
}

static struct ch_seen_key *new_slots(size_t count)
{
    struct ch_seen_key *slots = calloc(count, sizeof *slots);
    if (!slots)
        abort();
    return slots;
}

struct ch_seen *ch_seen_new(struct ch_arena *arena, size_t limit)
{
    struct ch_seen *seen = ch_alloc(arena, sizeof *seen);
    seen->slot_count = seen->most_slots = FIRST_SLOTS;
    while (seen->most_slots / 4 * 3 < limit)
        seen->most_slots *= 2;
    seen->slots = new_slots(seen->slot_count);
    ch_arena_on_free(arena, release, seen);
    return seen;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void add_bytes(struct ch_seen_key *key, const char *bytes, size_t length)
{
    uint64_t word = length;
    for (;;) {
        key->high = mix(key->high ^ word, UINT64_C(0x9e3779b97f4a7c15));
        key->low = mix(key->low + word, UINT64_C(0xd6e8feb86659fd93)) ^ key->high;
        if (length == 0)
            return;
        size_t step = length < 8 ? length : 8;
        word = 0;
        memcpy(&word, bytes, step);
        bytes += step;
        length -= step;
    }
}

struct ch_seen_key ch_seen_key(const struct ch_table_schema *schema, const struct ch_cell *cells, const size_t *fields,
                               size_t count)
{
    struct ch_seen_key key = {UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};
    char number[CH_DECIMAL_LENGTH + 8];
    struct ch_decimal value;
    for (size_t i = 0; i < count; i++) {
        const struct ch_cell *cell = &cells[fields[i]];
        if (schema->fields[fields[i]].type == CH_TYPE_NUMBER && ch_decimal_parse(cell->text, cell->length, &value))
            add_bytes(&key, number, ch_decimal_key(&value, number));
        else
            add_bytes(&key, cell->text, cell->length);
    }
    key.low |= 1; /* never the free slot */
    return key;
}

static struct ch_seen_key *find(struct ch_seen_key *slots, size_t count, struct ch_seen_key key)
{
    size_t i = (size_t)key.high & (count - 1);
    while (slots[i].low && (slots[i].low != key.low || slots[i].high != key.high))
        i = (i + 1) & (count - 1);
    return &slots[i];
}

bool ch_seen_has(const struct ch_seen *seen, struct ch_seen_key key)
{
    return find(seen->slots, seen->slot_count, key)->low != 0;
}

static void grow(struct ch_seen *seen)
{
    size_t count = seen->slot_count * 2;
    struct ch_seen_key *slots = new_slots(count);
    for (size_t i = 0; i < seen->slot_count; i++)
        if (seen->slots[i].low)
            *find(slots, count, seen->slots[i]) = seen->slots[i];
    free(seen->slots);
    seen->slots = slots;
    seen->slot_count = count;
}

bool ch_seen_add(struct ch_seen *seen, struct ch_seen_key key)
{
    if (seen->used >= seen->slot_count / 4 * 3) {
        if (seen->slot_count == seen->most_slots)
            return false;
        grow(seen);
    }
    struct ch_seen_key *slot = find(seen->slots, seen->slot_count, key);
    seen->used += slot->low == 0;
    *slot = key;
    return true;
}
