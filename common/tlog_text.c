/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines, numbers, hashes and names as the texts of transparency logs have them (C2SP signed-note). */
#include "tlog_text.h"

#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/tlog.h"
#include "commonhold/utf8.h"

bool tlog_line_next(struct tlog_text *text, struct tlog_line *line)
{
    const char *end = memchr(text->at, '\n', (size_t)(text->end - text->at));
    if (!end)
        return false;
    line->text = text->at;
    line->length = (size_t)(end - text->at);
    text->at = end + 1;
    return true;
}

bool tlog_line_is(const struct tlog_line *line, const char *text)
{
    return line->length == strlen(text) && memcmp(line->text, text, line->length) == 0;
}

bool tlog_line_skip(struct tlog_line *line, const char *word)
{
    size_t length = strlen(word);
    if (line->length < length || memcmp(line->text, word, length) != 0)
        return false;
    line->text += length;
    line->length -= length;
    return true;
}

bool tlog_line_number(const struct tlog_line *line, uint64_t *value)
{
    *value = 0;
    if (line->length == 0 || line->length > 19 || (line->text[0] == '0' && line->length > 1))
        return false;
    for (size_t i = 0; i < line->length; i++) {
        if (line->text[i] < '0' || line->text[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(line->text[i] - '0');
    }
    return *value <= INT64_MAX;
}

bool tlog_line_hash(const struct tlog_line *line, uint8_t hash[32])
{
    size_t size;
    return ch_unbase64(line->text, line->length, hash, 32, &size) && size == 32;
}

/* Blanks beyond ASCII: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000. */
static bool is_blank(const char *text, size_t size)
{
    const unsigned char *c = (const unsigned char *)text;
    if (size == 1)
        return c[0] <= ' ' || c[0] == 0x7f;
    if (size == 2)
        return c[0] == 0xc2 && (c[1] == 0x85 || c[1] == 0xa0);
    if (size != 3)
        return false;
    unsigned point = (c[0] & 0xfU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU);
    return point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 ||
           point == 0x202f || point == 0x205f || point == 0x3000;
}

bool tlog_is_name(const char *text, size_t length)
{
    if (length == 0 || length >= CH_TLOG_NAME)
        return false;
    for (size_t size; length > 0; text += size, length -= size) {
        size = ch_utf8_size(text, length);
        if (size == 0 || *text == '+' || is_blank(text, size))
            return false;
    }
    return true;
}

bool tlog_is_note(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n')
            return false;
    return ch_utf8_valid(text, length);
}
