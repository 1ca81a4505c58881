/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes as text: hexadecimal, base64 and base64url (RFC 4648, sections 8, 4 and 5), read strictly.
 *
 * Own code, because OpenSSL's decoder skips white space and does not look at stray bits, so that many texts would
 * stand for the same bytes. Crockford base32 is in id.c. */
#include "commonhold/crypto.h"

struct alphabet {
    char last[2]; /* the characters of the values 62 and 63 */
    bool padded;
};

static const struct alphabet STANDARD = {.last = "+/", .padded = true};
static const struct alphabet URL = {.last = "-_", .padded = false};

void ch_hex(const void *bytes, size_t size, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        *hex++ = digits[from[i] >> 4];
        *hex++ = digits[from[i] & 15];
    }
    *hex = '\0';
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ch_unhex(const char *hex, void *bytes, size_t size)
{
    uint8_t *to = bytes;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(hex[2 * i]);
        int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);
        if (low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return hex[2 * size] == '\0';
}

static char letter_of(const struct alphabet *alphabet, unsigned value)
{
    return value < 62 ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[value]
                      : alphabet->last[value - 62];
}

static int value_of(const struct alphabet *alphabet, char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    return letter == alphabet->last[0] ? 62 : letter == alphabet->last[1] ? 63 : -1;
}

static char *encode(struct ch_arena *arena, const struct alphabet *alphabet, const uint8_t *bytes, size_t size)
{
    char *text = ch_alloc(arena, size / 3 * 4 + 5), *out = text;
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6)
            *out++ = letter_of(alphabet, bits >> (held - 6) & 63);
    }
    if (held > 0)
        *out++ = letter_of(alphabet, bits << (6 - held) & 63);
    while (alphabet->padded && (out - text) % 4 != 0)
        *out++ = '=';
    return text;
}

/* Length without the padding; false when the padding is not exactly what the length asks for. */
static bool strip_padding(const struct alphabet *alphabet, const char *text, size_t *length)
{
    if (!alphabet->padded)
        return true;
    if (*length % 4 != 0)
        return false;
    for (int i = 0; i < 2 && *length > 0 && text[*length - 1] == '='; i++)
        --*length;
    return true;
}

static bool decode(const struct alphabet *alphabet, const char *text, size_t length, uint8_t *bytes, size_t max,
                   size_t *size)
{
    if (!strip_padding(alphabet, text, &length) || length % 4 == 1 || length / 4 * 3 + length % 4 * 3 / 4 > max)
        return false;
    unsigned bits = 0, held = 0;
    *size = 0;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(alphabet, text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (unsigned)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[(*size)++] = (uint8_t)(bits >> held);
        }
    }
    /* Bits that belong to no byte must be zero, or one value would have several texts. */
    return (bits & ((1U << held) - 1)) == 0;
}

char *ch_base64(struct ch_arena *arena, const void *bytes, size_t size)
{
    return encode(arena, &STANDARD, bytes, size);
}

bool ch_unbase64(const char *text, size_t length, uint8_t *bytes, size_t max, size_t *size)
{
    return decode(&STANDARD, text, length, bytes, max, size);
}

char *ch_base64url(struct ch_arena *arena, const void *bytes, size_t size)
{
    return encode(arena, &URL, bytes, size);
}

bool ch_unbase64url(const char *text, size_t length, uint8_t *bytes, size_t max, size_t *size)
{
    return decode(&URL, text, length, bytes, max, size);
}
