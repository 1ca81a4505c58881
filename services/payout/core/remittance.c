/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finds invoice numbers by their shape alone: whether there is such an invoice, and what is open of it, the database
 * knows. */
#include "remittance.h"

#include <string.h>

#define YEAR_DIGITS   4
#define NUMBER_DIGITS 6
#define NUMBER_LONG   12

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes over 127 belong to letters of other scripts. */
static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c > 127;
}

static size_t digits(const char *text)
{
    size_t n = 0;
    while (is_digit(text[n]))
        n++;
    return n;
}

/* Length of a number that begins here, 0 when none does. */
static size_t number_at(const char *text)
{
    if (text[0] != '2' || digits(text) != YEAR_DIGITS || text[YEAR_DIGITS] != '-')
        return 0;
    size_t n = digits(text + YEAR_DIGITS + 1);
    size_t length = YEAR_DIGITS + 1 + n;
    return n >= NUMBER_DIGITS && n <= NUMBER_LONG && !is_word(text[length]) ? length : 0;
}

bool ch_remittance_number(const char **text, char number[CH_INVOICE_NUMBER_ROOM])
{
    bool inside = false; /* a word that began before */
    for (const char *at = *text; *at; at++) {
        if (!inside && strncmp(at, "INV-", 4) == 0)
            at += 4;
        size_t length = inside ? 0 : number_at(at);
        if (length > 0) {
            memcpy(number, at, length);
            number[length] = '\0';
            *text = at + length;
            return true;
        }
        inside = is_word(*at);
        if (!*at)
            break;
    }
    return false;
}
