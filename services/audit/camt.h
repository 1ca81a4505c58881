/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bank statements, camt.053, as the auditor reads them. */
#ifndef SERVICES_AUDIT_CAMT_H
#define SERVICES_AUDIT_CAMT_H

#include <stdbool.h>
#include <stddef.h>

#include "commonhold/arena.h"

/* A booked entry. */
struct camt_line {
    struct camt_line *next;
    long long minor;       /* plus for credits */
    const char *booked_on; /* YYYY-MM-DD */
    const char *reference; /* first creditor reference (ISO 11649) that checks, else NULL */
    const char *counter;   /* debtors' accounts, one for each detail */
    size_t details;
    bool reversal;
};

struct camt_statement {
    struct camt_statement *next;
    const char *iban, *ref;
    long long opening, closing; /* booked balances */
    const char *sequence;       /* decimal; NULL: the bank gives none */
    struct camt_line *lines;
};

/* All statements of a file, in order. False when it cannot be read. In the arena. */
bool camt_read(struct ch_arena *arena, const void *bytes, size_t size, const struct camt_statement **list);

#endif
