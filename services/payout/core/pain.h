/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes SEPA credit transfers, pain.001.001.09, as they stream by, and refuses what the schema would let through
 * (payout.md section 10). The same batch gives the same bytes: ids come from stored UUIDs, the time from the freeze. */
#ifndef COMMONHOLD_PAYOUT_PAIN_H
#define COMMONHOLD_PAYOUT_PAIN_H

#include "out.h"
#include "refusals.h"

/* BIC: where the payee's is known, else as NOTPROVIDED. */
enum ch_creditor_agent { CH_AGENT_OMIT, CH_AGENT_NOTPROVIDED, CH_AGENT_BIC };
enum ch_address { CH_ADDRESS_NONE, CH_ADDRESS_STRUCTURED, CH_ADDRESS_HYBRID };

/* deploy/bank-profiles/NAME.json: what this bank wants. */
struct ch_bank_profile {
    enum ch_creditor_agent creditor_agent;
    bool type_per_transaction; /* payment_type_level */
    bool charge_bearer;        /* slev, else omitted */
    bool debtor_account_currency, keep_umlauts, schema_location, batch_booking;
    int64_t max_transactions; /* in one PmtInf */
    enum ch_address address;
};

/* All ten members are required and checked. False and `list` filled when refused. */
bool ch_bank_profile_read(const json_t *document, struct ch_bank_profile *profile, struct ch_refusals *list);

struct ch_pain_batch {
    uint8_t id[16];
    const char *frozen_at;      /* YYYY-MM-DDTHH:MM:SSZ */
    const char *today;          /* YYYY-MM-DD, where the trust lives */
    const char *execution_date; /* a business day, today to 30 days later */
    const char *debtor_name, *debtor_iban;
    const char *debtor_bic;      /* may be NULL */
    const char *currency;        /* must be EUR */
    int minor_digits;            /* must be 2 */
    size_t count;                /* of payments to come, at least 1 */
    int64_t total;               /* their sum */
    const int64_t *block_totals; /* sums of each max_transactions of them: ceil(count / max_transactions) */
};

struct ch_pain_payment {
    uint8_t id[16]; /* rising from payment to payment: so none is there twice */
    const char *creditor_name, *creditor_iban;
    const char *creditor_bic; /* may be NULL */
    int64_t minor;
    const char *remittance; /* may be NULL; at most 140 characters in the file */
    /* written for creditors outside the EEA only; NULL where unknown */
    const char *street, *building, *post_code, *town, *country;
};

struct ch_pain;

/* Writes the head. NULL and `list` filled when refused. Everything lives in the list's arena; the batch, the profile
 * and `out` must live until the end. After a refusal the bytes written so far are worthless. */
struct ch_pain *ch_pain_begin(const struct ch_bank_profile *profile, const struct ch_pain_batch *batch,
                              struct ch_out *out, struct ch_refusals *list);
/* One payment; false when refused, with the payment's place in the pointer. */
bool ch_pain_add(struct ch_pain *pain, const struct ch_pain_payment *payment);
/* The end, flushed; false when count or sums are not what the head says. */
bool ch_pain_end(struct ch_pain *pain);

/* The ids of the file, for matching statements: MsgId, PmtInfId of block n (from 1), EndToEndId, UETR. */
void ch_pain_message_id(const uint8_t batch[16], char id[29]);
void ch_pain_block_id(const uint8_t batch[16], size_t n, char id[50]);
void ch_pain_end_to_end_id(const uint8_t payment[16], char id[28]);
void ch_pain_uetr(const uint8_t payment[16], char uetr[37]);

#endif
