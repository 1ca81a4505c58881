/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Payments of a batch, one by one: their lines in the bank file (O1), the account that stands there (O3), the ids they
 * go under (O5). */
#include <string.h>

#include "by_function.h"
#include "payouts.h"
#include "transfers.h"

static const char PAYMENTS[] =
    "SELECT p.id::text, p.minor::text, p.end_to_end_id, p.uetr::text, COALESCE(a.iban_hint, l.iban_hint), CASE WHEN "
    "p.bill_id IS NULL THEN 'member' ELSE 'outside' END FROM payout.payment AS p LEFT JOIN payout.payee_account AS a "
    "ON a.id = p.payee_account_id LEFT JOIN payout.bill AS l ON l.id = p.bill_id WHERE p.batch_id = $1::uuid";
enum { PAYMENT, MINOR, END_TO_END, UETR, HINT, PAYEE };

static const char IDS[] = "SELECT b.message_id, b.file_sha256 FROM payout.batch AS b WHERE b.id = $1::uuid";
enum { MESSAGE, NAMED_FILE };

static const char *integer(struct audit *a, long long value)
{
    return ch_printf(a->arena, "%lld", value);
}

/* ---- O1 ---- */

static void tell_line(struct audit *a, const char *batch, const char *aspect, long long expected, long long found,
                      const char *direction, const char *text)
{
    audit_add(a, &(struct audit_finding){.object_type = "batch",
                                         .object_id = batch,
                                         .aspect = aspect,
                                         .expected = integer(a, expected),
                                         .found = integer(a, found),
                                         .delta = found - expected,
                                         .direction = direction,
                                         .text = text});
}

static void judge_line(struct audit *a, const char *batch, const struct transfer_file *file, const PGresult *rows,
                       int i)
{
    char end_to_end[28], uetr[37];
    const char *payment = PQgetvalue(rows, i, PAYMENT), *payee = PQgetvalue(rows, i, PAYEE);
    transfers_ids(payment, end_to_end, uetr);
    struct transfer *line = transfers_find(file, end_to_end);
    const char *aspect = ch_printf(a->arena, "amount of payment %s", payment);
    long long minor = audit_integer(rows, i, MINOR);
    if (!line) {
        tell_line(a, batch, aspect, minor, 0, payee, "the payment is not in the file under its id");
        return;
    }
    line->taken = true;
    if (!line->good || line->minor != minor)
        tell_line(a, batch, aspect, minor, line->minor, payee, "the file pays another amount than the payment");
    payouts_differ(a, "batch", batch, ch_printf(a->arena, "UETR of payment %s", payment), uetr, line->uetr,
                   "the line does not go under the payment's id");
}

static void judge_strangers(struct audit *a, const char *batch, const struct transfer_file *file)
{
    for (size_t i = 0; i < file->lines_count; i++) {
        const struct transfer *line = &file->lines[i];
        if (!line->taken)
            tell_line(a, batch, ch_printf(a->arena, "line %s", line->end_to_end ? line->end_to_end : ""), 0,
                      line->minor, "outside",
                      "the file has a line that no payment of the batch stands for, or has it twice");
    }
}

bool payouts_lines(struct audit *a, const char *batch)
{
    struct transfer_file file;
    if (!transfers_read(a, batch, &file) ||
        !audit_collect(a, a->source, AUDIT_SUMS_BY("check_debits"), AUDIT_ARGS(batch)))
        return false;
    PGresult *rows = file.readable ? audit_query(a, a->source, PAYMENTS, AUDIT_ARGS(batch)) : NULL;
    for (int i = 0; rows && i < PQntuples(rows); i++)
        judge_line(a, batch, &file, rows, i);
    if (rows)
        judge_strangers(a, batch, &file);
    return rows || !file.readable;
}

/* ---- O3 ---- */

/* What of the account the auditor may know: country, check digits and the last four. */
static const char *hint_of(struct audit *a, const char *iban)
{
    size_t length = iban ? strlen(iban) : 0;
    return length > 8 ? ch_printf(a->arena, "%.4s ... %s", iban, iban + length - 4) : iban;
}

static void judge_account(struct audit *a, const struct transfer_file *file, const PGresult *rows, int i)
{
    char end_to_end[28], uetr[37];
    const char *payment = PQgetvalue(rows, i, PAYMENT);
    transfers_ids(payment, end_to_end, uetr);
    const struct transfer *line = transfers_find(file, end_to_end);
    if (line)
        payouts_differ(a, "payment", payment, "account in the file", audit_text(rows, i, HINT), hint_of(a, line->iban),
                       "the file pays to another account than the payment names");
}

bool payouts_payees(struct audit *a, const char *batch)
{
    struct transfer_file file;
    PGresult *ids = audit_query(a, a->source, IDS, AUDIT_ARGS(batch));
    if (!ids || !transfers_read(a, batch, &file) ||
        !audit_collect(a, a->source, AUDIT_SUMS_BY("check_payees"), AUDIT_ARGS(batch)))
        return false;
    if (!file.readable || strcmp(file.hash, PQgetvalue(ids, 0, NAMED_FILE)) != 0)
        return true; /* O2 says that these are not the bytes that were approved */
    PGresult *rows = audit_query(a, a->source, PAYMENTS, AUDIT_ARGS(batch));
    for (int i = 0; rows && i < PQntuples(rows); i++)
        judge_account(a, &file, rows, i);
    return rows != NULL;
}

/* ---- O5 ---- */

/* Ids are functions of stored ids, for ever: so the same payment cannot go twice under two of them. */
bool payouts_states(struct audit *a, const char *batch)
{
    static const char TEXT[] = "the stored id does not follow from what it names: under another it could be sent again";
    char message[29], end_to_end[28], uetr[37];
    PGresult *ids = audit_query(a, a->source, IDS, AUDIT_ARGS(batch));
    PGresult *rows = ids ? audit_query(a, a->source, PAYMENTS, AUDIT_ARGS(batch)) : NULL;
    if (!rows || !audit_collect(a, a->source, AUDIT_SUMS_BY("check_states"), AUDIT_ARGS(batch)))
        return false;
    transfers_message(batch, message);
    if (!PQgetisnull(ids, 0, MESSAGE) || !PQgetisnull(ids, 0, NAMED_FILE))
        payouts_differ(a, "batch", batch, "message_id", message, audit_text(ids, 0, MESSAGE), TEXT);
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *payment = PQgetvalue(rows, i, PAYMENT);
        transfers_ids(payment, end_to_end, uetr);
        payouts_differ(a, "payment", payment, "end_to_end_id", end_to_end, audit_text(rows, i, END_TO_END), TEXT);
        payouts_differ(a, "payment", payment, "uetr", uetr, audit_text(rows, i, UETR), TEXT);
    }
    return true;
}
