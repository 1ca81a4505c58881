/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* X1: the journal as other people's programs read it. They are given the exports in the folder of --exports, or without
 * a folder the auditor's own, written from the snapshot. That a program ends with 0 proves nothing by itself: what it
 * says of each account must be what the ledger says. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "export_tools.h"

#define FILE_MOST ((size_t)1 << 30)

static const char COUNT[] = "SELECT pg_catalog.count(*) FROM payout.txn";

static const char LINES[] = "SELECT l.line FROM audit.export_lines($1, $2, $3::integer) AS l";

static const char BALANCES[] = "SELECT b.path, b.name, b.minor::text FROM audit.export_balances($1, NULLIF($2, "
                               "'')::date, NULLIF($3, '')::bigint) AS b ORDER BY b.path COLLATE \"C\"";
enum { PATH, NAME, MINOR };

/* A file on its way through one tool. */
struct export
{
    enum export_format format;
    const char *name;            /* as findings call it */
    const char *folder, *path;   /* where it is judged */
    const char *last_day, *last; /* of a fetched file: day and number of its last transaction; "" of our own */
};

static void tell(struct audit *a, const struct export *x, const char *aspect, const char *expected, const char *found,
                 const char *text)
{
    audit_add(a, &(struct audit_finding){.object_type = "export",
                                         .object_id = x->name,
                                         .aspect = aspect,
                                         .expected = expected,
                                         .found = found,
                                         .text = text});
}

static void compare_amount(struct audit *a, const struct export *x, const char *path, int64_t ledger,
                           const json_t *said)
{
    int64_t found = json_integer_value(said);
    if (said && !json_is_integer(said)) {
        tell(a, x, path, ch_printf(a->arena, "%lld", (long long)ledger), json_string_value(said),
             "the tool reads an amount that is none of the book's");
        return;
    }
    if (found != ledger)
        audit_add(a, &(struct audit_finding){.object_type = "export",
                                             .object_id = x->name,
                                             .aspect = path,
                                             .expected = ch_printf(a->arena, "%lld", (long long)ledger),
                                             .found = ch_printf(a->arena, "%lld", (long long)found),
                                             .delta = found - ledger,
                                             .direction = audit_direction(path),
                                             .text = "the export gives another balance than the ledger: a figure was "
                                                     "changed in one of the two"});
}

/* Beancount told only what differs from what the file asserts, which is the ledger's balance. */
static void compare_balances(struct audit *a, const struct export *x, const PGresult *rows, json_t *said)
{
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *name = PQgetvalue(rows, i, NAME);
        const json_t *found = json_object_get(said, name);
        if (found || x->format != EXPORT_BEANCOUNT)
            compare_amount(a, x, PQgetvalue(rows, i, PATH), audit_integer(rows, i, MINOR), found);
        json_object_del(said, name);
    }
    const char *name;
    json_t *found;
    json_object_foreach(said, name, found) compare_amount(a, x, name, 0, found);
}

static bool judge(struct audit *a, const struct export *x, const PGresult *rows)
{
    json_t *said;
    const char *why;
    switch (export_judge(a, x->format, x->folder, x->path, &said, &why)) {
    case EXPORT_NO_TOOL:
        audit_not_checked(a, "%s: the program for it is not installed", x->name);
        return true;
    case EXPORT_REFUSED:
        tell(a, x, "accepted", "accepted", "refused", *why ? why : "the tool refuses the export");
        return true;
    case EXPORT_READ:
        compare_balances(a, x, rows, said);
        return true;
    }
    return true;
}

/* ---- the auditor's own exports ---- */

static bool write_line(struct audit *a, FILE *out, const PGresult *row)
{
    ExecStatusType status = PQresultStatus(row);
    if (status == PGRES_SINGLE_TUPLE)
        fprintf(out, "%s\n", PQgetvalue(row, 0, 0));
    else if (status != PGRES_TUPLES_OK)
        return audit_fail(a, "writing exports: %s", PQerrorMessage(a->source));
    return true;
}

