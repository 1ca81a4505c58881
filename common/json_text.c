/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The characters of JSON strings as they are written: UTF-8 and backslash escapes, judged and read. What may stand
 * around a string is json_scan.c's affair. */
#include <stdbool.h>
#include <string.h>

#include "json_text.h"

/* Four hexadecimal digits that are known to be there. */
static unsigned hex4(const char *digits)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)digits[i];
        value = value * 16 + (c <= '9' ? c - (unsigned)'0' : (c | 0x20U) - 'a' + 10U);
    }
    return value;
}

static size_t utf8_encode(unsigned code, char bytes[4])
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    bytes[0] = (char)((size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0) | code);
    return size;
}

size_t ch_json_unescape(const char *at, char bytes[4], size_t *taken)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    *taken = 1;
    bytes[0] = *at;
    if (*at != '\\')
        return 1;
    *taken = 2;
    const char *named = strchr(from, at[1]);
    bytes[0] = named ? to[named - from] : at[1];
    if (at[1] != 'u')
        return 1;
    *taken = 6;
    unsigned code = hex4(at + 2);
    if (code >= 0xD800 && code < 0xDC00) {
        *taken = 12;
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4(at + 8) - 0xDC00);
    }
    return utf8_encode(code, bytes);
}

static bool is_hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++)
        if (!strchr("0123456789abcdefABCDEF", at[i]) || at[i] == '\0')
            return false;
    return true;
}

/* A \u escape at `at`: the bytes it is written with; 0 and the reason in *detail if it is not one. */
static size_t unicode_escape_size(const char *at, const char *end, const char **detail)
{
    *detail = "A \\u escape needs four hexadecimal digits.";
    if (!is_hex4(at + 2, end))
        return 0;
    unsigned code = hex4(at + 2);
    *detail = "The character U+0000 is not accepted.";
    if (code == 0)
        return 0;
    if (code < 0xD800 || code > 0xDFFF)
        return 6;
    *detail = "A \\u escape names half of a surrogate pair.";
    if (code > 0xDBFF || end - at < 12 || at[6] != '\\' || at[7] != 'u' || !is_hex4(at + 8, end))
        return 0;
    unsigned low = hex4(at + 8);
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

size_t ch_json_escape_size(const char *at, const char *end, const char **detail)
{
    *detail = "The text ends too early.";
    if (end - at < 2)
        return 0;
    if (at[1] == 'u')
        return unicode_escape_size(at, end, detail);
    *detail = "This escape does not exist in JSON.";
    return at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
}
