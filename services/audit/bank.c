/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* B3: every posting on a bank account has its entry, and every entry is what the bank's file says: amount, sign,
 * account, reference, counter-account, date. With --statements the files a treasurer fetched are read as well. */
#include <string.h>

#include "books.h"

static const char ENTRIES[] = "SELECT n.id::text, n.minor::text, n.booked_on::text, n.reference, (SELECT "
                              "pg_catalog.string_agg(COALESCE(d.value->>'debtor_iban', ''), ' ' ORDER BY "
                              "d.ordinality) FROM pg_catalog.jsonb_array_elements(n.detail->'details') WITH ORDINALITY "
                              "AS d), n.reversal::text, n.ordinal::text FROM "
                              "payout.bank_entry AS n WHERE n.statement_id = $1::uuid ORDER BY n.ordinal";
enum { ENTRY, MINOR, BOOKED, REFERENCE, COUNTER, REVERSAL, ORDINAL };

/* The ledger's side of each entry of a statement. */
static const char LEDGER[] =
    "WITH side AS (SELECT n.id, n.minor, n.booked_on, n.entry_key, 'Assets:Bank:' || b.name AS account, s.file_sha256, "
    "t.txn_id, COALESCE(t.concerns, "
    "pg_catalog.date_trunc('month', t.occurred_on::timestamp)::date) AS month, t.occurred_on, t.concerns, "
    "t.evidence_sha256, p.minor AS posted, p.path, "
    "r.external_ref FROM payout.bank_statement AS s JOIN payout.bank_account AS b ON b.id = s.bank_account_id JOIN "
    "payout.bank_entry AS n ON "
    "n.statement_id = s.id JOIN payout.entry_match AS m ON m.entry_id = n.id AND m.step = 1 LEFT JOIN payout.txn AS t "
    "ON t.txn_id = m.txn_id LEFT JOIN "
    "LATERAL (SELECT pg_catalog.sum(q.minor) AS minor, pg_catalog.string_agg(DISTINCT a.path, ' ') AS path FROM "
    "payout.posting AS q JOIN payout.account "
    "AS a ON a.owner_id = q.owner_id AND a.account_id = q.account_id WHERE q.txn_id = m.txn_id AND a.path LIKE "
    "'Assets:Bank:%') AS p ON true LEFT JOIN "
    "payout.txn_ref AS r ON r.txn_id = m.txn_id AND r.kind = 'bank_entry' WHERE s.id = $1::uuid) "
    "SELECT 'bank_entry', x.id::text, k.aspect, k.expected, k.found, k.delta, k.direction, k.text FROM side AS x CROSS "
    "JOIN LATERAL (VALUES "
    "('amount', x.minor::text, COALESCE(x.posted, 0)::text, (COALESCE(x.posted, 0) - x.minor)::bigint, 'trust', 'the "
    "ledger booked another amount or sign "
    "than the bank'), "
    "('account', x.account, x.path, NULL, NULL, 'the ledger booked the entry on another bank account'), "
    "('key', x.entry_key, x.external_ref, NULL, NULL, 'the transaction names another outside event'), "
    "('evidence', x.file_sha256, x.evidence_sha256, NULL, NULL, 'the transaction rests on another document than the "
    "statement'), "
    "('date', x.booked_on::text, CASE WHEN x.concerns IS NULL THEN x.occurred_on::text WHEN x.concerns = "
    "pg_catalog.date_trunc('month', "
    "x.booked_on::timestamp)::date THEN x.booked_on::text ELSE x.concerns::text END, NULL, NULL, 'the ledger booked "
    "the entry on another day')) "
    "AS k (aspect, expected, found, delta, direction, text) WHERE k.expected IS DISTINCT FROM k.found";

static void differ(struct audit *a, const char *id, const char *aspect, const char *expected, const char *found,
                   const char *text)
{
    expected = expected && *expected ? expected : "none";
    found = found && *found ? found : "none";
    if (strcmp(expected, found) != 0)
        audit_add(a, &(struct audit_finding){.object_type = "bank_entry",
                                             .object_id = id,
                                             .aspect = aspect,
                                             .expected = expected,
                                             .found = found,
                                             .text = text});
}

static void compare_entry(struct audit *a, const PGresult *rows, int i, const struct camt_line *line, const char *whose)
{
    const char *id = PQgetvalue(rows, i, ENTRY),
               *text = ch_printf(a->arena, "the stored entry is not what %s says", whose);
    long long minor = audit_integer(rows, i, MINOR);
    if (minor != line->minor)
        audit_add(a, &(struct audit_finding){.object_type = "bank_entry",
                                             .object_id = id,
                                             .aspect = "amount",
                                             .expected = ch_printf(a->arena, "%lld", line->minor),
                                             .found = ch_printf(a->arena, "%lld", minor),
                                             .delta = minor - line->minor,
                                             .direction = "trust",
                                             .text = text});
    if (line->booked_on && *line->booked_on)
        differ(a, id, "date", line->booked_on, audit_text(rows, i, BOOKED), text);
    differ(a, id, "reference", line->reference, audit_text(rows, i, REFERENCE), text);
    const char *counter = audit_text(rows, i, COUNTER);
    if (line->details > 0 || (counter && counter[strspn(counter, " ")]))
        differ(a, id, "counter_account", line->counter, counter ? counter + strspn(counter, " ") : NULL, text);
    differ(a, id, "reversal", line->reversal ? "true" : "false", audit_text(rows, i, REVERSAL), text);
}

/* The booked entries of a file against the stored ones, in order. */
static bool compare_statement(struct audit *a, const char *unit, const struct camt_statement *statement,
                              const char *whose)
{
    PGresult *rows = audit_query(a, a->source, ENTRIES, AUDIT_ARGS(unit));
    if (!rows)
        return false;
    size_t stored = (size_t)PQntuples(rows), i = 0;
    for (const struct camt_line *line = statement->lines; line || i < stored; line = line ? line->next : NULL, i++) {
        if (line && i < stored)
            compare_entry(a, rows, (int)i, line, whose);
        else
            audit_add(a, &(struct audit_finding){
                             .object_type = "bank_statement",
                             .object_id = unit,
                             .aspect = ch_printf(a->arena, "entry %zu", i + 1),
                             .expected = line ? ch_printf(a->arena, "%lld", line->minor) : "none",
                             .found = line ? "none" : PQgetvalue(rows, (int)i, MINOR),
                             .text = ch_printf(a->arena, "%s and the stored statement have another number of entries",
                                               whose)});
    }
    return true;
}

static bool judge_statement(struct audit *a, const char *unit)
{
    const struct camt_statement *statement;
    if (!stored_statement(a, unit, true, &statement))
        return false;
    if (statement && !compare_statement(a, unit, statement, "the bank's file"))
        return false;
    return audit_collect(a, a->source, LEDGER, AUDIT_ARGS(unit));
}

/* One that was never imported is the chain's finding. */
static bool compare_fetched(struct audit *a, const struct camt_statement *statement, const char *stored)
{
    return !stored || compare_statement(a, stored, statement, "the file the treasurer fetched");
}

bool audit_bank(struct audit *a)
{
    if (!audit_each_unit(a, AUDIT_UNITS("units_bank"), judge_statement))
        return false;
    audit_look(a, "*");
    return audit_collect(a, a->source, AUDIT_SUMS("check_unbacked()"), AUDIT_NO_ARGS) &&
           fetched_each(a, "entries against the files the treasurer fetched: no --statements", compare_fetched);
}
