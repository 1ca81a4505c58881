/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Characters inside JSON strings; private to common/json*.c. */
#ifndef COMMONHOLD_JSON_TEXT_H
#define COMMONHOLD_JSON_TEXT_H

#include <stddef.h>

/* Bytes that the escape at `at` (a backslash before `end`) is written with, a surrogate pair as one: 2, 6 or 12. 0 if
 * it is none, or U+0000, and *detail says so in one sentence. */
size_t ch_json_escape_size(const char *at, const char *end, const char **detail);

/* One byte or one whole escape of a string that has been judged already, unescaped into `bytes`: its size, and in
 * *taken the bytes it was written with. */
size_t ch_json_unescape(const char *at, char bytes[4], size_t *taken);

#endif
