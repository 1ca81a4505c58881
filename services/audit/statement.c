/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One stored statement read again from the bank's file, for the checks that compare rows with it. */
#include "books.h"

#include <string.h>

static const char FACTS[] = "SELECT b.iban, s.statement_ref, s.file_sha256, pg_catalog.encode(pg_catalog.sha256("
                            "e.bytes), 'hex') FROM payout.bank_statement AS s JOIN payout.bank_account AS b ON b.id = "
                            "s.bank_account_id LEFT JOIN payout.evidence AS e ON e.sha256 = s.file_sha256 WHERE s.id "
                            "= $1::uuid";
enum { IBAN, REF, EXPECTED, FOUND };

static const char BYTES[] = "SELECT e.bytes FROM payout.bank_statement AS s JOIN payout.evidence AS e ON e.sha256 = "
                            "s.file_sha256 WHERE s.id = $1::uuid";

static const struct camt_statement *find_statement(const struct camt_statement *list, const char *iban, const char *ref)
{
    for (; list; list = list->next)
        if (list->iban && list->ref && strcmp(list->iban, iban) == 0 && strcmp(list->ref, ref) == 0)
            return list;
    return NULL;
}

void statement_finding(struct audit *a, const char *id, const char *aspect, const char *expected, const char *found,
                       const char *text)
{
    audit_add(a, &(struct audit_finding){.object_type = "bank_statement",
                                         .object_id = id,
                                         .aspect = aspect,
                                         .expected = expected,
                                         .found = found,
                                         .text = text});
}

bool stored_statement(struct audit *a, const char *id, bool tell, const struct camt_statement **statement)
{
    *statement = NULL;
    PGresult *row = audit_query(a, a->source, FACTS, AUDIT_ARGS(id));
    if (!row || PQntuples(row) == 0)
        return row != NULL;
    const char *expected = PQgetvalue(row, 0, EXPECTED),
               *found = PQgetisnull(row, 0, FOUND) ? "none" : PQgetvalue(row, 0, FOUND);
    if (strcmp(expected, found) != 0) {
        if (tell)
            statement_finding(a, id, "file", expected, found,
                              "the stored bytes are not the bank's file: ask the bank for it again");
        return true;
    }
    const void *bytes;
    size_t size;
    const struct camt_statement *list = NULL;
    if (!audit_bytes(a, BYTES, id, &bytes, &size))
        return false;
    if (bytes && camt_read(a->arena, bytes, size, &list))
        *statement = find_statement(list, PQgetvalue(row, 0, IBAN), PQgetvalue(row, 0, REF));
    if (!*statement && tell)
        statement_finding(a, id, "statement",
                          ch_printf(a->arena, "%s %s", PQgetvalue(row, 0, IBAN), PQgetvalue(row, 0, REF)), "none",
                          "the bank's file has no such statement, or cannot be read");
    return true;
}
