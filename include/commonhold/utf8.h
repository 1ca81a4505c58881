/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* UTF-8 (RFC 3629): valid or not, how long, and cut at a code point. */
#ifndef COMMONHOLD_UTF8_H
#define COMMONHOLD_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed sequence that begins the text (1 for NUL); 0 if there is none. */
size_t ch_utf8_size(const char *text, size_t length);
/* Well-formed, without U+0000 (PostgreSQL text cannot hold it). Fast on ASCII. */
bool ch_utf8_valid(const char *text, size_t length);
/* Code points of valid text. */
size_t ch_utf8_count(const char *text, size_t length);
/* Bytes of the first `points` code points of valid text (all of it when it has fewer). */
size_t ch_utf8_prefix(const char *text, size_t length, size_t points);
/* Copies at most `points` code points, each byte that is no UTF-8 and each control character as '?', with a NUL.
 * `out` has room for 4 * points + 1 bytes. */
void ch_utf8_show(const char *text, size_t length, size_t points, char *out);

#endif
