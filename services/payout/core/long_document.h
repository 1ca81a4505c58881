/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents whose size is that of one array of {id, amount} rows: results and what clawbacks reversed of them. The
 * rest is read as a tree, the rows one by one: a tree of a million lines would need more than a gigabyte. */
#ifndef COMMONHOLD_PAYOUT_LONG_DOCUMENT_H
#define COMMONHOLD_PAYOUT_LONG_DOCUMENT_H

#include "scan.h"

struct ch_long_document {
    const char *text;
    size_t length;
    const char *array;  /* name of the array, a member of the document */
    const json_t *head; /* the document, the array empty */
    const char *rows;   /* at its '[', in the text; NULL when there is none */
    size_t row_count;
};

/* Same limits and refusals as ch_calc_parse, except that members of rows are judged by ch_long_rows alone. False when
 * refused. The head lives in the list's arena, the rows in `text`. */
bool ch_long_read(struct ch_long_document *document, const char *text, size_t length, const char *array,
                  struct ch_refusals *list);

/* What the rows must be: {"id", "amount"} and, where `array` names one, an array of anything. */
struct ch_long_row_form {
    bool (*is_id)(const char *text);
    const char *must_be; /* for people, what is_id wants */
    const char *array;
};

/* Calls `each` for every row in turn, unless it is refused; `id` lives in the list's arena. */
void ch_long_rows(const struct ch_long_document *document, const struct ch_long_row_form *form,
                  struct ch_refusals *list, void (*each)(void *context, size_t index, const char *id, int64_t amount),
                  void *context);

/* SHA-256 of the document's canonical form without the member `without`, whatever form the text has. False when
 * refused: a member is there twice somewhere, or an object has more members than any of ours. */
bool ch_long_sha256(const struct ch_long_document *document, const char *without, struct ch_refusals *list,
                    char hex[65]);

#endif
