/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Print pages: plain HTML for paper, every text escaped, no script. */
#ifndef COMMONHOLD_PAYOUT_HTML_H
#define COMMONHOLD_PAYOUT_HTML_H

#include <event2/buffer.h>
#include <jansson.h>
#include <stdint.h>

#include "commonhold/http.h"

void html_begin(struct evbuffer *page, const char *title);
/* Characters with a meaning in HTML as entities, line feeds as breaks; control characters, and those that turn the
 * direction of writing, left out. NULL writes nothing. */
void html_text(struct evbuffer *page, const char *text);
/* <tr><th>name</th><td>value</td></tr>; a NULL value leaves the row out. */
void html_row(struct evbuffer *page, const char *name, const char *value);
/* A cell with an amount of minor units, with the currency's decimals. */
void html_amount(struct evbuffer *page, int64_t minor, const char *currency);
/* Ends the page and answers with it; frees the buffer. */
struct ch_done *html_reply(struct ch_request *request, struct evbuffer *page);

#endif
