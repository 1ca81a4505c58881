/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the blocking connection and the pool share: how a server's refusal is judged. */
#ifndef COMMONHOLD_DB_INTERNAL_H
#define COMMONHOLD_DB_INTERNAL_H

#include "commonhold/db.h"

enum ch_db_verdict {
    CH_DB_FINE,
    CH_DB_AGAIN,   /* 40001, 40P01: roll back and repeat */
    CH_DB_PREPARE, /* 0A000 "cached plan", 26000: the session's prepared statements are out of date; nothing was done */
    CH_DB_UNAVAILABLE, /* out of resources, shutting down, time-out */
    CH_DB_BUG          /* the statement or our data is wrong */
};

/* By status and SQLSTATE. */
enum ch_db_verdict ch_db_judge(const PGresult *result);
const char *ch_db_sqlstate(const PGresult *result);

/* False when a fine result has not the shape its statement promised; says so in the log. */
bool ch_db_shape_fits(const struct ch_statement *statement, const PGresult *result);

/* Logs a refusal once, with statement and SQLSTATE; never with arguments. */
void ch_db_log_refusal(const struct ch_statement *statement, const PGresult *result);

/* Notices of the server go to the log instead of stderr; its warnings (a clock says what failed) as warnings. For
 * PQsetNoticeReceiver. */
void ch_db_notice(void *arg, const PGresult *notice);

#endif
