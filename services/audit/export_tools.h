/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Other people's accounting programs, as X1 calls them. */
#ifndef SERVICES_AUDIT_EXPORT_TOOLS_H
#define SERVICES_AUDIT_EXPORT_TOOLS_H

#include "audit.h"

enum export_format { EXPORT_HLEDGER, EXPORT_LEDGER, EXPORT_BEANCOUNT, EXPORT_FORMATS };
extern const char *const export_formats[EXPORT_FORMATS];

enum export_answer { EXPORT_READ, EXPORT_REFUSED, EXPORT_NO_TOOL };

/* Has the tool of a format judge the file at `path` in `folder`, which is this call's to write in. Refused: *why is
 * what the tool said first. Read: *balances is what it says each account holds, an object of names to minor units; of
 * beancount, which only compares, those that are not what the file asserts of them at its end. */
enum export_answer export_judge(struct audit *a, enum export_format format, const char *folder, const char *path,
                                json_t **balances, const char **why);

/* Places of the book currency's minor unit (ISO 4217). */
int export_digits(const struct audit *a);
/* A decimal of the book currency in minor units; false for one that has other places. */
bool export_minor(const struct audit *a, const char *text, int64_t *minor);

#endif
