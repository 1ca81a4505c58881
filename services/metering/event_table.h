/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Facts by their key, which is their first bytes: linear probing, at most half full, nothing is ever taken out alone.
 */
#ifndef METERING_EVENT_TABLE_H
#define METERING_EVENT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct event_table {
    size_t size, key_size;  /* bytes of a fact, and of its key, a multiple of 16; set before the first reset */
    struct ch_arena *arena; /* of the facts and what hangs on them */
    size_t count;
    void **slots;
    size_t room;
    uint64_t seed; /* keys are the senders' choice: nobody shall know where they meet */
};

/* Forgets all facts; makes the table the first time. */
void event_table_reset(struct event_table *table);
void event_table_free(struct event_table *table);
/* NULL: there is none. */
void *event_table_find(const struct event_table *table, const uint8_t *key);
/* A new one is zero behind its key. It stays where it is until the next reset. */
void *event_table_find_or_add(struct event_table *table, const uint8_t *key);

#endif
