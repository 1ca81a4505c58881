/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads payment status reports, pain.002.001.03 and pain.002.001.10, as they stream in (payout.md section 10), with the
 * limits of bank_xml.h. It says what stands there; which level counts for a payment is decided where the payments are.
 */
#ifndef COMMONHOLD_PAYOUT_PAIN002_H
#define COMMONHOLD_PAYOUT_PAIN002_H

#include "bank_xml.h"

enum ch_status_level { CH_STATUS_GROUP, CH_STATUS_PAYMENT, CH_STATUS_TRANSACTION };

/* One status of one level. Texts live until the call returns, NULL when absent. */
struct ch_status {
    enum ch_status_level level;
    const char *payment_info_id; /* OrgnlPmtInfId; of the payment and transaction levels */
    const char *instruction_id, *end_to_end_id, *uetr, *servicer_ref;
    const char *status; /* GrpSts, PmtInfSts, TxSts: four capital letters; never NULL */
    const char *reason; /* the first code or proprietary code */
    const char *info;   /* additional information, one a line, at most 4 KiB together */
};

struct ch_pain002_calls {
    /* Each status, in the order in which its element ends. False stops (the caller knows why). */
    bool (*status)(void *context, const struct ch_status *status);
    void *context;
};

struct ch_pain002;

/* A reader for one file; lives in the arena. */
struct ch_pain002 *ch_pain002_new(struct ch_arena *arena, const struct ch_pain002_calls *calls);
/* As ch_bank_xml_feed. At the end a report without the original message's id is refused. */
bool ch_pain002_feed(struct ch_pain002 *pain, const void *bytes, size_t size, bool last);
/* MsgId of the report, and of the message it is about: the last one that was read, NULL before. */
const char *ch_pain002_message_id(const struct ch_pain002 *pain);
const char *ch_pain002_original_id(const struct ch_pain002 *pain);
enum ch_bank_error ch_pain002_error(const struct ch_pain002 *pain);
const char *ch_pain002_detail(const struct ch_pain002 *pain);

#endif
