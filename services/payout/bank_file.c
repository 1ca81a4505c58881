/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From the camt reader's calls to documents. What an entry is matched with is decided in SQL; here is only found what
 * its words name. */
#include "bank_file.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "core/camt.h"
#include "core/fields.h"
#include "core/invoice.h"
#include "core/remittance.h"
#include "json_out.h"
#include "memory_out.h"

#define PIECE_BYTES   ((size_t)1 << 20)
#define TEXT_SHOWN    1000 /* of an entry's words, for people */
#define NUMBERS_MAX   100  /* invoice numbers an entry may name */
#define DOCUMENT_HEAD "{\"statements\":["

struct bank_file {
    struct ch_arena *arena; /* of the file */
    struct ch_camt *camt;
    struct ch_sha256 *hash;
    char sha256[65];
    struct ch_arena *piece, *taken; /* of the piece being made, and of the one given out */
    struct memory_out document, bytes;
    int pieces;
    int statement;  /* the one being read, from 1 */
    bool in_object; /* its object is begun in this piece */
    bool has_entry; /* and has an entry */
    bool no_date;
};

/* ---- entries ---- */

/* A line the bank shows without ids of its own still names its batch. */
static void out_detail(struct ch_out *out, const struct ch_camt_entry *entry, const struct ch_camt_detail *d)
{
    ch_out_text(out, "{\"n\":0");
    json_out_member(out, "message_id", d->message_id ? d->message_id : entry->batch_message_id);
    json_out_member(out, "payment_info_id", d->payment_info_id ? d->payment_info_id : entry->batch_payment_info_id);
    json_out_member(out, "instruction_id", d->instruction_id);
    json_out_member(out, "end_to_end_id", d->end_to_end_id);
    json_out_member(out, "uetr", d->uetr);
    json_out_member(out, "servicer_ref", d->servicer_ref);
    json_out_member(out, "debtor_name", d->debtor_name);
    json_out_member(out, "debtor_iban", d->debtor_iban);
    json_out_member(out, "creditor_name", d->creditor_name);
    json_out_member(out, "return_reason", d->return_reason);
    json_out_member(out, "return_info", d->return_info);
    if (d->has_amount)
        json_out_integer(out, "minor", d->minor < 0 ? -d->minor : d->minor);
    ch_out_text(out, "}");
}

static void out_details(struct ch_out *out, const struct ch_camt_entry *entry)
{
    static const struct ch_camt_detail none;
    ch_out_text(out, ",\"details\":[");
    for (size_t i = 0; i < entry->detail_count; i++) {
        if (i > 0)
            ch_out_text(out, ",");
        out_detail(out, entry, &entry->details[i]);
    }
    if (entry->detail_count == 0 && (entry->batch_message_id || entry->batch_payment_info_id))
        out_detail(out, entry, &none);
    ch_out_text(out, "]");
}

/* A list under way: its head stands before the first item. */
static void out_item(struct ch_out *out, const char *head, size_t *count, const char *text)
{
    ch_out_text(out, (*count)++ == 0 ? head : ",");
    json_out_text(out, text);
}

