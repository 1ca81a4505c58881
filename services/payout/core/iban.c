/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IBAN lengths of the SEPA countries, check digits, and the calendar of TARGET. What a name may be written with is in
 * sepa_text.c. */
#include "iban.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/calendar.h"
#include "fields.h"
#include "invoice.h"

struct country {
    char code[3];
    int length;
    bool eea;
};

/* SEPA geographical scope (EPC409-09) with the lengths of the IBAN registry. */
static const struct country countries[] = {
    {"AD", 24, false}, {"AL", 28, false}, {"AT", 20, true},  {"BE", 16, true},  {"BG", 22, true},  {"CH", 21, false},
    {"CY", 28, true},  {"CZ", 24, true},  {"DE", 22, true},  {"DK", 18, true},  {"EE", 20, true},  {"ES", 24, true},
    {"FI", 18, true},  {"FR", 27, true},  {"GB", 22, false}, {"GI", 23, false}, {"GR", 27, true},  {"HR", 21, true},
    {"HU", 28, true},  {"IE", 22, true},  {"IS", 26, true},  {"IT", 27, true},  {"LI", 21, true},  {"LT", 20, true},
    {"LU", 20, true},  {"LV", 21, true},  {"MC", 27, false}, {"MD", 24, false}, {"ME", 22, false}, {"MK", 19, false},
    {"MT", 31, true},  {"NL", 18, true},  {"NO", 15, true},  {"PL", 28, true},  {"PT", 25, true},  {"RO", 24, true},
    {"RS", 22, false}, {"SE", 24, true},  {"SI", 19, true},  {"SK", 24, true},  {"SM", 27, false}, {"VA", 22, false},
};

static const struct country *find_country(const char *code)
{
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
        if (strncmp(countries[i].code, code, 2) == 0)
            return &countries[i];
    return NULL;
}

enum ch_iban_verdict ch_iban_check(const char *iban)
{
    char rotated[40];
    size_t length = strlen(iban);
    if (length < 5 || length > 34 || ch_mod97(iban, length) < 0 || iban[0] < 'A' || iban[1] < 'A' || iban[2] > '9' ||
        iban[3] > '9')
        return CH_IBAN_FORM;
    const struct country *country = find_country(iban);
    if (!country)
        return CH_IBAN_COUNTRY;
    if (length != (size_t)country->length)
        return CH_IBAN_LENGTH;
    memcpy(rotated, iban + 4, length - 4);
    memcpy(rotated + length - 4, iban, 4);
    return ch_mod97(rotated, length) == 1 ? CH_IBAN_OK : CH_IBAN_CHECK;
}

const char *ch_iban_verdict_text(enum ch_iban_verdict verdict)
{
    switch (verdict) {
    case CH_IBAN_OK:
        return "";
    case CH_IBAN_FORM:
        return "is not an IBAN in electronic form";
    case CH_IBAN_COUNTRY:
        return "is in a country outside SEPA";
    case CH_IBAN_LENGTH:
        return "has not the length of its country";
    case CH_IBAN_CHECK:
        return "has wrong check digits";
    }
    return "";
}

bool ch_bic_check(const char *bic)
{
    size_t length = strlen(bic);
    return (length == 8 || length == 11) && strspn(bic, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == length &&
           bic[4] >= 'A' && bic[5] >= 'A';
}

bool ch_country_in_eea(const char *code)
{
    const struct country *country = strlen(code) == 2 ? find_country(code) : NULL;
    return country && country->eea;
}

static int64_t number_of(const char *date)
{
    int year, month, day;
    ch_payout_split_date(date, &year, &month, &day);
    return ch_days_of_date(year, month, day);
}

int ch_weekday(const char *date)
{
    int64_t from_monday = (number_of(date) + 3) % 7; /* 1 January 1970 was a Thursday */
    return (int)(from_monday < 0 ? from_monday + 7 : from_monday) + 1;
}

long ch_days_between(const char *from, const char *to)
{
    return (long)(number_of(to) - number_of(from));
}

/* Easter Sunday by the anonymous Gregorian computus (Meeus, Jones, Butcher). */
static int64_t easter(int year)
{
    int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4;
    int g = (8 * b + 13) / 25, h = (19 * a + b - d - g + 15) % 30;
    int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    int n = h + l - 7 * m + 114;
    return ch_days_of_date(year, n / 31, n % 31 + 1);
}

bool ch_business_day(const char *date)
{
    static const char *const fixed[] = {"01-01", "05-01", "12-25", "12-26"};
    if (ch_weekday(date) > 5)
        return false;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(date + 5, fixed[i]) == 0)
            return false;
    int64_t from_easter = number_of(date) - easter((int)strtol(date, NULL, 10));
    return from_easter != -2 && from_easter != 1;
}
