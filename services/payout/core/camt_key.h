/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys of bank entries: the same entry has the same key in every copy of the statement. */
#ifndef COMMONHOLD_PAYOUT_CAMT_KEY_H
#define COMMONHOLD_PAYOUT_CAMT_KEY_H

#include "camt.h"

/* The keys given in one statement so far. Zeroed to start with. */
struct ch_camt_keys {
    struct ch_camt_seen *slot;
    size_t room, used;
};

/* Sets entry->key; memory of the table comes from `arena`, which lives as long as the table. */
void ch_camt_set_key(struct ch_camt_keys *keys, struct ch_arena *arena, const struct ch_camt_statement *statement,
                     struct ch_camt_entry *entry);

#endif
