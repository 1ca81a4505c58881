/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A member statement on paper. */
#ifndef COMMONHOLD_PAYOUT_STATEMENT_PAGE_H
#define COMMONHOLD_PAYOUT_STATEMENT_PAGE_H

#include "html.h"

/* Answers with the page of a `member-statement/1`. */
struct ch_done *statement_page(struct ch_request *request, const json_t *statement);

#endif
