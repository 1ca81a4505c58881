/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A consent receipt for paper. */
#ifndef LICENSING_RECEIPT_PAGE_H
#define LICENSING_RECEIPT_PAGE_H

#include "licensing.h"

/* Answers with the record and its signature as a page of HTML or as plain text. */
struct ch_done *receipt_page(struct ch_request *request, const json_t *record, const char *jws, bool html);

#endif
