/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads bank statements, camt.053.001.08, as they stream in, and camt.054.001.08 for its details (payout.md
 * section 6). On top of the limits of bank_xml.h: a million entries in a statement, 100,000 details and 32 MiB of text
 * in an entry. */
#ifndef COMMONHOLD_PAYOUT_CAMT_H
#define COMMONHOLD_PAYOUT_CAMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bank_xml.h"
#include "commonhold/arena.h"

/* Texts are UTF-8 as the bank wrote them, NULL when absent. Amounts are minor units, plus for credits. */
struct ch_camt_detail {
    const char *message_id, *payment_info_id, *instruction_id, *end_to_end_id, *uetr, *transaction_id;
    const char *servicer_ref;
    const char *debtor_name, *debtor_iban, *creditor_name, *creditor_iban;
    const char *references; /* structured creditor references, one a line */
    const char *remittance; /* free text, one a line */
    const char *return_reason, *return_info;
    const char *amount_currency;
    bool has_amount; /* in the statement's currency */
    int64_t minor;   /* its sign from the detail's own indicator, else the entry's */
    bool has_charges;
    int64_t charges; /* total charges and taxes, without a sign */
    /* private to the reader */
    const char *amount_text, *indicator, *charges_text, *charges_currency;
};

struct ch_camt_entry {
    const char *entry_ref, *servicer_ref, *booking_date, *value_date;
    const char *domain, *family, *sub_family, *proprietary; /* bank transaction code */
    const char *additional_info;
    const char *batch_message_id, *batch_payment_info_id, *batch_count;
    bool reversal; /* RvslInd; the sign is CdtDbtInd's all the same */
    int64_t minor;
    struct ch_camt_detail *details;
    size_t detail_count;
    char key[65]; /* unique: of IBAN, statement id and servicer's reference, else of all fields and their ordinal */
    /* private to the reader */
    const char *amount_text, *currency, *indicator, *status, *reversal_text;
    size_t detail_room;
};

struct ch_camt_statement {
    const char *message_id, *id, *created, *from, *to, *iban, *account_currency, *sequence_text;
    int64_t sequence; /* ElctrncSeqNb; -1: none */
    int64_t opening, closing;
    int64_t sum;              /* of the booked entries so far */
    size_t booked, skipped;   /* entries so far; those that are not BOOK are skipped */
    const char *closing_date; /* of the closing booked balance */
    bool has_opening, has_closing;
};

struct ch_camt_calls {
    /* Each booked entry of a statement, in order; it lives until the call returns. False stops (the caller knows
     * why). The balances are known already when the bank writes in the schema's order. */
    bool (*entry)(void *context, const struct ch_camt_statement *statement, const struct ch_camt_entry *entry);
    /* Each statement at its end, after opening + entries = closing was checked (camt.054 has no balances). */
    bool (*statement)(void *context, const struct ch_camt_statement *statement);
    void *context;
};

struct ch_camt;

/* A reader for one file. `currency` and `minor_digits` (0 to 4) are the book's. Ended by ch_camt_free. */
struct ch_camt *ch_camt_new(const struct ch_camt_calls *calls, const char *currency, int minor_digits);
/* As ch_bank_xml_feed. Once refused, nothing of the file may be booked. */
bool ch_camt_feed(struct ch_camt *camt, const void *bytes, size_t size, bool last);
enum ch_bank_error ch_camt_error(const struct ch_camt *camt);
/* Whether it is camt.054: known from the first entry on. */
bool ch_camt_is_notification(const struct ch_camt *camt);
/* As ch_bank_xml_detail. */
const char *ch_camt_detail_text(const struct ch_camt *camt);
void ch_camt_free(struct ch_camt *camt);

enum ch_camt_chain { CH_CAMT_FOLLOWS, CH_CAMT_BALANCE_BREAKS, CH_CAMT_SEQUENCE_GAP };

/* Whether a statement follows the one before: opening is its closing, and the sequence number is the next, or 1 in a
 * new year (by the closing dates), where both have one. */
enum ch_camt_chain ch_camt_follows(const struct ch_camt_statement *before, const struct ch_camt_statement *statement);

/* A decimal of at most 5 places, as ISO 20022 writes amounts, into minor units of `digits` places: exact, or false. */
bool ch_camt_minor(const char *text, int digits, int64_t *minor);

#endif