/* Structured references that check, else one that stands in the free text's place. */
static void out_references(struct bank_file *file, const struct ch_camt_entry *entry)
{
    struct ch_out *out = &file->document.out;
    size_t count = 0;
    char plain[26], first[26] = "";
    for (size_t i = 0; i < entry->detail_count; i++) {
        const struct ch_camt_detail *d = &entry->details[i];
        size_t before = count;
        for (const char *line = d->references; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
            if (ch_reference_check(ch_memdup(file->piece, line, strcspn(line, "\n")), plain)) {
                memcpy(first, *first ? first : plain, sizeof first);
                out_item(out, ",\"refs\":[", &count, plain);
            }
        if (count == before && d->remittance && ch_reference_check(d->remittance, plain)) {
            memcpy(first, *first ? first : plain, sizeof first);
            out_item(out, ",\"refs\":[", &count, plain);
        }
    }
    if (count > 0)
        ch_out_text(out, "]");
    json_out_member(out, "reference", first);
}

static void out_numbers(struct ch_out *out, const struct ch_camt_entry *entry)
{
    size_t count = 0;
    char number[CH_INVOICE_NUMBER_ROOM];
    for (size_t i = 0; i < entry->detail_count; i++) {
        const char *at = entry->details[i].remittance;
        while (at && count < NUMBERS_MAX && ch_remittance_number(&at, number))
            out_item(out, ",\"numbers\":[", &count, number);
    }
    if (count > 0)
        ch_out_text(out, "]");
}

static const char *add_words(struct ch_arena *arena, const char *text, const char *words)
{
    if (!words || !*words)
        return text;
    return *text ? ch_printf(arena, "%s %s", text, words) : words;
}

/* What people read of an entry. */
static const char *text_of(struct ch_arena *arena, const struct ch_camt_entry *entry)
{
    const char *text = add_words(arena, "", entry->additional_info);
    for (size_t i = 0; i < entry->detail_count && strlen(text) < TEXT_SHOWN; i++) {
        text = add_words(arena, text, entry->details[i].remittance);
        text = add_words(arena, text, entry->details[i].end_to_end_id);
    }
    return text;
}

static const char *reason_of(const struct ch_camt_entry *entry)
{
    for (size_t i = 0; i < entry->detail_count; i++)
        if (entry->details[i].return_reason)
            return entry->details[i].return_reason;
    return NULL;
}

static void begin_statement(struct bank_file *file)
{
    struct ch_out *out = &file->document.out;
    if (file->in_object)
        return;
    if (file->document.length > 0 || out->used > sizeof DOCUMENT_HEAD - 1)
        ch_out_text(out, ",");
    ch_out_text(out, "{\"no\":");
    ch_out_integer(out, file->statement);
    ch_out_text(out, ",\"entries\":[");
    file->in_object = true;
    file->has_entry = false;
}

static bool on_entry(void *context, const struct ch_camt_statement *statement, const struct ch_camt_entry *entry)
{
    struct bank_file *file = context;
    struct ch_out *out = &file->document.out;
    begin_statement(file);
    ch_out_text(out, file->has_entry ? ",{\"minor\":" : "{\"minor\":");
    file->has_entry = true;
    ch_out_integer(out, entry->minor);
    json_out_integer(out, "ordinal", (int64_t)statement->booked);
    json_out_member(out, "key", entry->key);
    if (entry->reversal)
        ch_out_text(out, ",\"reversal\":true");
    json_out_member(out, "booked_on", entry->booking_date);
    json_out_member(out, "value_on", entry->value_date);
    json_out_member(out, "servicer_ref", entry->servicer_ref);
    json_out_member(out, "return_reason", reason_of(entry));
    if (entry->detail_count == 1 && entry->details[0].has_charges && entry->minor > 0)
        json_out_integer(out, "fee", entry->details[0].charges);
    out_references(file, entry);
    out_numbers(out, entry);
    json_out_member(out, "text", text_of(file->piece, entry));
    out_details(out, entry);
    ch_out_text(out, "}");
    return true;
}

/* The day of a date or time, NULL when it is none. */
static const char *day_of(struct ch_arena *arena, const char *text)
{
    const char *day = text && strlen(text) >= 10 ? ch_memdup(arena, text, 10) : NULL;
    return day && ch_payout_is_date(day) ? day : NULL;
}

static bool on_statement(void *context, const struct ch_camt_statement *s)
{
    struct bank_file *file = context;
    struct ch_out *out = &file->document.out;
    const char *to = day_of(file->piece, s->closing_date);
    if (!to && !(to = day_of(file->piece, s->to)) && !(to = day_of(file->piece, s->created))) {
        file->no_date = true;
        return false;
    }
    begin_statement(file);
    ch_out_text(out, "]");
    json_out_member(out, "ref", s->id);
    json_out_member(out, "iban", s->iban);
    json_out_member(out, "currency", s->account_currency);
    json_out_member(out, "from_on", day_of(file->piece, s->from));
    json_out_member(out, "to_on", to);
    json_out_integer(out, "opening", s->opening);
    json_out_integer(out, "closing", s->closing);
    if (s->sequence >= 0)
        json_out_integer(out, "sequence", s->sequence);
    if (ch_camt_is_notification(file->camt))
        ch_out_text(out, ",\"notice\":true");
    ch_out_text(out, "}");
    file->in_object = false;
    file->statement++;
    return true;
}

/* ---- pieces ---- */

static void begin_piece(struct bank_file *file)
{
    file->piece = ch_arena_new();
    memory_out_begin(&file->document, file->piece);
    ch_out_text(&file->document.out, DOCUMENT_HEAD);
    memory_out_begin(&file->bytes, file->piece);
    ch_out_text(&file->bytes.out, "\\x");
    file->in_object = false;
}

struct bank_file *bank_file_new(const char *currency, int minor_digits)
{
    struct ch_arena *arena = ch_arena_new();
    struct bank_file *file = ch_alloc(arena, sizeof *file);
    const struct ch_camt_calls calls = {on_entry, on_statement, file};
    file->arena = arena;
    file->statement = 1;
    file->hash = ch_sha256_begin();
    file->camt = ch_camt_new(&calls, currency, minor_digits);
    begin_piece(file);
    return file;
}

bool bank_file_feed(struct bank_file *file, const void *bytes, size_t size, bool last)
{
    const uint8_t *at = bytes;
    char hex[2 * 4096 + 1];
    ch_sha256_add(file->hash, bytes, size);
    for (size_t done = 0, part; done < size; done += part) {
        part = size - done < 4096 ? size - done : 4096;
        ch_hex(at + done, part, hex);
        ch_out_bytes(&file->bytes.out, hex, 2 * part);
    }
    return ch_camt_feed(file->camt, bytes, size, last);
}

const char *bank_file_outcome(const struct bank_file *file)
{
    return ch_camt_error(file->camt) == CH_BANK_SUM ? "chain_broken" : "invalid";
}

const char *bank_file_error(const struct bank_file *file)
{
    return file->no_date ? "a statement has no date" : ch_camt_detail_text(file->camt);
}

bool bank_file_full(const struct bank_file *file)
{
    return file->document.length > PIECE_BYTES || file->bytes.length > 2 * PIECE_BYTES;
}

struct bank_piece bank_file_take(struct bank_file *file)
{
    struct ch_out *out = &file->document.out;
    ch_out_text(out, file->in_object ? "]}]}" : "]}");
    struct bank_piece piece = {memory_out_text(&file->bytes), memory_out_text(&file->document),
                               ch_printf(file->piece, "%d", file->pieces++)};
    ch_arena_free(file->taken);
    file->taken = file->piece;
    begin_piece(file);
    return piece;
}

const char *bank_file_sha256(struct bank_file *file)
{
    if (file->hash) {
        uint8_t digest[32];
        ch_sha256_end(file->hash, digest);
        file->hash = NULL;
        ch_hex(digest, sizeof digest, file->sha256);
    }
    return file->sha256;
}

void bank_file_free(struct bank_file *file)
{
    if (!file)
        return;
    bank_file_sha256(file); /* ends the hash */
    ch_camt_free(file->camt);
    ch_arena_free(file->piece);
    ch_arena_free(file->taken);
    ch_arena_free(file->arena);
}
