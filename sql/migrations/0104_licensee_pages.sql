-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the licensee's pages ask for: invoices are listed by grant too, so that the older function of that name goes.
SET LOCAL ROLE ch_payout_owner;

DROP FUNCTION IF EXISTS payout.list_invoices(uuid, uuid, integer, uuid);
CREATE INDEX invoice_grant ON payout.invoice (grant_id, id) WHERE grant_id IS NOT NULL;
RESET ROLE;