static bool write_export(struct audit *a, const struct export *x)
{
    const char *const values[] = {export_formats[x->format], a->currency, ch_printf(a->arena, "%d", export_digits(a))};
    FILE *out = fopen(x->path, "w");
    if (!out)
        return audit_fail(a, "%s: %m", x->path);
    bool good = PQsendQueryParams(a->source, LINES, 3, NULL, values, NULL, NULL, 0) && PQsetSingleRowMode(a->source);
    PGresult *row;
    while ((row = PQgetResult(a->source))) {
        good = good && write_line(a, out, row);
        PQclear(row);
    }
    if (fclose(out) != 0)
        return audit_fail(a, "%s: %m", x->path);
    return good || a->error[0] || audit_fail(a, "writing exports: %s", PQerrorMessage(a->source));
}

static bool judge_own(struct audit *a, const char *folder)
{
    bool good = true;
    for (int format = 0; good && format < EXPORT_FORMATS; format++) {
        struct export x = {.format = (enum export_format)format, .name = export_formats[format], .folder = folder};
        x.path = ch_printf(a->arena, "%s/journal", folder);
        PGresult *rows = audit_query(a, a->source, BALANCES, AUDIT_ARGS(x.name, "", ""));
        good = rows && write_export(a, &x) && judge(a, &x, rows);
    }
    return good;
}

/* ---- fetched ones ---- */

static bool is_day(const char *text)
{
    return strspn(text, "0123456789") == 4 && text[4] == '-' && strlen(text) > 10 && text[10] == ' ';
}

static const char *no_earlier(struct audit *a, const char *day, const char *line)
{
    return strncmp(line, day, 10) > 0 ? ch_printf(a->arena, "%.10s", line) : day;
}

/* Day and number of the last transaction; of beancount the names of accounts that are opened. */
static json_t *scan(struct audit *a, struct export *x, char *text)
{
    json_t *opened = ch_json_own(a->arena, json_object());
    long long last = 0;
    char *line;
    x->last_day = "";
    while ((line = strsep(&text, "\n"))) {
        const char *tag = strstr(line, "txid:");
        if (tag && strtoll(tag + 5, NULL, 10) > last)
            last = strtoll(tag + 5, NULL, 10);
        if (!is_day(line))
            continue;
        if (strncmp(line + 11, "open ", 5) == 0)
            json_object_set_new(opened, ch_printf(a->arena, "%.*s", (int)strcspn(line + 16, " "), line + 16),
                                json_true());
        else if (strncmp(line + 11, "balance ", 8) != 0)
            x->last_day = no_earlier(a, x->last_day, line);
    }
    x->last = ch_printf(a->arena, "%lld", last ? last : (long long)INT64_MAX); /* without numbers: all of these days */
    return opened;
}

static void write_assertion(struct audit *a, FILE *out, const char *name, const char *minor)
{
    int digits = export_digits(a);
    const char *sign = *minor == '-' ? "-" : "", *number = minor + strlen(sign);
    number = strlen(number) > (size_t)digits
                 ? number
                 : ch_printf(a->arena, "%0*d%s", digits + 1 - (int)strlen(number), 0, number);
    int whole = (int)strlen(number) - digits;
    fprintf(out, "9999-12-31 balance %s  %s%.*s%s%s ~ 0 %s\n", name, sign, whole, number, digits ? "." : "",
            number + whole, a->currency);
}

