/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a payer's words say of the invoices meant. */
#ifndef COMMONHOLD_PAYOUT_REMITTANCE_H
#define COMMONHOLD_PAYOUT_REMITTANCE_H

#include <stdbool.h>

enum { CH_INVOICE_NUMBER_ROOM = 18 }; /* year, dash, 12 digits, NUL */

/* The next invoice number in *text, as YYYY-NNNNNN with 6 to 12 digits behind the dash, whether the series INV- stands
 * in front or not; *text moves behind it. False when there is none. A number inside a longer word or number is none. */
bool ch_remittance_number(const char **text, char number[CH_INVOICE_NUMBER_ROOM]);

#endif
