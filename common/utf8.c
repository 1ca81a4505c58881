/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* UTF-8 checks. Eight bytes at a time while the text is ASCII, which almost all data is. */
#include "commonhold/utf8.h"

#include <stdint.h>
#include <string.h>

size_t ch_utf8_size(const char *text, size_t length)
{
    const unsigned char *b = (const unsigned char *)text;
    if (length == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    size_t size = b[0] >= 0xc2 && b[0] < 0xe0   ? 2
                  : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
                  : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                                : 0;
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] >= 0xa0)) /* overlong; surrogate */
        return 0;
    if ((b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] >= 0x90)) /* overlong; beyond U+10FFFF */
        return 0;
    return size;
}

/* True when the eight bytes are ASCII and none is NUL. */
static bool plain_eight(const char *text)
{
    uint64_t word;
    memcpy(&word, text, 8);
    uint64_t zeros = (word - UINT64_C(0x0101010101010101)) & ~word;
    return ((word | zeros) & UINT64_C(0x8080808080808080)) == 0;
}

bool ch_utf8_valid(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length) {
        if (length - i >= 8 && plain_eight(text + i)) {
            i += 8;
            continue;
        }
        size_t size = ch_utf8_size(text + i, length - i);
        if (size == 0 || text[i] == '\0')
            return false;
        i += size;
    }
    return true;
}

size_t ch_utf8_count(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

size_t ch_utf8_prefix(const char *text, size_t length, size_t points)
{
    size_t i = 0;
    for (; i < length; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && points-- == 0)
            break;
    return i;
}

void ch_utf8_show(const char *text, size_t length, size_t points, char *out)
{
    for (size_t i = 0; i < length && points > 0; points--) {
        size_t size = ch_utf8_size(text + i, length - i);
        bool control = (unsigned char)text[i] < 0x20 || text[i] == 0x7f;
        if (size == 0 || control)
            *out++ = '?';
        else
            out = (char *)memcpy(out, text + i, size) + size;
        i += size ? size : 1;
    }
    *out = '\0';
}
