/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The report: audit-report/1 from the stored findings, its text for people, its hash into the transparency log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

static const char FINDINGS[] =
    "SELECT f.check_id, f.object_type, f.object_id, f.aspect, f.severity, f.expected, f.found, f.delta_minor, "
    "f.direction, f.text, "
    "f.state, f.reason, f.person, f.settled_by FROM audit.finding AS f WHERE f.state <> 'gone' AND f.check_id IN "
    "(SELECT c FROM "
    "pg_catalog.json_array_elements_text($1::json) AS c) "
    "ORDER BY f.check_id COLLATE \"C\", f.object_type COLLATE \"C\", f.object_id COLLATE \"C\", f.aspect COLLATE \"C\"";

static const char TOTALS[] = "SELECT t.check_id, t.name, t.currency, t.minor::text, t.count FROM audit.total AS t "
                             "WHERE t.check_id IN (SELECT c FROM "
                             "pg_catalog.json_array_elements_text($1::json) AS c) ORDER BY t.check_id COLLATE \"C\", "
                             "t.name COLLATE \"C\", t.currency";

static const char INSERT[] =
    "INSERT INTO audit.run (id, mode, started, finished, checkpoint_size, checkpoint_root, outcome, "
    "report_sha256, report) VALUES ($1::uuid, $2, $3::timestamptz, pg_catalog.clock_timestamp(), "
    "$4::bigint, $5, $6::integer, $7, $8)";

static const char SUBMIT[] =
    "SELECT log.submit_audit_report($1::uuid, $2, $3::integer, $4::bigint, $5::bigint, $6::bigint)";

struct counts {
    uint64_t loss, breach, lag, unchecked;
};

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text ? json_string(text) : json_null());
}

static json_t *finding_row(const PGresult *rows, int i)
{
    static const char *const NAMES[] = {"check",    "object_type", "object",      "aspect",    "severity",
                                        "expected", "found",       "delta_minor", "direction", "text",
                                        "state",    "reason",      "person",      "settled_by"};
    json_t *row = json_object();
    for (int c = 0; c < 14; c++)
        if (c == 7)
            json_object_set_new(row, NAMES[c],
                                PQgetisnull(rows, i, c) ? json_null() : json_integer(audit_integer(rows, i, c)));
        else
            set_text(row, NAMES[c], audit_text(rows, i, c));
    return row;
}

/* An explained or settled one is listed, and no longer open. */
static void count_one(struct counts *counts, const json_t *row)
{
    const char *severity = json_string_value(json_object_get(row, "severity"));
    if (strcmp(json_string_value(json_object_get(row, "state")), "open") != 0)
        return;
    if (strcmp(severity, "loss") == 0)
        counts->loss++;
    else if (strcmp(severity, "breach") == 0)
        counts->breach++;
    else
        counts->lag++;
}

static json_t *check_row(const struct audit_check *check, const json_t *findings)
{
    json_int_t all = 0, open = 0;
    size_t i;
    json_t *row;
    json_array_foreach(findings, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "check")), check->id) != 0)
            continue;
        all++;
        open += strcmp(json_string_value(json_object_get(row, "state")), "open") == 0;
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:O}", "id", check->id, "about", check->about, "objects",
                     (json_int_t)check->objects, "findings", all, "open", open, "not_checked", check->not_checked);
}

static json_t *list_findings(struct audit *a, const char *ids, struct counts *counts)
{
    PGresult *rows = audit_query(a, a->findings, FINDINGS, AUDIT_ARGS(ids));
    json_t *list = ch_json_own(a->arena, json_array());
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        json_t *row = finding_row(rows, i);
        count_one(counts, row);
        json_array_append_new(list, row);
    }
    return rows ? list : NULL;
}

static json_t *list_totals(struct audit *a, const char *ids)
{
    PGresult *rows = audit_query(a, a->findings, TOTALS, AUDIT_ARGS(ids));
    json_t *list = ch_json_own(a->arena, json_array());
    for (int i = 0; rows && i < PQntuples(rows); i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "check", PQgetvalue(rows, i, 0), "name",
                                              PQgetvalue(rows, i, 1), "currency", PQgetvalue(rows, i, 2), "minor",
                                              PQgetvalue(rows, i, 3), "count", (json_int_t)audit_integer(rows, i, 4)));
    return rows ? list : NULL;
}

