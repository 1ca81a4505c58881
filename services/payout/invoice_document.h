/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The document of a draft invoice: VAT and monthly slices worked out, ready for payout.draft_invoice. */
#ifndef COMMONHOLD_PAYOUT_INVOICE_DOCUMENT_H
#define COMMONHOLD_PAYOUT_INVOICE_DOCUMENT_H

#include "settings.h"

/* `head`: licensee, grant_id?, service_month?, currency, due_days?, buyer, seller_name. `lines`: text, net, pool,
 * pool_id, first, last (days), and as wanted charge, class, units, usage_sha256, vat_category with vat_ppm (else the
 * buyer's country decides). Canonical JSON in the arena; NULL with one sentence in *error when a figure or date is not
 * right. */
char *invoice_document(struct ch_arena *arena, const struct payout_settings *settings, const json_t *head,
                       const json_t *lines, const char **error);

#endif
