-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The key of postings ends with the month instead of beginning with it. Before, a booking's own checks, which ask for the postings of a month and a transaction, could go by
-- this key over all postings of the month until there were figures for the planner: each booking took longer than the one before. A member's lines lie together as before,
-- since a partition has one month. The key of a large journal is made anew here: a minute for about thirty million postings.
SET LOCAL ROLE ch_payout_owner;

ALTER TABLE payout.posting DROP CONSTRAINT posting_pkey;
ALTER TABLE payout.posting ADD PRIMARY KEY (owner_id, txn_id, line, month);

RESET ROLE;
