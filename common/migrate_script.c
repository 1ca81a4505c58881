/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Running SQL for the migration engine, and saying where it failed: file, line, the server's words, what to do. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate_internal.h"
#include "sql_split.h"

static const char *field_of(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text ? text : "";
}

static void note_state(struct ch_migrator *m, const PGresult *result)
{
    snprintf(m->sqlstate, sizeof(m->sqlstate), "%s", field_of(result, PG_DIAG_SQLSTATE));
}

/* "message (SQLSTATE). detail. hint. context", as far as there is one. */
static const char *words_of(struct ch_migrator *m, const PGresult *result)
{
    const char *message = field_of(result, PG_DIAG_MESSAGE_PRIMARY);
    if (*message == '\0')
        return ch_printf(m->arena, "%s", PQerrorMessage(m->conn));
    const char *detail = field_of(result, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = field_of(result, PG_DIAG_MESSAGE_HINT);
    const char *context = field_of(result, PG_DIAG_CONTEXT);
    return ch_printf(m->arena, "%s (%s)%s%s%s%s%s%.*s", message, field_of(result, PG_DIAG_SQLSTATE),
                     *detail ? "; " : "", detail, *hint ? "; " : "", hint, *context ? "; in " : "",
                     (int)strcspn(context, "\n"), context);
}

static bool is_fine(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool ch_migrate_fail(struct ch_migrator *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(m->report->message, sizeof(m->report->message), format, args);
    va_end(args);
    return false;
}

PGresult *ch_migrate_query(struct ch_migrator *m, const char *what, const char *sql, int nargs, const char *const *args)
{
    PGresult *result = PQexecParams(m->conn, sql, nargs, NULL, args, NULL, NULL, 0);
    if (is_fine(result))
        return result;
    note_state(m, result);
    ch_migrate_fail(m, "%s: %s", what, words_of(m, result));
    PQclear(result);
    return NULL;
}

bool ch_migrate_exec(struct ch_migrator *m, const char *what, const char *sql)
{
    PGresult *result = ch_migrate_query(m, what, sql, 0, NULL);
    PQclear(result);
    return result != NULL;
}

static bool run_piece(struct ch_migrator *m, const struct ch_sql_file *file, const struct ch_sql_piece *piece)
{
    const char *text = ch_memdup(m->arena, piece->text, piece->size);
    PGresult *result = PQexec(m->conn, text);
    bool fine = is_fine(result);
    if (!fine) {
        note_state(m, result);
        const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
        int line = ch_sql_line(piece, position ? strtol(position, NULL, 10) : 1);
        ch_migrate_fail(m, "sql/%s line %d: %s. Nothing of this file was kept: correct it and migrate again",
                        file->path, line, words_of(m, result));
    } else if (PQtransactionStatus(m->conn) != PQTRANS_INTRANS) {
        fine =
            ch_migrate_fail(m, "sql/%s line %d: a script must not end its transaction: take the COMMIT or ROLLBACK out",
                            file->path, piece->line);
    }
    PQclear(result);
    return fine;
}

bool ch_migrate_script(struct ch_migrator *m, const struct ch_sql_file *file)
{
    struct ch_sql_script script = {.next = file->text, .line = 1};
    struct ch_sql_piece piece;
    while (ch_sql_next(&script, &piece))
        if (!run_piece(m, file, &piece))
            return false;
    return true;
}

const struct ch_sql_file *ch_migrate_find_file(const char *path)
{
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++)
        if (strcmp(file->path, path) == 0)
            return file;
    return NULL;
}

bool ch_migrate_is_below(const struct ch_sql_file *file, const char *folder)
{
    return strncmp(file->path, folder, strlen(folder)) == 0;
}
