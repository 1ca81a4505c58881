/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the checks of the books share: findings of functions of schema audit that tell of amounts. */
#ifndef SERVICES_AUDIT_BOOKS_H
#define SERVICES_AUDIT_BOOKS_H

#include "by_function.h"
#include "camt.h"

/* The rows of a call in schema audit: object_type, object_id, aspect, expected, found, about. Of those whose aspect
 * fits `money` (a regular expression) expected and found are amounts, and `direction` gains by what was found beyond.
 */
#define BOOKS_FINDINGS(call, money, direction)                                                                         \
    "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, f.about, CASE WHEN f.aspect ~ '" money          \
    "' AND f.expected ~ '^-?[0-9]+$' AND f.found ~ '^-?[0-9]+$' THEN '" direction "' END FROM audit." call             \
    " AS f ORDER BY f.object_type, f.object_id, f.aspect"
/* An aspect that is an account is an amount anyhow; this is no other. */
#define BOOKS_NO_MONEY "^$"

/* Adds them to the check at work. */
bool books_tell(struct audit *a, const char *sql, int count, const char *const *values);
/* The same for a call without parameters that is about everything: its findings are decided anew each time. */
bool books_tell_always(struct audit *a, const char *sql);

/* ---- statement.c ---- */

/* A finding about a statement that moves no money. */
void statement_finding(struct audit *a, const char *id, const char *aspect, const char *expected, const char *found,
                       const char *text);

/* A statement as the bank's stored file says it, by the id of its row; NULL where the file is not what was stored, or
 * has no such statement: `tell` makes that a finding. False with a->error when it cannot be asked. */
bool stored_statement(struct audit *a, const char *id, bool tell, const struct camt_statement **statement);

/* ---- fetched.c ---- */

/* Calls `work` for each statement in the files below --statements; `stored` is the id of the same statement in the
 * books, NULL where there is none. Without the option the check at work says what it did not check. */
bool fetched_each(struct audit *a, const char *not_checked,
                  bool (*work)(struct audit *a, const struct camt_statement *statement, const char *stored));

#endif
