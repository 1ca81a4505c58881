/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SEPA character set, and how other Latin, Greek and Bulgarian letters are written with it, in the manner
 * of EPC217-08: docs/bank-files.md publishes this table. Names are changed only for the bank file; nothing stored is.
 */
#include "iban.h"

#include <stdint.h>
#include <string.h>

static const char umlauts[][3] = {"\xc3\x84", "\xc3\x96", "\xc3\x9c", "\xc3\xa4", "\xc3\xb6", "\xc3\xbc", "\xc3\x9f"};

struct letter {
    uint32_t code;
    const char *text;
};

/* Runs of neighbours that become the same text: first, last, text. */
struct run {
    uint32_t first, last;
    const char *text;
};

static const struct run runs[] = {
    {0x21, 0x21, "."},     {0x22, 0x22, "."},  {0x23, 0x25, "."},     {0x26, 0x26, "+"},     {0x2a, 0x2a, "."},
    {0x3b, 0x3b, ","},     {0x3c, 0x3e, "."},  {0x40, 0x40, "."},     {0x5b, 0x5b, "("},     {0x5c, 0x5c, "/"},
    {0x5d, 0x5d, ")"},     {0x5e, 0x5e, "."},  {0x5f, 0x5f, "-"},     {0x60, 0x60, "'"},     {0x7b, 0x7b, "("},
    {0x7c, 0x7c, "/"},     {0x7d, 0x7d, ")"},  {0x7e, 0x7e, "-"},     {0xa0, 0xa0, " "},     {0xb4, 0xb4, "'"},
    {0xb7, 0xb7, "."},     {0xc0, 0xc5, "A"},  {0xc6, 0xc6, "A"},     {0xc7, 0xc7, "C"},     {0xc8, 0xcb, "E"},
    {0xcc, 0xcf, "I"},     {0xd0, 0xd0, "D"},  {0xd1, 0xd1, "N"},     {0xd2, 0xd6, "O"},     {0xd8, 0xd8, "O"},
    {0xd9, 0xdc, "U"},     {0xdd, 0xdd, "Y"},  {0xde, 0xde, "T"},     {0xdf, 0xdf, "s"},     {0xe0, 0xe5, "a"},
    {0xe6, 0xe6, "a"},     {0xe7, 0xe7, "c"},  {0xe8, 0xeb, "e"},     {0xec, 0xef, "i"},     {0xf0, 0xf0, "d"},
    {0xf1, 0xf1, "n"},     {0xf2, 0xf6, "o"},  {0xf8, 0xf8, "o"},     {0xf9, 0xfc, "u"},     {0xfd, 0xfd, "y"},
    {0xfe, 0xfe, "t"},     {0xff, 0xff, "y"},  {0x2018, 0x201b, "'"}, {0x201c, 0x201f, "'"}, {0x2010, 0x2015, "-"},
    {0x20ac, 0x20ac, "E"}, {0x300, 0x36f, ""}, /* marks that some systems write behind their letter */
};

/* U+0100 to U+017F: one base letter each. */
static const char extended[] =
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRr"
    "RrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/* Greek and Bulgarian letters, which SEPA countries write with. */
