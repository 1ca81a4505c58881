/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The journal as plain-text accounting writes it: hledger 1.25, ledger 3.3, beancount 2.3, and CSV (payout.md section
 * 13). The caller gives accounts and postings; the bytes go to a struct ch_out. */
#ifndef COMMONHOLD_PAYOUT_EXPORT_H
#define COMMONHOLD_PAYOUT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"

enum ch_export_format { CH_EXPORT_HLEDGER, CH_EXPORT_LEDGER, CH_EXPORT_BEANCOUNT, CH_EXPORT_CSV, CH_EXPORT_FORMATS };
/* The words of the address; media types of the files. */
extern const char *const ch_export_names[CH_EXPORT_FORMATS];
extern const char *const ch_export_types[CH_EXPORT_FORMATS];

/* An account that the file names. `balance` is what it held before the first day, debit positive, and follows the
 * postings as they are written; `moved`: since the last balance assertion of beancount. */
struct ch_export_account {
    int64_t id;
    const char *path;
    int64_t balance;
    bool moved;
};

/* One posting with the header of its transaction; texts are NULL where there is nothing. */
struct ch_export_posting {
    int64_t txn_no;
    const char *kind, *occurred_on, *recorded_at, *evidence, *leaf, *resolution, *concerns, *reverses;
    int line;
    int64_t account_id, minor;
};

struct ch_export {
    enum ch_export_format format;
    struct ch_out *out;
    const char *currency;
    int digits;
    struct ch_export_account *accounts; /* in the order of their paths */
    size_t count;
    size_t *by_id;  /* places in `accounts`, in the order of their ids */
    char month[8];  /* of the last posting, YYYY-MM */
    int64_t txn_no; /* of the last posting; 0: none yet */
};

/* Writes the head, the declarations, and, where accounts hold something before `first_day`, an opening transaction of
 * that day. `by_id` has room for `count`. Arrays, out and texts outlive the export. */
void ch_export_begin(struct ch_export *x, const char *first_day, const char *opening_evidence);
/* Postings come in the order of (occurred_on, txn_no, line). False when the account is none of those given. */
bool ch_export_posting(struct ch_export *x, const struct ch_export_posting *posting);
/* What stands behind the last posting: assertions for the last month, as of the end of `last_day`. */
void ch_export_end(struct ch_export *x, const char *last_day);

/* The path as beancount can read it, reversibly: a component it cannot read gets X- in front, and what is neither
 * letter, digit nor a single hyphen becomes -- and two hex digits. `name` takes 5 bytes for each byte of the path,
 * and 1. */
void ch_export_beancount_name(const char *path, char *name);

#endif
