-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Quotas of every meter, and what the public is told of usage.
SET LOCAL ROLE ch_licensing_owner;
CREATE VIEW licensing.cohort_overview AS
    SELECT g.id AS grant_id, g.pool_id, g.min_cohort FROM licensing.data_grant AS g;
COMMENT ON VIEW licensing.cohort_overview IS 'the k of each grant, as the terms it was made under say it';
RESET ROLE;

SET LOCAL ROLE ch_metering_owner;

-- ---- quotas ----

ALTER TABLE metering.quota ADD COLUMN excess bigint NOT NULL DEFAULT 0 CHECK (excess >= 0), ADD CONSTRAINT quota_full CHECK (excess = 0 OR taken = most);
COMMENT ON COLUMN metering.quota.excess IS 'what other data planes reported beyond the limit: it had happened, so it is refused to nobody, and shown';
CREATE INDEX quota_lease_heartbeat ON metering.quota_lease (heartbeat_at);
ALTER TABLE metering.batch ADD COLUMN taken_at timestamptz;
COMMENT ON COLUMN metering.batch.taken_at IS 'the instant whose periods of the quotas it took from, the beginning of its transaction; NULL: committed_at';

-- these take more arguments now
DROP FUNCTION IF EXISTS metering.begin_batch(uuid, uuid, uuid, text[], bigint, bigint, bigint, bigint);
DROP FUNCTION IF EXISTS metering.lease_quota(uuid, uuid, uuid, bigint);
DROP FUNCTION IF EXISTS metering.return_quota(uuid, uuid, timestamptz, bigint);
DROP FUNCTION IF EXISTS metering.get_grant_usage(uuid, uuid);
DROP FUNCTION IF EXISTS metering.list_usage(uuid, text, text);
DROP FUNCTION IF EXISTS metering.list_own_usage(uuid);

-- ---- what the public sees ----

CREATE TABLE metering.public_month (
    pool_id uuid NOT NULL,
    month date NOT NULL,
    pool text NOT NULL,
    k integer NOT NULL CHECK (k >= 5),
    withheld boolean NOT NULL,
    published_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, month),
    FOREIGN KEY (pool_id, month) REFERENCES metering.seal
);
CREATE INDEX public_month_newest ON metering.public_month (month, pool);
COMMENT ON TABLE metering.public_month IS 'sealed months whose totals are public; made once, so that nobody learns from a later one what an earlier one withheld';
COMMENT ON COLUMN metering.public_month.k IS 'fewest members a total rests on: the largest min_cohort of the grants used in the month, at least 5';
COMMENT ON COLUMN metering.public_month.withheld IS 'there was usage that is not shown';

CREATE TABLE metering.public_total (
    pool_id uuid NOT NULL,
    month date NOT NULL,
    purpose_group text NOT NULL,
    meter text NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    PRIMARY KEY (pool_id, month, purpose_group, meter),
    FOREIGN KEY (pool_id, month) REFERENCES metering.public_month
);
COMMENT ON TABLE metering.public_total IS 'what metering.publish_month shows of a sealed month';
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['public_month', 'public_total'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metering.%I
            FOR EACH STATEMENT EXECUTE FUNCTION metering.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE metering.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;
