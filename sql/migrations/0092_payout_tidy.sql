-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Functions whose parameters changed.
SET LOCAL ROLE ch_payout_owner;

DROP FUNCTION IF EXISTS payout.book_receipt(integer, uuid, uuid, uuid, timestamptz, text, bigint, jsonb);

RESET ROLE;
