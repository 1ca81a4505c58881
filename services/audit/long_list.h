/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of stored documents, element by element: inputs and result of a run of a million lines are hundreds of
 * megabytes, which neither this program nor the database's session should hold as one value. */
#ifndef SERVICES_AUDIT_LONG_LIST_H
#define SERVICES_AUDIT_LONG_LIST_H

#include "audit.h"
#include "cut.h"

struct long_list {
    struct cut_list cut;
    const char *into; /* COPY table FROM STDIN of the findings' database */
};

/* Copies a list of the evidence that is stored under this hash, whose bytes were found to have it. What else the
 * document says, its lists empty, in the audit's arena; NULL with a->error when it cannot be asked or has another form.
 */
const char *long_list_copy(struct audit *a, const char *sha256, const struct long_list *list);
/* The same without copying any. */
const char *long_list_rest(struct audit *a, const char *sha256);

#endif
