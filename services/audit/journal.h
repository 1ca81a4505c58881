/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where an audit of the journal starts, and its statements. */
#ifndef SERVICES_AUDIT_JOURNAL_H
#define SERVICES_AUDIT_JOURNAL_H

#include "audit.h"

struct journal_point {
    int64_t upto;         /* last transaction already replayed; 0: from the first */
    const char *last_at;  /* its time */
    const char *months;   /* JSON: month to digest of its rows up to `upto` */
    const char *balances; /* digest of the balances at `upto`; NULL where nothing is known */
    const char *seed;     /* of these digests */
};

/* The progress point of the chosen journal checks, or zero: nothing known, they differ, or a digest moved. */
bool journal_resume(struct audit *a, struct journal_point *point);
/* The digest of the journal and its balances up to a transaction, for the progress point there; NULL with a->error. */
const char *journal_digest(struct audit *a, const struct journal_point *point, int64_t last_no);

extern const char JOURNAL_WHOLE[], JOURNAL_NEW[], JOURNAL_ACCOUNTS[], JOURNAL_TOUCHED[];

#endif
