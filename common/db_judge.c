/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an answer of the server means to us: fine, to be repeated, a fault, a bug. The lists follow PostgreSQL's
 * appendix A (error codes). */
#include <stdio.h>
#include <string.h>

#include "commonhold/log.h"
#include "db_internal.h"

const char *ch_db_sqlstate(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state ? state : "";
}

static bool begins(const char *state, const char *class)
{
    return strncmp(state, class, strlen(class)) == 0;
}

/* Out of memory, connections, disk (53); shut down or cancelled (57); system error (58); lost connection (08); lock not
 * got in time (55P03). */
static bool is_unavailable(const char *state)
{
    static const char *const classes[] = {"08", "53", "57", "58", "55P03", NULL};
    for (size_t i = 0; classes[i]; i++)
        if (begins(state, classes[i]))
            return true;
    return false;
}

enum ch_db_verdict ch_db_judge(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE)
        return CH_DB_FINE;
    const char *state = ch_db_sqlstate(result);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (begins(state, "40001") || begins(state, "40P01"))
        return CH_DB_AGAIN;
    if (begins(state, "26000") || (begins(state, "0A000") && message && strstr(message, "cached plan")))
        return CH_DB_PREPARE;
    if (*state == '\0' || is_unavailable(state))
        return CH_DB_UNAVAILABLE;
    return CH_DB_BUG;
}

static const char *name_of(const struct ch_statement *statement)
{
    return statement->name ? statement->name : "(made at run time)";
}

bool ch_db_shape_fits(const struct ch_statement *statement, const PGresult *result)
{
    bool fits = false;
    switch (statement->shape) {
    case CH_SHAPE_ANSWER:
        fits = PQntuples(result) == 1 && PQnfields(result) == 2 && !PQgetisnull(result, 0, 0);
        break;
    case CH_SHAPE_ROWS:
        fits = PQnfields(result) == statement->columns;
        break;
    case CH_SHAPE_NONE:
        fits = PQresultStatus(result) == PGRES_COMMAND_OK;
        break;
    }
    if (!fits) {
        char found[64];
        snprintf(found, sizeof(found), "%d rows of %d columns", PQntuples(result), PQnfields(result));
        ch_log(CH_LOG_ERROR, "statement answered in another shape than it promised", "statement", name_of(statement),
               "found", found, NULL);
    }
    return fits;
}

void ch_db_log_refusal(const struct ch_statement *statement, const PGresult *result)
{
    ch_log(CH_LOG_ERROR, "the database refused a statement", "statement", name_of(statement), "sqlstate",
           ch_db_sqlstate(result), "detail", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), "context",
           PQresultErrorField(result, PG_DIAG_CONTEXT), NULL);
}

void ch_db_notice(void *arg, const PGresult *notice)
{
    (void)arg;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    bool warning = severity && strcmp(severity, "WARNING") == 0;
    ch_log(warning ? CH_LOG_WARN : CH_LOG_DEBUG, "notice of the database", "text",
           PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY), NULL);
}
