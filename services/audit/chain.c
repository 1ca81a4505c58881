/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* B1: the statements of an account are one chain. Rows are compared with rows in sql/functions/audit; here with what
 * the bank's file says of its balances and number, as it is stored and as a treasurer fetched it. */
#include <stdlib.h>
#include <string.h>

#include "books.h"

static const char CHAIN[] = BOOKS_FINDINGS("check_statement($1::uuid)", "^(opening|entries)$", "trust");
static const char ORPHANS[] = BOOKS_FINDINGS("check_orphans()", BOOKS_NO_MONEY, "unknown");

static const char ROW[] = "SELECT s.opening::text, s.closing::text, s.sequence::text FROM payout.bank_statement AS s "
                          "WHERE s.id = $1::uuid";

/* Statements of accounts of which some were fetched: whether one before and one behind were, too. */
static const char UNFETCHED[] =
    "SELECT x.id::text, x.statement_ref, x.before AND x.behind FROM (SELECT s.id, s.statement_ref, s.no, f.id IS NOT "
    "NULL AS fetched, COALESCE(pg_catalog.bool_or(f.id IS NOT NULL) OVER (PARTITION BY s.bank_account_id ORDER BY s.no "
    "ROWS UNBOUNDED PRECEDING), false) AS before, COALESCE(pg_catalog.bool_or(f.id IS NOT NULL) OVER (PARTITION BY "
    "s.bank_account_id ORDER BY s.no DESC ROWS UNBOUNDED PRECEDING), false) AS behind FROM payout.bank_statement AS s "
    "LEFT JOIN pg_catalog.json_array_elements_text($1::json) AS f (id) ON f.id = s.id::text) AS x WHERE NOT x.fetched "
    "ORDER BY x.no";

static void compare_balance(struct audit *a, const char *id, const char *aspect, long long expected, long long found,
                            const char *text)
{
    if (expected != found)
        audit_add(a, &(struct audit_finding){.object_type = "bank_statement",
                                             .object_id = id,
                                             .aspect = aspect,
                                             .expected = ch_printf(a->arena, "%lld", expected),
                                             .found = ch_printf(a->arena, "%lld", found),
                                             .delta = found - expected,
                                             .direction = "trust",
                                             .text = text});
}

static long long sum_of(const struct camt_statement *statement)
{
    long long sum = 0;
    for (const struct camt_line *line = statement->lines; line; line = line->next)
        sum += line->minor;
    return sum;
}

/* The row of a statement against a file; `whose` begins the aspects. */
static bool compare(struct audit *a, const struct camt_statement *statement, const char *id, const char *whose)
{
    PGresult *row = audit_query(a, a->source, ROW, AUDIT_ARGS(id));
    if (!row || PQntuples(row) == 0)
        return row != NULL;
    const char *text = "the stored statement is not what the bank's file says",
               *number = statement->sequence ? statement->sequence : "none",
               *stored = audit_text(row, 0, 2) ? audit_text(row, 0, 2) : "none";
    compare_balance(a, id, ch_printf(a->arena, "%s opening", whose), statement->opening, audit_integer(row, 0, 0),
                    text);
    compare_balance(a, id, ch_printf(a->arena, "%s closing", whose), statement->closing, audit_integer(row, 0, 1),
                    text);
    compare_balance(a, id, ch_printf(a->arena, "%s entries", whose), statement->closing - statement->opening,
                    sum_of(statement), "the entries of the bank's file are not the difference of its balances");
    if (strtoll(number, NULL, 10) != strtoll(stored, NULL, 10))
        statement_finding(a, id, ch_printf(a->arena, "%s sequence", whose), number, stored, text);
    return true;
}

static bool judge_statement(struct audit *a, const char *unit)
{
    const struct camt_statement *statement;
    return books_tell(a, CHAIN, AUDIT_ARGS(unit)) && stored_statement(a, unit, false, &statement) &&
           (!statement || compare(a, statement, unit, "file"));
}

static bool judge_fetched(struct audit *a, const struct camt_statement *statement, const char *stored)
{
    if (!stored) {
        statement_finding(a, ch_printf(a->arena, "%s %s", statement->iban, statement->ref), "imported", "a statement",
                          "none", "the treasurer fetched a statement that was never imported");
        return true;
    }
    json_array_append_new(a->fetched, json_string(stored));
    return compare(a, statement, stored, "fetched");
}

/* A bank that gave the statements before and behind gave this one, too, or it is not the bank's. */
static bool judge_unfetched(struct audit *a)
{
    PGresult *rows = audit_query(a, a->source, UNFETCHED, AUDIT_ARGS(ch_json_canonical(a->arena, a->fetched, NULL)));
    const char *before = audit_rest_on(a, "--statements");
    for (int i = 0; rows && i < PQntuples(rows); i++)
        if (strcmp(PQgetvalue(rows, i, 2), "t") == 0)
            statement_finding(a, PQgetvalue(rows, i, 0), "fetched", "a statement", "none",
                              "the bank gave the treasurer those before and behind this statement, and not this one");
        else
            audit_not_checked(a, "statement %s is not among the fetched files", PQgetvalue(rows, i, 1));
    a->rests_on = before;
    return rows != NULL;
}

bool audit_chain(struct audit *a)
{
    a->fetched = ch_json_own(a->arena, json_array());
    return audit_each_unit(a, AUDIT_UNITS("units_statements"), judge_statement) && books_tell_always(a, ORPHANS) &&
           fetched_each(a, "statements against the files the treasurer fetched: no --statements", judge_fetched) &&
           (!a->options->statements || judge_unfetched(a));
}
