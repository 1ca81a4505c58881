/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One 64-bit time is the whole state of a key, so that a compare-and-swap is all the locking there is. A key is known
 * by a keyed hash: nobody chooses whom to share a slot with. */
#include "commonhold/rate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "commonhold/crypto.h"

#define SECOND_US INT64_C(1000000)
#define WAYS      8 /* slots a key may lie in */

struct slot {
    _Atomic uint64_t tag; /* of the key; 0: free */
    _Atomic int64_t due_us;
};

struct ch_rate_table {
    size_t sets, bytes;
    uint8_t secret[32];
    struct slot slots[];
};

struct ch_rate_verdict ch_rate_decide(const struct ch_rate *rate, int64_t *due_us, int64_t now_us)
{
    int64_t step = SECOND_US / rate->per_second, whole = step * rate->burst;
    int64_t ahead = *due_us > now_us ? *due_us - now_us : 0;
    if (ahead + step > whole)
        return (struct ch_rate_verdict){.retry_us = ahead + step - whole, .full_us = ahead};
    *due_us = now_us + ahead + step;
    return (struct ch_rate_verdict){.allowed = true, .left = (whole - ahead - step) / step, .full_us = ahead + step};
}

struct ch_rate_table *ch_rate_table_new(size_t slots)
{
    size_t sets = (slots + WAYS - 1) / WAYS;
    size_t bytes = sizeof(struct ch_rate_table) + sets * WAYS * sizeof(struct slot);
    struct ch_rate_table *table = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (table == MAP_FAILED)
        abort();
    table->sets = sets;
    table->bytes = bytes;
    ch_random(table->secret, sizeof table->secret);
    return table;
}

void ch_rate_table_free(struct ch_rate_table *table)
{
    if (table)
        munmap(table, table->bytes);
}

/* The slot of a key: the one it has, else a free one, else the one of its set that has least to lose. */
static struct slot *slot_of(struct slot *set, uint64_t tag)
{
    struct slot *idle = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (atomic_load(&set[i].tag) == tag)
            return &set[i];
        if (atomic_load(&set[i].due_us) < atomic_load(&idle->due_us))
            idle = &set[i];
    }
    atomic_store(&idle->tag, tag);
    atomic_store(&idle->due_us, 0);
    return idle;
}

struct ch_rate_verdict ch_rate_take(struct ch_rate_table *table, const struct ch_rate *rate, const void *key,
                                    size_t size, int64_t now_us)
{
    uint8_t hash[32];
    uint64_t place, tag;
    ch_hmac_sha256(table->secret, sizeof table->secret, key, size, hash);
    memcpy(&place, hash, sizeof place);
    memcpy(&tag, hash + sizeof place, sizeof tag);
    struct slot *slot = slot_of(&table->slots[place % table->sets * WAYS], tag ? tag : 1);
    int64_t known = atomic_load(&slot->due_us);
    for (;;) {
        int64_t due = known;
        struct ch_rate_verdict verdict = ch_rate_decide(rate, &due, now_us);
        if (!verdict.allowed || atomic_compare_exchange_weak(&slot->due_us, &known, due))
            return verdict;
    }
}