static const struct letter letters[] = {
    {0x218, "S"},  {0x219, "s"},  {0x21a, "T"},   {0x21b, "t"},  {0x386, "A"},   {0x388, "E"},  {0x389, "I"},
    {0x38a, "I"},  {0x38c, "O"},  {0x38e, "Y"},   {0x38f, "O"},  {0x390, "i"},   {0x391, "A"},  {0x392, "V"},
    {0x393, "G"},  {0x394, "D"},  {0x395, "E"},   {0x396, "Z"},  {0x397, "I"},   {0x398, "TH"}, {0x399, "I"},
    {0x39a, "K"},  {0x39b, "L"},  {0x39c, "M"},   {0x39d, "N"},  {0x39e, "X"},   {0x39f, "O"},  {0x3a0, "P"},
    {0x3a1, "R"},  {0x3a3, "S"},  {0x3a4, "T"},   {0x3a5, "Y"},  {0x3a6, "F"},   {0x3a7, "CH"}, {0x3a8, "PS"},
    {0x3a9, "O"},  {0x3ac, "a"},  {0x3ad, "e"},   {0x3ae, "i"},  {0x3af, "i"},   {0x3b1, "a"},  {0x3b2, "v"},
    {0x3b3, "g"},  {0x3b4, "d"},  {0x3b5, "e"},   {0x3b6, "z"},  {0x3b7, "i"},   {0x3b8, "th"}, {0x3b9, "i"},
    {0x3ba, "k"},  {0x3bb, "l"},  {0x3bc, "m"},   {0x3bd, "n"},  {0x3be, "x"},   {0x3bf, "o"},  {0x3c0, "p"},
    {0x3c1, "r"},  {0x3c2, "s"},  {0x3c3, "s"},   {0x3c4, "t"},  {0x3c5, "y"},   {0x3c6, "f"},  {0x3c7, "ch"},
    {0x3c8, "ps"}, {0x3c9, "o"},  {0x3cc, "o"},   {0x3cd, "y"},  {0x3ce, "o"},   {0x410, "A"},  {0x411, "B"},
    {0x412, "V"},  {0x413, "G"},  {0x414, "D"},   {0x415, "E"},  {0x416, "ZH"},  {0x417, "Z"},  {0x418, "I"},
    {0x419, "Y"},  {0x41a, "K"},  {0x41b, "L"},   {0x41c, "M"},  {0x41d, "N"},   {0x41e, "O"},  {0x41f, "P"},
    {0x420, "R"},  {0x421, "S"},  {0x422, "T"},   {0x423, "U"},  {0x424, "F"},   {0x425, "H"},  {0x426, "TS"},
    {0x427, "CH"}, {0x428, "SH"}, {0x429, "SHT"}, {0x42a, "A"},  {0x42c, "Y"},   {0x42e, "YU"}, {0x42f, "YA"},
    {0x430, "a"},  {0x431, "b"},  {0x432, "v"},   {0x433, "g"},  {0x434, "d"},   {0x435, "e"},  {0x436, "zh"},
    {0x437, "z"},  {0x438, "i"},  {0x439, "y"},   {0x43a, "k"},  {0x43b, "l"},   {0x43c, "m"},  {0x43d, "n"},
    {0x43e, "o"},  {0x43f, "p"},  {0x440, "r"},   {0x441, "s"},  {0x442, "t"},   {0x443, "u"},  {0x444, "f"},
    {0x445, "h"},  {0x446, "ts"}, {0x447, "ch"},  {0x448, "sh"}, {0x449, "sht"}, {0x44a, "a"},  {0x44c, "y"},
    {0x44e, "yu"}, {0x44f, "ya"},
};

static bool in_set(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("/-?:().,'+ ", c));
}

static bool is_umlaut(const char *at)
{
    for (size_t i = 0; i < sizeof umlauts / sizeof *umlauts; i++)
        if (strncmp(at, umlauts[i], 2) == 0)
            return true;
    return false;
}

bool ch_sepa_text_or_umlauts(const char *text, bool keep_umlauts)
{
    for (; *text; text++) {
        if (in_set(*text))
            continue;
        if (!keep_umlauts || !is_umlaut(text))
            return false;
        text++;
    }
    return true;
}

bool ch_sepa_text(const char *text)
{
    return ch_sepa_text_or_umlauts(text, false);
}

bool ch_sepa_id(const char *text)
{
    size_t length = strlen(text);
    return length >= 1 && length <= 35 && ch_sepa_text(text) && text[0] != '/' && text[length - 1] != '/' &&
           text[0] != ' ' && text[length - 1] != ' ' && !strstr(text, "//");
}

/* The next code point, 0xfffd for broken UTF-8. */
static uint32_t next_code(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    int more = at[0] < 0x80 ? 0 : at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : at[0] >= 0xc2 ? 1 : -1;
    uint32_t code = more == 0 ? at[0] : at[0] & (0x3fu >> (more > 0 ? more : 0));
    (*text)++;
    if (more < 0 || at[0] > 0xf4)
        return 0xfffd;
    for (int i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0xfffd;
        code = code << 6 | (at[i] & 0x3fu);
        (*text)++;
    }
    return code;
}

static const char *write_as(uint32_t code, char one[2])
{
    if (code < 0x80 && in_set((char)code)) {
        one[0] = (char)code;
        return one;
    }
    if (code >= 0x100 && code < 0x100 + sizeof extended - 1) {
        one[0] = extended[code - 0x100];
        return one;
    }
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        if (code >= runs[i].first && code <= runs[i].last)
            return runs[i].text;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].code == code)
            return letters[i].text;
    return NULL;
}

char *ch_sepa_transliterate(struct ch_arena *arena, const char *text, bool keep_umlauts)
{
    char *out = ch_alloc(arena, 3 * strlen(text) + 1);
    char *to = out;
    while (*text) {
        char one[3] = "";
        const char *piece = one;
        if (keep_umlauts && is_umlaut(text)) {
            memcpy(one, text, 2);
            text += 2;
        } else {
            piece = write_as(next_code(&text), one);
        }
        if (!piece)
            return NULL;
        size_t length = strlen(piece);
        memcpy(to, piece, length);
        to += length;
    }
    *to = 0;
    return out;
}
