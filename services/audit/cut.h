/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Long documents cut into the elements of one list, piece by piece as they come. Pure: no database, no files. */
#ifndef SERVICES_AUDIT_CUT_H
#define SERVICES_AUDIT_CUT_H

#include <stdbool.h>
#include <stddef.h>

struct cut_list {
    const char *name;          /* member of the document: an array of objects */
    const char *inner;         /* NULL, or the member of each element that is such an array: its elements make the rows,
                                * each behind the `id` of the outer one */
    const char *before;        /* columns in front of every row, as COPY wants them with tabs behind, "" for none */
    const char *const *fields; /* members that follow, strings and integers, 16 at most; ends with NULL */
};

/* Takes whole rows in the text form of COPY, 64 KiB or a little more at a time; false ends the cutting. */
typedef bool cut_sink(void *arg, const char *rows, size_t size);

struct cut;

/* Of a document of which nothing was seen yet; `list` NULL: none is made into rows, and sink is not called. Stays
 * valid until cut_free, and so must the list. Ends the process when memory is out. */
struct cut *cut_open(const struct cut_list *list, cut_sink *sink, void *arg);
/* The next bytes. A mistake is remembered: cut_end tells. */
void cut_take(struct cut *cut, const char *bytes, size_t size);
/* Behind the last piece, once: true when the document was whole and every row was taken. */
bool cut_end(struct cut *cut);
/* What else the document says: all of it, with its lists (the arrays that are members of it) empty; not terminated. */
const char *cut_rest(const struct cut *cut, size_t *size);
void cut_free(struct cut *cut);

#endif
