/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines of the texts of a transparency log. */
#ifndef COMMON_TLOG_TEXT_H
#define COMMON_TLOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left of a text. */
struct tlog_text {
    const char *at, *end;
};

struct tlog_line {
    const char *text;
    size_t length; /* without the LF */
};

/* The next line; false where none ends with LF any more. */
bool tlog_line_next(struct tlog_text *text, struct tlog_line *line);
bool tlog_line_is(const struct tlog_line *line, const char *text);
/* Takes the word in front off; false when it does not begin the line. */
bool tlog_line_skip(struct tlog_line *line, const char *word);
/* All of the line: a decimal without leading zeros, at most 2^63 - 1. */
bool tlog_line_number(const struct tlog_line *line, uint64_t *value);
/* All of the line: a hash in base64. */
bool tlog_line_hash(const struct tlog_line *line, uint8_t hash[32]);
/* A key name: not empty, under CH_TLOG_NAME bytes of UTF-8, no blank of any script, no plus, no control character. */
bool tlog_is_name(const char *text, size_t length);
/* A note's bytes: UTF-8 without control characters but LF. */
bool tlog_is_note(const char *text, size_t length);

#endif
