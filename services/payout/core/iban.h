/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Account numbers, and the characters banks take. */
#ifndef COMMONHOLD_PAYOUT_IBAN_H
#define COMMONHOLD_PAYOUT_IBAN_H

#include <stdbool.h>
#include <stddef.h>

#include "commonhold/arena.h"

enum ch_iban_verdict { CH_IBAN_OK, CH_IBAN_FORM, CH_IBAN_COUNTRY, CH_IBAN_LENGTH, CH_IBAN_CHECK };

/* Electronic form only (no spaces, upper case). FORM: not letters and digits; COUNTRY: not in SEPA; LENGTH: not the
 * country's; CHECK: check digits (ISO 13616, MOD 97-10). */
enum ch_iban_verdict ch_iban_check(const char *iban);
/* One sentence for people; "" for OK. */
const char *ch_iban_verdict_text(enum ch_iban_verdict verdict);
/* True for a BIC of 8 or 11 characters (ISO 9362). */
bool ch_bic_check(const char *bic);
/* True when the two letters are a country of the EEA. */
bool ch_country_in_eea(const char *country);

/* True when the text consists of the SEPA set: a-z A-Z 0-9 / - ? : ( ) . , ' + and space. */
bool ch_sepa_text(const char *text);
/* UTF-8 to the SEPA set by the table of sepa_text.c (in the manner of EPC217-08): letters become their base letters,
 * marks a dot or the nearest sign. `keep_umlauts` leaves the German umlauts and sharp s. NULL when a character has no
 * row: control characters, other scripts, broken UTF-8. */
char *ch_sepa_transliterate(struct ch_arena *arena, const char *text, bool keep_umlauts);
/* The SEPA set, or with `keep_umlauts` also the German umlauts and sharp s. */
bool ch_sepa_text_or_umlauts(const char *text, bool keep_umlauts);
/* For ids: SEPA set, 1 to 35 characters, neither leading nor trailing slash, nor two in a row, nor spaces around. */
bool ch_sepa_id(const char *text);

/* 1 to 7, Monday to Sunday, of a date that exists (YYYY-MM-DD). */
int ch_weekday(const char *date);
/* False on weekends and on the TARGET closing days: 1 January, Good Friday, Easter Monday, 1 May, 25 and
 * 26 December. The date must exist. */
bool ch_business_day(const char *date);
/* Days from `from` to `to`; both must exist. */
long ch_days_between(const char *from, const char *to);

#endif
