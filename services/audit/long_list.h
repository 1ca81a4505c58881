/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of stored documents, element by element: inputs and result of a run of a million lines are hundreds of
 * megabytes, which neither this program nor the database's session should hold as one value. */
#ifndef SERVICES_AUDIT_LONG_LIST_H
#define SERVICES_AUDIT_LONG_LIST_H

#include "audit.h"

struct long_list {
    const char *name;          /* member of the document: an array of objects */
    const char *inner;         /* NULL, or the member of each element that is such an array: its elements make the rows,
                                * each behind the `id` of the outer one */
    const char *before;        /* columns in front of every row, as COPY wants them with tabs behind, "" for none */
    const char *const *fields; /* members that follow, strings and integers; ends with NULL */
    const char *into;          /* COPY table FROM STDIN of the findings' database */
};

/* Copies a list of the evidence that is stored under this hash, whose bytes were found to have it. What else the
 * document says, its lists empty, in the audit's arena; NULL with a->error when it cannot be asked or has another form.
 */
const char *long_list_copy(struct audit *a, const char *sha256, const struct long_list *list);
/* The same without copying any. */
const char *long_list_rest(struct audit *a, const char *sha256);

#endif
