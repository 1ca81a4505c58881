/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An open-addressing set of hashed keys. Two 64-bit lanes make a chance collision (a good row called a duplicate)
 * less likely than 10^-25 for a million rows; who constructs one has only own rows refused. Behind the table in memory
 * come tables in the store, each four times the one before and none ever moved: a key that is not there costs one read
 * of a bucket in each of them, five for a hundred million rows. */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_SLOTS 1024
#define LEVELS      8

struct ch_seen {
    struct ch_seen_key *slots; /* all zero: free. What is never touched the system never gives */
    size_t slot_count;         /* a power of two */
    size_t used;
    const struct ch_seen_store *store;
    unsigned levels;      /* tables in the store; keys are added to the last */
    uint64_t level_used;  /* keys in the last */
    uint64_t free_offset; /* where the key asked for last can go in the last table */
    bool failed;
};

static void release(void *thing)
{
    struct ch_seen *seen = thing;
    free(seen->slots);
}

struct ch_seen *ch_seen_new(struct ch_arena *arena, size_t limit, const struct ch_seen_store *store)
{
    struct ch_seen *seen = ch_alloc(arena, sizeof *seen);
    seen->slot_count = LEAST_SLOTS;
    while (seen->slot_count / 2 * 3 <= limit)
        seen->slot_count *= 2;
    seen->slots = calloc(seen->slot_count, sizeof *seen->slots);
    if (!seen->slots)
        abort();
    seen->store = store;
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

/* Slots of a table in the store: 4, 16, 64 ... times those in memory. */
static uint64_t level_slots(const struct ch_seen *seen, unsigned level)
{
    return (uint64_t)seen->slot_count << 2 * (level + 1);
}

/* Looks a key up in one table of the store; sets free_offset when it is not there. */
static bool find_stored(struct ch_seen *seen, uint64_t start, uint64_t slots, struct ch_seen_key key)
{
    struct ch_seen_key bucket[CH_SEEN_BUCKET];
    uint64_t buckets = slots / CH_SEEN_BUCKET;
    for (uint64_t b = key.high & (buckets - 1);; b = (b + 1) & (buckets - 1)) {
        uint64_t offset = start + b * sizeof bucket;
        if (!seen->store->read(seen->store->context, offset, bucket, sizeof bucket)) {
            seen->failed = true;
            return false;
        }
        for (size_t i = 0; i < CH_SEEN_BUCKET; i++) {
            if (bucket[i].low == key.low && bucket[i].high == key.high)
                return true;
            if (!bucket[i].low) {
                seen->free_offset = offset + i * sizeof key;
                return false;
            }
        }
    }
}

bool ch_seen_has(struct ch_seen *seen, struct ch_seen_key key)
{
    uint64_t start = 0;
    if (find(seen->slots, seen->slot_count, key)->low)
        return true;
    for (unsigned level = 0; level < seen->levels && !seen->failed; level++) {
        uint64_t slots = level_slots(seen, level);
        if (find_stored(seen, start, slots, key))
            return true;
        start += slots * sizeof key;
    }
    return false;
}

/* Behind the last table of the store comes a new one: the key asked for last goes to the begin of its bucket there. */
static void add_level(struct ch_seen *seen, struct ch_seen_key key)
{
    uint64_t start = 0;
    if (seen->levels == LEVELS) {
        seen->failed = true;
        return;
    }
    for (unsigned level = 0; level < seen->levels; level++)
        start += level_slots(seen, level) * sizeof key;
    uint64_t buckets = level_slots(seen, seen->levels) / CH_SEEN_BUCKET;
    seen->free_offset = start + (key.high & (buckets - 1)) * CH_SEEN_BUCKET * sizeof key;
    seen->level_used = 0;
    seen->levels++;
}

static void add_stored(struct ch_seen *seen, struct ch_seen_key key)
{
    if (seen->levels == 0 || seen->level_used >= level_slots(seen, seen->levels - 1) / 4 * 3)
        add_level(seen, key);
    if (!seen->failed && !seen->store->write(seen->store->context, seen->free_offset, &key, sizeof key))
        seen->failed = true;
    seen->level_used++;
}

void ch_seen_add(struct ch_seen *seen, struct ch_seen_key key)
{
    if (seen->used == seen->slot_count / 4 * 3) {
        add_stored(seen, key);
        return;
    }
    *find(seen->slots, seen->slot_count, key) = key;
    seen->used++;
}

bool ch_seen_failed(const struct ch_seen *seen)
{
    return seen->failed;
}
