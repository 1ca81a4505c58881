/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an invoice computes: VAT by group and by line, monthly slices, the creditor reference, and how a partial
 * receipt spreads (payout.md sections 4 and 5). Amounts are minor units, 0 to 2^53 - 1. */
#ifndef COMMONHOLD_PAYOUT_INVOICE_H
#define COMMONHOLD_PAYOUT_INVOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

enum ch_vat_category { CH_VAT_S, CH_VAT_Z, CH_VAT_E, CH_VAT_AE, CH_VAT_O };
/* "S", "Z", "E", "AE", "O". */
extern const char *const ch_vat_categories[]; /* ended by NULL */

struct ch_invoice_line {
    int64_t net;
    enum ch_vat_category category;
    int64_t vat_ppm; /* 0 to 1,000,000; 0 unless the category is S */
    int64_t vat;     /* made */
};

struct ch_invoice_vat {
    enum ch_vat_category category;
    int64_t vat_ppm, base, tax;
};

struct ch_invoice_sums {
    struct ch_invoice_vat *groups; /* by category, then rate */
    size_t group_count;
    int64_t net, vat, gross;
};

/* Groups the lines, taxes each group once on the sum of nets, half up, and spreads that tax over the group's lines
 * by largest remainder (ties: lower line). False: a rate without category S or out of range, a negative net, or a
 * sum over 2^53 - 1. */
bool ch_invoice_vat(struct ch_arena *arena, struct ch_invoice_line *lines, size_t count, struct ch_invoice_sums *sums);

struct ch_invoice_slice {
    int year, month;
    int64_t days, net;
};

/* Cuts `net` into one slice for each calendar month of the service period, first and last day inclusive
 * (YYYY-MM-DD), by largest remainder over days, ties to the earlier month. NULL when the dates do not exist, are the
 * wrong way round or span over 1,200 months. */
struct ch_invoice_slice *ch_invoice_slices(struct ch_arena *arena, int64_t net, const char *first_day,
                                           const char *last_day, size_t *count);

/* Spreads a receipt over what is open: the slices in their order, VAT last, by largest remainder over the open
 * amounts, ties to the earlier. False when it is negative or more than the sum of what is open. */
bool ch_invoice_spread(struct ch_arena *arena, int64_t receipt, const int64_t *open, size_t count, int64_t *share);

/* ISO 11649: RF, two check digits, then 1 to 21 of A-Z and 0-9. Makes it of a reference's letters and digits
 * (others are left out, lower case becomes upper). `reference` takes 26 bytes. False when nothing or too much is left.
 */
bool ch_reference_make(const char *text, char reference[26]);
/* True for a right one, in electronic or print form (spaces between) and either case. `plain`, if not NULL, gets the
 * electronic form. */
bool ch_reference_check(const char *text, char plain[26]);

/* The remainder of a text of A-Z and 0-9 by 97, letters counting 10 to 35 (ISO 7064, MOD 97-10): of the rotated
 * reference or IBAN it is 1 when right. -1 for any other character. */
int ch_mod97(const char *text, size_t length);

#endif
