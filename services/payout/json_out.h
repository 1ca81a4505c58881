/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* JSON written as it comes, for documents of many small objects out of foreign texts. */
#ifndef COMMONHOLD_PAYOUT_JSON_OUT_H
#define COMMONHOLD_PAYOUT_JSON_OUT_H

#include "core/out.h"

/* A quoted string of UTF-8. */
void json_out_text(struct ch_out *out, const char *text);
/* ,"name":"text" unless the text is NULL or empty. */
void json_out_member(struct ch_out *out, const char *name, const char *text);
/* ,"name":value */
void json_out_integer(struct ch_out *out, const char *name, int64_t value);

#endif