/* The copy that is judged: behind what was fetched, for beancount, the ledger's balances. */
static bool write_copy(struct audit *a, const struct export *x, const char *bytes, size_t size, const PGresult *rows,
                       json_t *opened)
{
    FILE *out = fopen(x->path, "w");
    if (!out || fwrite(bytes, 1, size, out) != size)
        return audit_fail(a, "%s: %m", x->path);
    for (int i = 0; x->format == EXPORT_BEANCOUNT && i < PQntuples(rows); i++) {
        write_assertion(a, out, PQgetvalue(rows, i, NAME), PQgetvalue(rows, i, MINOR));
        json_object_del(opened, PQgetvalue(rows, i, NAME));
    }
    const char *name;
    json_t *yes;
    if (x->format == EXPORT_BEANCOUNT)
        json_object_foreach(opened, name, yes) write_assertion(a, out, name, "0");
    return fclose(out) == 0 || audit_fail(a, "%s: %m", x->path);
}

static bool judge_file(struct audit *a, struct export *x, const char *from)
{
    char error[256];
    size_t size;
    char *bytes = ch_read_file(a->arena, from, FILE_MOST, &size, error);
    if (!bytes)
        return audit_fail(a, "%s", error);
    json_t *opened = scan(a, x, ch_memdup(a->arena, bytes, size));
    if (!*x->last_day) {
        audit_not_checked(a, "%s holds no transaction", x->name);
        return true;
    }
    PGresult *rows = audit_query(a, a->source, BALANCES, AUDIT_ARGS(export_formats[x->format], x->last_day, x->last));
    return rows && write_copy(a, x, bytes, size, rows, opened) && judge(a, x, rows);
}

/* By the end of its name; hledger before ledger. */
static enum export_format format_of(const char *name)
{
    for (int format = 0; format < EXPORT_FORMATS; format++) {
        size_t length = strlen(name), size = strlen(export_formats[format]);
        if (length >= size && strcmp(name + length - size, export_formats[format]) == 0)
            return (enum export_format)format;
    }
    return EXPORT_FORMATS;
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool judge_fetched(struct audit *a, const char *folder)
{
    struct dirent **files;
    bool good = true, seen[EXPORT_FORMATS + 1] = {false};
    int count = scandir(a->options->exports, &files, is_file, alphasort);
    if (count < 0)
        return audit_fail(a, "--exports %s: %m", a->options->exports);
    for (int i = 0; i < count; i++) {
        struct export x = {.format = format_of(files[i]->d_name), .folder = folder};
        x.name = ch_strdup(a->arena, files[i]->d_name);
        x.path = ch_printf(a->arena, "%s/journal", folder);
        seen[x.format] = true;
        if (good && x.format < EXPORT_FORMATS)
            good = judge_file(a, &x, ch_printf(a->arena, "%s/%s", a->options->exports, x.name));
        free(files[i]);
    }
    free(files);
    for (int format = 0; format < EXPORT_FORMATS; format++)
        if (!seen[format])
            audit_not_checked(a, "exports for %s: there is none in the folder", export_formats[format]);
    return good;
}

/* ---- the check ---- */

static void clear_folder(struct audit *a, const char *folder)
{
    static const char *const NAMES[] = {"journal", "out", "err", ".journal.picklecache"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        unlink(ch_printf(a->arena, "%s/%s", folder, NAMES[i]));
    rmdir(folder);
}

bool audit_exports(struct audit *a)
{
    audit_look(a, "*");
    if (!a->options->exports) {
        audit_not_checked(a, "the journal read by hledger, ledger and bean-check: no --exports");
        return true;
    }
    PGresult *rows = audit_query(a, a->source, COUNT, AUDIT_NO_ARGS);
    if (!rows || audit_integer(rows, 0, 0) == 0)
        return rows != NULL;
    a->check->objects = (uint64_t)audit_integer(rows, 0, 0);
    const char *place = getenv("TMPDIR");
    char *folder = ch_printf(a->arena, "%s/commonhold-audit.XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(folder))
        return audit_fail(a, "%s: %m", folder);
    const char *before = audit_rest_on(a, "--exports");
    bool good = *a->options->exports ? judge_fetched(a, folder) : judge_own(a, folder);
    a->rests_on = before;
    clear_folder(a, folder);
    return good;
}
