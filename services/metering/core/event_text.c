/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts in an event's attributes: Unicode strings as CloudEvents limits them, URI references, UUIDs. */
#include <endian.h>
#include <string.h>

#include "commonhold/utf8.h"
#include "event_parts.h"

/* Eight bytes of printable ASCII. */
static bool plain_eight(const char *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t below = (word - ones * 0x20) & ~word; /* a byte under 0x20 */
    uint64_t del = word ^ ones * 0x7f;
    return ((word | below | ((del - ones) & ~del)) & high) == 0;
}

static uint32_t code_point(const unsigned char *bytes, size_t size)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = bytes[0] & lead[size];
    for (size_t i = 1; i < size; i++)
        point = point << 6 | (bytes[i] & 0x3f);
    return point;
}

static bool character_good(uint32_t point)
{
    bool control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
    bool none = (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
    return !control && !none;
}

ptrdiff_t event_text_count(const char *text, size_t size)
{
    ptrdiff_t count = 0;
    for (size_t i = 0; i < size; count++) {
        if (size - i >= 8 && plain_eight(text + i)) {
            i += 8;
            count += 7;
            continue;
        }
        size_t step = ch_utf8_size(text + i, size - i);
        if (step == 0 || !character_good(code_point((const unsigned char *)text + i, step)))
            return -1;
        i += step;
    }
    return count;
}

/* What a byte may be in a URI reference: 1 anywhere, 2 in a scheme (behind its first letter) as well; 4: no scheme
 * stands behind it. */
static const uint8_t uri_bytes[256] = {
    ['A' ... 'Z'] = 3, ['a' ... 'z'] = 3, ['0' ... '9'] = 3, ['+'] = 3, ['-'] = 3,  ['.'] = 3, ['_'] = 1,
    ['~'] = 1,         ['!'] = 1,         ['$'] = 1,         ['&'] = 1, ['\''] = 1, ['('] = 1, [')'] = 1,
    ['*'] = 1,         [','] = 1,         [';'] = 1,         ['='] = 1, [':'] = 1,  ['@'] = 1, ['/'] = 5,
    ['?'] = 5,         ['#'] = 5,         ['%'] = 1,         ['['] = 1, [']'] = 1};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

int event_hex4(const char *text)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Bytes of "scheme:" in front; 0: there is none; -1: a colon stands where only a scheme's may. */
static int scheme_size(const char *text, size_t size)
{
    bool scheme = size > 0 && (uri_bytes[(unsigned char)text[0]] & 2) && !strchr("0123456789+-.", text[0]);
    for (size_t i = 0; i < size && !(uri_bytes[(unsigned char)text[i]] & 4); i++) {
        if (text[i] == ':')
            return scheme ? (int)i + 1 : -1;
        scheme = scheme && uri_bytes[(unsigned char)text[i]] & 2;
    }
    return 0;
}

/* Brackets belong to an IP literal, right behind "//" or the user's "@". */
static bool bracket_good(const char *text, size_t at, size_t authority)
{
    if (text[at] == '[')
        return authority > 0 && (at == authority || (at > authority && text[at - 1] == '@'));
    const char *open = authority > 0 ? memchr(text + authority, '[', at - authority) : NULL;
    return open && !memchr(open, ']', (size_t)(text + at - open)) && !memchr(open, '/', (size_t)(text + at - open));
}

bool event_uri_good(const char *text, size_t size, bool absolute)
{
    int scheme = scheme_size(text, size);
    size_t start = scheme > 0 ? (size_t)scheme : 0;
    size_t authority = size >= start + 2 && text[start] == '/' && text[start + 1] == '/' ? start + 2 : 0;
    bool fragment = false;
    if (scheme < 0 || (absolute && scheme == 0))
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!uri_bytes[(unsigned char)text[i]])
            return false;
        if (text[i] == '%' && (size - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0))
            return false;
        if ((text[i] == '[' || text[i] == ']') && !bracket_good(text, i, authority))
            return false;
        if (text[i] == '#' && fragment)
            return false;
        fragment = fragment || text[i] == '#';
    }
    return size > 0;
}

/* Eight hexadecimal digits at once: four bytes to `bytes`. False where one is none, or is upper case and may not be. */
static bool read_hex8(const char *text, bool any_case, uint8_t *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, text, sizeof word);
    word = le64toh(word);
    uint64_t letter = word >> 6 & ones, low = word & ones * 0x0f;
    if (any_case)
        word |= letter << 5;
    uint64_t bad = (word & ones * 0xf0) ^ (ones * 0x30 + letter * 0x30); /* 0x3n and 0x6n */
    bad |= (low + ones * 0x76 + letter * 3) & ones * 0x80;               /* n over 9, over 6 */
    bad |= letter << 7 & ~(low + ones * 0x7f);                           /* n under 1 */
    low += letter * 9;
    low = low << 4 | low >> 8;
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(low >> 16 * i);
    return bad == 0;
}

bool event_uuid_read(const char *text, size_t size, bool any_case, uint8_t bytes[16])
{
    char digits[32];
    bool good = true;
    if (size != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return false;
    memcpy(digits, text, 8);
    memcpy(digits + 8, text + 9, 4);
    memcpy(digits + 12, text + 14, 4);
    memcpy(digits + 16, text + 19, 4);
    memcpy(digits + 20, text + 24, 12);
    for (int i = 0; i < 4; i++)
        good = read_hex8(digits + 8 * i, any_case, bytes + 4 * i) && good;
    return good;
}
