/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What bills and spent commitments share: a payee in the body of a request, sealed for the database. */
#ifndef COMMONHOLD_PAYOUT_BILLS_H
#define COMMONHOLD_PAYOUT_BILLS_H

#include "commonhold/http.h"
#include "commonhold/money.h"
#include "payee_seal.h"

struct bill_body {
    const char *kind, *licensee, *entry_id;
    struct ch_money amount;
    struct payee payee;
    const char *reference; /* what the payee reads on the statement */
};

/* The payee's rows of a field table over struct bill_body. */
#define BILL_PAYEE_FIELD(field_type, member, is_required, ...)                                                         \
    {                                                                                                                  \
        .name = #member, .type = field_type, .required = is_required,                                                  \
        .offset = offsetof(struct bill_body, payee.member), __VA_ARGS__                                                \
    }
#define BILL_PAYEE_FIELDS(is_required)                                                                                 \
    BILL_PAYEE_FIELD(CH_FIELD_TEXT, iban, is_required, .min = 15, .max = 34),                                          \
        BILL_PAYEE_FIELD(CH_FIELD_TEXT, name, is_required, .min = 1, .max = 70),                                       \
        BILL_PAYEE_FIELD(CH_FIELD_TEXT, bic, false, .min = 8, .max = 11),                                              \
        BILL_PAYEE_FIELD(CH_FIELD_OBJECT, address, false)

/* Two parameters of the SQL functions that make a bill: the request without the payee's account, a mark in its place;
 * and the sealed payee under a fresh id (payout.store_bill). False with the finished refusal. */
struct bill_texts {
    const char *facts, *sealed;
};
bool bill_seal(struct ch_request *request, const struct bill_body *body, struct bill_texts *texts,
               struct ch_done **refused);

#endif
