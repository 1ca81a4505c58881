/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* R1 to R3, B2, B4 to B6: invoices, receipts, bank entries and ended payments, and what the journal booked for them.
 * All of it is compared in sql/functions/audit, month by month; here is which calls make which check. Only the bank
 * files that a treasurer fetched are compared in C. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"

#define AMOUNTS "(^| )(net|vat|gross|base|tax|total|slices)$"

/* What makes a check: calls for a month of the books, and calls over all of them. */
static const struct rule {
    const char *check, *sql;
    bool always;
} RULES[] = {{"B2", BOOKS_FINDINGS("check_outflows($1::date)", ".", "outside"), false},
             {"B2", BOOKS_FINDINGS("misbooked('debits', $1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"B4", BOOKS_FINDINGS("check_matches($1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"B5", BOOKS_FINDINGS("check_ended($1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"B5", BOOKS_FINDINGS("misbooked('ended', $1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"B5", BOOKS_FINDINGS("check_stranded()", BOOKS_NO_MONEY, "unknown"), true},
             {"R1", BOOKS_FINDINGS("check_document($1::date)", AMOUNTS, "trust"), false},
             {"R1", BOOKS_FINDINGS("check_arithmetic($1::date)", AMOUNTS, "trust"), false},
             {"R1", BOOKS_FINDINGS("check_prices($1::date)", AMOUNTS, "trust"), false},
             {"R2", BOOKS_FINDINGS("check_invoices($1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"R2", BOOKS_FINDINGS("misbooked('invoices', $1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"R2", BOOKS_FINDINGS("check_numbers()", BOOKS_NO_MONEY, "unknown"), true},
             {"R3", BOOKS_FINDINGS("check_receipts($1::date)", "(^gross| share of .*)$", "licensee"), false},
             {"R3", BOOKS_FINDINGS("check_paid($1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"R3", BOOKS_FINDINGS("misbooked('receipts', $1::date)", BOOKS_NO_MONEY, "unknown"), false},
             {"R3", BOOKS_FINDINGS("misbooked('credits', $1::date)", BOOKS_NO_MONEY, "unknown"), false}};

static const char SUSPENSE[] = "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, f.minor, 'unknown', "
                               "f.about FROM audit.check_suspense($1::timestamptz) AS f ORDER BY f.object_id";

static const char WAITING[] = "SELECT pg_catalog.count(*) FROM payout.entry_match AS m WHERE m.kind IN ('suspense', "
                              "'suspense_debit')";

static const char STORED[] =
    "SELECT n.minor::text FROM payout.bank_entry AS n WHERE n.statement_id = $1::uuid ORDER BY n.ordinal";

bool books_tell(struct audit *a, const char *sql, int count, const char *const *values)
{
    PGresult *rows = audit_query(a, a->source, sql, count, values);
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        const char *aspect = PQgetvalue(rows, i, 2);
        struct audit_finding finding = {.object_type = PQgetvalue(rows, i, 0),
                                        .object_id = PQgetvalue(rows, i, 1),
                                        .aspect = aspect,
                                        .expected = PQgetvalue(rows, i, 3),
                                        .found = PQgetvalue(rows, i, 4),
                                        .text = PQgetvalue(rows, i, 5),
                                        .direction = audit_text(rows, i, 6)};
        if (audit_bound(aspect) != '?')
            finding.direction = audit_direction(aspect);
        if (finding.direction)
            finding.delta = audit_integer(rows, i, 4) - audit_integer(rows, i, 3);
        audit_add(a, &finding);
    }
    return rows != NULL;
}

bool books_tell_always(struct audit *a, const char *sql)
{
    audit_look(a, "*");
    return books_tell(a, sql, AUDIT_NO_ARGS);
}

static bool tell_rules(struct audit *a, const char *month)
{
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        if (strcmp(RULES[i].check, a->check->id) == 0 && RULES[i].always == !month &&
            !(month ? books_tell(a, RULES[i].sql, AUDIT_ARGS(month)) : books_tell_always(a, RULES[i].sql)))
            return false;
    return true;
}

static const char *number(struct audit *a, long long value)
{
    return ch_printf(a->arena, "%lld", value);
}

/* What the bank says left the account, at its place in the statement, and what is stored there. */
static void judge_debit(struct audit *a, const char *id, size_t place, long long left, long long stored)
{
    if (left != stored)
        audit_add(a, &(struct audit_finding){.object_type = "bank_statement",
                                             .object_id = id,
                                             .aspect = ch_printf(a->arena, "fetched debit %zu", place),
                                             .expected = number(a, stored),
                                             .found = number(a, left),
                                             .delta = left - stored,
                                             .direction = "outside",
                                             .text = "the bank's file has a debit that the ledger does not: ask the "
                                                     "bank who was paid"});
}

static bool judge_fetched(struct audit *a, const struct camt_statement *statement, const char *stored)
{
    PGresult *rows = stored ? audit_query(a, a->source, STORED, AUDIT_ARGS(stored)) : NULL;
    if (stored && !rows)
        return false;
    size_t count = rows ? (size_t)PQntuples(rows) : 0, place = 0;
    const char *id = stored ? stored : ch_printf(a->arena, "%s %s", statement->iban, statement->ref);
    for (const struct camt_line *line = statement->lines; line; line = line->next, place++) {
        long long minor = place < count ? audit_integer(rows, (int)place, 0) : 0;
        if (line->minor < 0)
            judge_debit(a, id, place + 1, -line->minor, minor < 0 ? -minor : 0);
    }
    return true;
}

/* The debits of the books, and those of the files that others fetched. */
static bool tell_fetched(struct audit *a)
{
    return strcmp(a->check->id, "B2") != 0 ||
           fetched_each(a, "debits against the files the treasurer fetched: no --statements", judge_fetched);
}

bool audit_books(struct audit *a)
{
    static const char *const PARTS[] = {"B2", "B4", "B5", "R1", "R2", "R3"};
    PGresult *units = audit_query(a, a->source, AUDIT_UNITS("units_books"), AUDIT_ARGS(a->months));
    bool good = units != NULL;
    for (size_t i = 0; good && i < sizeof PARTS / sizeof *PARTS; i++)
        if (audit_begin_part(a, PARTS[i]))
            good = audit_units(a, units, tell_rules) && tell_rules(a, NULL) && tell_fetched(a);
    return good;
}

bool audit_suspense(struct audit *a)
{
    audit_look(a, "*");
    PGresult *waited = audit_query(a, a->source, WAITING, AUDIT_NO_ARGS);
    if (!waited)
        return false;
    a->check->objects = (uint64_t)audit_integer(waited, 0, 0);
    return audit_collect(a, a->source, SUSPENSE, AUDIT_ARGS(a->as_of));
}
