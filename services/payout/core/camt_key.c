/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entry keys. The servicer's reference is unique within a statement where the bank keeps its promise; where it is
 * missing, or is there twice, equal entries are told apart by their order. */
#include "camt_key.h"

#include <string.h>

#include "commonhold/crypto.h"

/* Eight bytes of the digest are enough: should two entries share them, the later one's key has an ordinal it did not
 * need and is as unique as before. */
struct ch_camt_seen {
    uint64_t digest;
    uint32_t count; /* 0: empty */
};

static void add_text(struct ch_sha256 *hash, const char *text)
{
    /* an absent text differs from an empty one; no text has a NUL */
    if (text)
        ch_sha256_add(hash, text, strlen(text));
    ch_sha256_add(hash, text ? "\0" : "\1\0", text ? 1 : 2);
}

static void add_detail(struct ch_sha256 *hash, const struct ch_camt_detail *d)
{
    const char *const texts[] = {
        d->message_id,   d->payment_info_id, d->instruction_id, d->end_to_end_id, d->uetr,           d->transaction_id,
        d->servicer_ref, d->debtor_name,     d->debtor_iban,    d->creditor_name, d->creditor_iban,  d->references,
        d->remittance,   d->return_reason,   d->return_info,    d->amount_text,   d->amount_currency};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add_text(hash, texts[i]);
}

static void hash_entry(const struct ch_camt_statement *s, const struct ch_camt_entry *e, uint8_t digest[32])
{
    const char *const texts[] = {e->amount_text, e->currency,     e->indicator,  e->reversal ? "R" : NULL,
                                 e->entry_ref,   e->domain,       e->family,     e->sub_family,
                                 e->proprietary, e->booking_date, e->value_date, e->additional_info};
    struct ch_sha256 *hash = ch_sha256_begin();
    add_text(hash, e->servicer_ref ? "reference" : "fields");
    add_text(hash, s->iban);
    add_text(hash, s->id);
    add_text(hash, e->servicer_ref);
    for (size_t i = 0; !e->servicer_ref && i < sizeof texts / sizeof *texts; i++)
        add_text(hash, texts[i]);
    for (size_t i = 0; !e->servicer_ref && i < e->detail_count; i++)
        add_detail(hash, &e->details[i]);
    ch_sha256_end(hash, digest);
}

static struct ch_camt_seen *find(struct ch_camt_keys *keys, uint64_t digest)
{
    size_t at = digest & (keys->room - 1);
    while (keys->slot[at].count && keys->slot[at].digest != digest)
        at = (at + 1) & (keys->room - 1);
    return &keys->slot[at];
}

static void grow(struct ch_camt_keys *keys, struct ch_arena *arena)
{
    struct ch_camt_keys old = *keys;
    keys->room = old.room ? old.room * 2 : 256;
    keys->slot = ch_alloc_array(arena, keys->room, sizeof *keys->slot);
    for (size_t i = 0; i < old.room; i++)
        if (old.slot[i].count)
            *find(keys, old.slot[i].digest) = old.slot[i];
}

void ch_camt_set_key(struct ch_camt_keys *keys, struct ch_arena *arena, const struct ch_camt_statement *statement,
                     struct ch_camt_entry *entry)
{
    uint8_t digest[32];
    hash_entry(statement, entry, digest);
    if (keys->used * 2 >= keys->room)
        grow(keys, arena);
    uint64_t start;
    memcpy(&start, digest, sizeof start);
    struct ch_camt_seen *seen = find(keys, start);
    keys->used += seen->count == 0;
    seen->digest = start;
    seen->count++;
    if (seen->count > 1 || !entry->servicer_ref) {
        char *ordinal = ch_printf(arena, "%u", seen->count - 1);
        struct ch_sha256 *hash = ch_sha256_begin();
        ch_sha256_add(hash, digest, 32);
        add_text(hash, ordinal);
        ch_sha256_end(hash, digest);
    }
    ch_hex(digest, 32, entry->key);
}