static json_t *list_checks(struct audit *a, const json_t *findings, struct counts *counts, const char **ids)
{
    json_t *list = ch_json_own(a->arena, json_array()), *names = ch_json_own(a->arena, json_array());
    for (const struct audit_check *c = audit_checks; c->id; c++) {
        if (!c->chosen)
            continue;
        json_array_append_new(names, json_string(c->id));
        counts->unchecked += json_array_size(c->not_checked);
        if (findings)
            json_array_append_new(list, check_row(c, findings));
    }
    *ids = ch_json_canonical(a->arena, names, NULL);
    return list;
}

static int code_of(const struct audit *a, const struct counts *counts)
{
    if (counts->loss + counts->breach > 0)
        return AUDIT_FINDINGS;
    if (a->options->strict && counts->unchecked > 0)
        return AUDIT_UNFINISHED;
    return counts->lag > 0 ? AUDIT_LAG : AUDIT_CLEAN;
}

static const char *verdict(struct audit *a, const struct counts *counts, int code)
{
    const char *figures =
        ch_printf(a->arena, "%" PRIu64 " loss, %" PRIu64 " breach, %" PRIu64 " lag open, %" PRIu64 " parts not checked",
                  counts->loss, counts->breach, counts->lag, counts->unchecked);
    static const char *const WORDS[] = {"OK", "FINDINGS", "LAG", "NOT FINISHED"};
    return ch_printf(a->arena, "%s: %s", WORDS[code], figures);
}

static long long money_of(const json_t *row)
{
    return llabs(json_integer_value(json_object_get(row, "delta_minor")));
}

struct placed {
    const json_t *row;
    size_t place; /* among all findings: of two with the same money the first stays first */
};

static int by_money(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;
    long long x = money_of(a->row), y = money_of(b->row);
    return x != y ? (x < y) - (x > y) : (a->place > b->place) - (a->place < b->place);
}

static void write_finding(FILE *out, const json_t *row)
{
    const char *direction = json_string_value(json_object_get(row, "direction"));
    fprintf(out, "\n%s %s: %s %s, %s\n", json_string_value(json_object_get(row, "check")),
            json_string_value(json_object_get(row, "severity")), json_string_value(json_object_get(row, "object_type")),
            json_string_value(json_object_get(row, "object")), json_string_value(json_object_get(row, "aspect")));
    fprintf(out, "    expected  %s\n    found     %s\n", json_string_value(json_object_get(row, "expected")),
            json_string_value(json_object_get(row, "found")));
    if (direction)
        fprintf(out, "    delta     %lld (%s)\n", (long long)json_integer_value(json_object_get(row, "delta_minor")),
                direction);
    fprintf(out, "    %s\n", json_string_value(json_object_get(row, "text")));
}

static void write_findings(struct audit *a, FILE *out, const json_t *findings)
{
    size_t count = json_array_size(findings), open = 0;
    struct placed *rows = ch_alloc_array(a->arena, count + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(findings, i);
        if (strcmp(json_string_value(json_object_get(row, "state")), "open") == 0)
            rows[open++] = (struct placed){row, i};
    }
    qsort(rows, open, sizeof *rows, by_money);
    for (size_t i = 0; i < open; i++)
        write_finding(out, rows[i].row);
}

static void write_checks(FILE *out, const json_t *checks)
{
    size_t i, n;
    json_t *row, *part;
    json_array_foreach(checks, i, row)
    {
        fprintf(out, "%-6s %8lld looked at, %lld open: %s\n", json_string_value(json_object_get(row, "id")),
                (long long)json_integer_value(json_object_get(row, "objects")),
                (long long)json_integer_value(json_object_get(row, "open")),
                json_string_value(json_object_get(row, "about")));
        json_array_foreach(json_object_get(row, "not_checked"), n, part)
            fprintf(out, "        not checked: %s\n", json_string_value(part));
    }
}

