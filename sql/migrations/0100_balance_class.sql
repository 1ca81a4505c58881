-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a trial balance sums members' accounts by stands beside their balances: a million paths are not read for it.
-- needs: functions/payout/account_class.sql
SET LOCAL ROLE ch_payout_owner;

ALTER TABLE payout.balance ADD COLUMN class text;
UPDATE payout.balance AS b SET class = payout.account_class(a.owner_id, a.path) FROM payout.account AS a
WHERE a.owner_id = b.owner_id AND a.account_id = b.account_id AND a.owner_id <> '00000000-0000-0000-0000-000000000000';
ALTER TABLE payout.balance ADD CONSTRAINT balance_class CHECK ((class IS NULL) = (owner_id = '00000000-0000-0000-0000-000000000000'));
COMMENT ON COLUMN payout.balance.class IS 'of a member''s account: what follows the member in its path (payout.account_class)';

RESET ROLE;
