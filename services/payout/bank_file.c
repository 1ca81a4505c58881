/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From the camt reader's calls to one document. What it is matched with is decided in SQL. */
#include "bank_file.h"

#include <jansson.h>
#include <string.h>

#include "commonhold/json.h"
#include "core/camt.h"
#include "core/invoice.h"

struct reading {
    struct ch_arena *arena;
    json_t *statements; /* owned by the arena */
    json_t *entries;    /* of the statement being read */
};

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new(object, name, json_string(text));
}

static json_t *detail_json(const struct ch_camt_detail *d)
{
    json_t *object = json_object();
    set_text(object, "message_id", d->message_id);
    set_text(object, "payment_info_id", d->payment_info_id);
    set_text(object, "instruction_id", d->instruction_id);
    set_text(object, "end_to_end_id", d->end_to_end_id);
    set_text(object, "uetr", d->uetr);
    set_text(object, "debtor_name", d->debtor_name);
    set_text(object, "debtor_iban", d->debtor_iban);
    set_text(object, "creditor_name", d->creditor_name);
    set_text(object, "return_info", d->return_info);
    if (d->has_amount)
        json_object_set_new(object, "minor", json_integer(d->minor < 0 ? -d->minor : d->minor));
    return object;
}

/* A line the bank shows without details still names its batch. */
static json_t *details_json(const struct ch_camt_entry *entry)
{
    json_t *array = json_array();
    for (size_t i = 0; i < entry->detail_count; i++)
        json_array_append_new(array, detail_json(&entry->details[i]));
    if (entry->detail_count == 0 && (entry->batch_message_id || entry->batch_payment_info_id)) {
        json_t *batch = json_object();
        set_text(batch, "message_id", entry->batch_message_id);
        set_text(batch, "payment_info_id", entry->batch_payment_info_id);
        json_array_append_new(array, batch);
    }
    return array;
}

/* The first structured reference that checks, else one that stands in the free text's place. */
static const char *reference_of(struct ch_arena *arena, const struct ch_camt_entry *entry)
{
    char plain[26];
    for (size_t i = 0; i < entry->detail_count; i++) {
        const char *line = entry->details[i].references;
        while (line && *line) {
            size_t length = strcspn(line, "\n");
            const char *one = ch_memdup(arena, line, length);
            if (ch_reference_check(one, plain))
                return ch_strdup(arena, plain);
            line += length + (line[length] == '\n');
        }
        if (entry->details[i].remittance && ch_reference_check(entry->details[i].remittance, plain))
            return ch_strdup(arena, plain);
    }
    return NULL;
}

static const char *text_of(struct ch_arena *arena, const struct ch_camt_entry *entry)
{
    const char *text = entry->additional_info ? entry->additional_info : "";
    for (size_t i = 0; i < entry->detail_count && strlen(text) < 1000; i++) {
        const struct ch_camt_detail *d = &entry->details[i];
        text = ch_printf(arena, "%s %s %s", text, d->remittance ? d->remittance : "",
                         d->end_to_end_id ? d->end_to_end_id : "");
    }
    return text;
}

static bool on_entry(void *context, const struct ch_camt_statement *statement, const struct ch_camt_entry *entry)
{
    struct reading *r = context;
    (void)statement;
    if (!r->entries)
        r->entries = ch_json_own(r->arena, json_array());
    json_t *object = json_pack("{s:s, s:I, s:b, s:s, s:o}", "status", "BOOK", "minor", (json_int_t)entry->minor,
                               "reversal", entry->reversal, "key", entry->key, "details", details_json(entry));
    const char *day = entry->booking_date;
    if (day && strlen(day) >= 10)
        json_object_set_new(object, "booked_on", json_stringn(day, 10));
    if (entry->value_date && strlen(entry->value_date) >= 10)
        json_object_set_new(object, "value_on", json_stringn(entry->value_date, 10));
    set_text(object, "servicer_ref", entry->servicer_ref);
    set_text(object, "reference", reference_of(r->arena, entry));
    set_text(object, "text", text_of(r->arena, entry));
    if (entry->detail_count == 1) {
        set_text(object, "return_reason", entry->details[0].return_reason);
        if (entry->details[0].has_charges && entry->minor > 0)
            json_object_set_new(object, "fee", json_integer(entry->details[0].charges));
    }
    return json_array_append_new(r->entries, object) == 0;
}

static bool on_statement(void *context, const struct ch_camt_statement *statement)
{
    struct reading *r = context;
    json_t *entries = r->entries ? json_incref(r->entries) : json_array();
    r->entries = NULL;
    json_t *object = json_pack("{s:s*, s:s*, s:s*, s:I, s:I, s:o}", "ref", statement->id, "iban", statement->iban,
                               "currency", statement->account_currency, "opening", (json_int_t)statement->opening,
                               "closing", (json_int_t)statement->closing, "entries", entries);
    if (statement->sequence >= 0)
        json_object_set_new(object, "sequence", json_integer(statement->sequence));
    const char *to = statement->closing_date ? statement->closing_date : statement->to;
    if (to && strlen(to) >= 10)
        json_object_set_new(object, "to_on", json_stringn(to, 10));
    if (statement->from && strlen(statement->from) >= 10)
        json_object_set_new(object, "from_on", json_stringn(statement->from, 10));
    return json_array_append_new(r->statements, object) == 0;
}

char *bank_file_read(struct ch_arena *arena, const char *bytes, size_t size, const char *currency, const char **error,
                     int *sum)
{
    struct reading r = {arena, ch_json_own(arena, json_array()), NULL};
    struct ch_camt_calls calls = {on_entry, on_statement, &r};
    struct ch_camt *camt = ch_camt_new(&calls, currency, 2);
    bool read = ch_camt_feed(camt, bytes, size, true);
    if (!read) {
        *error = ch_strdup(arena, ch_camt_detail_text(camt));
        *sum = ch_camt_error(camt) == CH_CAMT_SUM;
    }
    ch_camt_free(camt);
    if (!read)
        return NULL;
    json_t *document = ch_json_pack(arena, "{s:O}", "statements", r.statements);
    return ch_json_canonical(arena, document, NULL);
}