/* Text for people: the verdict, the open findings by money, the checks. */
static const char *text_report(struct audit *a, const json_t *report, const char *first_line)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    if (!out)
        abort();
    fprintf(out, "%s\n%s audit as of %s\n", first_line, json_string_value(json_object_get(report, "mode")), a->as_of);
    if (a->checkpoint_size >= 0)
        fprintf(out, "checkpoint %" PRId64 " %s\n", a->checkpoint_size, a->checkpoint_root);
    write_findings(a, out, json_object_get(report, "findings"));
    fputc('\n', out);
    write_checks(out, json_object_get(report, "checks"));
    fprintf(out, "report %s\n", json_string_value(json_object_get(report, "hash")));
    fclose(out);
    const char *text = ch_memdup(a->arena, bytes, size);
    free(bytes);
    return text;
}

static json_t *checkpoint_of(const struct audit *a)
{
    return a->checkpoint_size < 0
               ? json_null()
               : json_pack("{s:I, s:s}", "size", (json_int_t)a->checkpoint_size, "root", a->checkpoint_root);
}

/* In a standby the log cannot be written: then the findings' database takes it when it has a log of the same trust. */
static bool submit(struct audit *a, const char *hash, int code, const struct counts *counts)
{
    const char *exit_code = ch_printf(a->arena, "%d", code), *loss = ch_printf(a->arena, "%" PRIu64, counts->loss);
    const char *breach = ch_printf(a->arena, "%" PRIu64, counts->breach),
               *lag = ch_printf(a->arena, "%" PRIu64, counts->lag);
    if (a->same)
        return audit_query(a, a->findings, SUBMIT, AUDIT_ARGS(a->id, hash, exit_code, loss, breach, lag));
    if (!audit_query(a, a->source, "COMMIT", AUDIT_NO_ARGS))
        return false;
    PGresult *rows = audit_query(a, a->source, "SELECT pg_catalog.pg_is_in_recovery()", AUDIT_NO_ARGS);
    if (!rows)
        return false;
    if (strcmp(PQgetvalue(rows, 0, 0), "t") != 0)
        return audit_query(a, a->source, SUBMIT, AUDIT_ARGS(a->id, hash, exit_code, loss, breach, lag));
    fprintf(stderr, "commonhold-audit: --source is a standby: the report %s is not in the transparency log\n", hash);
    return true;
}

static bool keep(struct audit *a, const char *mode, int code, const char *hash, const char *body)
{
    const char *size = a->checkpoint_size < 0 ? NULL : ch_printf(a->arena, "%" PRId64, a->checkpoint_size);
    const char *outcome = ch_printf(a->arena, "%d", code);
    return audit_query(a, a->findings, INSERT,
                       AUDIT_ARGS(a->id, mode, a->started, size, a->checkpoint_root, outcome, hash, body));
}

bool audit_report(struct audit *a, int *exit_code, const char **text)
{
    struct counts counts = {0};
    const char *ids, *mode = a->options->full ? "full" : "incremental";
    list_checks(a, NULL, &counts, &ids);
    json_t *findings = list_findings(a, ids, &counts), *totals = list_totals(a, ids);
    if (!findings || !totals)
        return false;
    counts.unchecked = 0;
    json_t *checks = list_checks(a, findings, &counts, &ids);
    *exit_code = code_of(a, &counts);
    json_t *report = ch_json_pack(a->arena, "{s:s, s:s, s:s, s:o, s:O, s:O, s:O, s:i}", "schema", "audit-report/1",
                                  "mode", mode, "as_of", a->as_of, "checkpoint", checkpoint_of(a), "checks", checks,
                                  "findings", findings, "totals", totals, "exit", *exit_code);
    char hash[65];
    const char *body = ch_json_canonical(a->arena, report, NULL);
    ch_json_sha256(a->arena, report, hash);
    json_object_set_new(report, "hash", json_string(hash));
    if (!keep(a, mode, *exit_code, hash, body) || !submit(a, hash, *exit_code, &counts))
        return false;
    *text = a->options->json ? ch_printf(a->arena, "%s\n", ch_json_canonical(a->arena, report, NULL))
                             : text_report(a, report, verdict(a, &counts, *exit_code));
    return true;
}
