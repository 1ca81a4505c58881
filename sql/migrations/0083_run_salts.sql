-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Salts of a run's lines in blocks: a row for each was as much work as the lines.
-- needs: functions/payout/refuse_salt_change.sql
SET LOCAL ROLE ch_payout_owner;

ALTER TABLE payout.run_salt RENAME TO run_salt_single;
ALTER TABLE payout.run_salt_single RENAME CONSTRAINT run_salt_pkey TO run_salt_single_pkey;
CREATE TABLE payout.run_salt (
    run uuid NOT NULL,
    block bigint NOT NULL CHECK (block >= 0),
    salts bytea NOT NULL CHECK (pg_catalog.octet_length(salts) BETWEEN 32 AND 1024 AND pg_catalog.octet_length(salts) % 32 = 0),
    PRIMARY KEY (run, block)
);
ALTER TABLE payout.run_salt ALTER COLUMN salts SET STORAGE PLAIN;
COMMENT ON TABLE payout.run_salt IS 'apart from the lines, because overwriting a salt with zeros is the erasure';
COMMENT ON COLUMN payout.run_salt.block IS 'lines from index 32 * block on';
COMMENT ON COLUMN payout.run_salt.salts IS '32 bytes a line';
INSERT INTO payout.run_salt (run, block, salts)
SELECT l.run, l.index / 32, pg_catalog.string_agg(COALESCE(s.salt, pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')), '' ORDER BY l.index)
FROM payout.run_line AS l LEFT JOIN payout.run_salt_single AS s USING (run, member_id) GROUP BY l.run, l.index / 32;
DROP TABLE payout.run_salt_single;
CREATE TRIGGER kept_or_erased BEFORE UPDATE OR DELETE ON payout.run_salt FOR EACH ROW EXECUTE FUNCTION payout.refuse_salt_change();
ALTER TABLE payout.run_salt ENABLE ALWAYS TRIGGER kept_or_erased;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.run_salt FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.run_salt ENABLE ALWAYS TRIGGER no_truncate;

-- A distribution moves the balance of every member once: each page has room for a second version of all its rows, so that no index follows.
ALTER TABLE payout.balance SET (fillfactor = 45);

-- Where the payables of a run's members are, in the order of its lines.
CREATE INDEX account_payable ON payout.account (owner_id, account_id) WHERE path LIKE 'Liabilities:Member:%:Payable';

RESET ROLE;
