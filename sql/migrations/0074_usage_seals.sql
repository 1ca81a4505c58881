-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Metering: months are closed before they are sealed, hours of acknowledged usage go to the log, and keys whose month has no partition
-- have one all the same.
-- needs: functions/metering/place_usage.sql
SET LOCAL ROLE ch_metering_owner;

-- ---- closing: a month stops growing in an instant, and its lines and their tree are made at leisure ----

CREATE TABLE metering.closed_month (
    pool_id uuid NOT NULL,
    month date NOT NULL CHECK (month = pg_catalog.date_trunc('month', month::timestamp)::date),
    pool text NOT NULL,
    closed_by uuid,
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, month)
);
COMMENT ON TABLE metering.closed_month IS 'months of pools that take no more usage; each is sealed soon after';
COMMENT ON COLUMN metering.closed_month.closed_by IS 'the treasurer; NULL: by time';
COMMENT ON COLUMN metering.closed_month.closed_at IS 'usage that is added later is late';
INSERT INTO metering.closed_month (pool_id, month, pool, closed_by, closed_at)
SELECT pool_id, month, pool, sealed_by, sealed_at FROM metering.seal;
ALTER TABLE metering.seal ADD CONSTRAINT seal_closed FOREIGN KEY (pool_id, month) REFERENCES metering.closed_month;

-- ---- hours: what was acknowledged in each, for the log ----

CREATE TABLE metering.usage_hour (
    pool_id uuid NOT NULL,
    hour timestamptz NOT NULL CHECK (hour = pg_catalog.date_trunc('hour', hour, 'UTC')),
    pool text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    units bigint NOT NULL CHECK (units >= 0),
    root text NOT NULL CHECK (root ~ '^[0-9a-f]{64}$'),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    logged_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, hour)
);
COMMENT ON TABLE metering.usage_hour IS 'what was acknowledged in an hour: batches sent, events accepted, queries answered; each has a leaf in the log';
COMMENT ON COLUMN metering.usage_hour.root IS 'RFC 6962 root over metering.hour_leaves, in their byte order';
COMMENT ON COLUMN metering.usage_hour.sha256 IS 'of the canonical JSON of the leaf''s body';
INSERT INTO metering.clock (name, at) VALUES ('log_hours', pg_catalog.date_trunc('hour', pg_catalog.now(), 'UTC'));
INSERT INTO metering.clock (name, at) VALUES ('seal_empty', pg_catalog.date_trunc('month', pg_catalog.now(), 'UTC'));
COMMENT ON TABLE metering.clock IS 'when the worker last asked for a periodic job; log_hours: the next hour to log; seal_empty: months from there on are sealed without usage too';

-- The hour's batches are found by when they were settled.
CREATE INDEX batch_settled ON metering.batch USING brin (settled_at) WITH (pages_per_range = 32);

-- ---- partitions: a key of any time has one ----

CREATE TABLE metering.batch_other PARTITION OF metering.batch DEFAULT;
ALTER TABLE metering.batch_other ENABLE ALWAYS TRIGGER guard;
COMMENT ON TABLE metering.batch_other IS 'batches whose month had no partition when they came; metering.make_partition moves them';
COMMENT ON TABLE metering.usage_event_other IS 'events whose key names a month without a partition: long past, far ahead, or not made yet; metering.make_partition moves them';

-- ---- where an event was counted ----

-- An event bears the beginning of the transaction that accepted it, and add_usage begins anew where a month was closed behind that: so the
-- closings before it say under which day it stands. The function is asked for late ones alone.
CREATE VIEW metering.placed_event AS
    SELECT e.source_no, e.event_key, e.grant_id, e.pool_id, e.meter, e.units, e.contribution_id, e.occurred_at, e.received_at,
        CASE WHEN c.month IS NULL THEN d.day ELSE (SELECT p.day FROM metering.place_usage(e.pool_id, d.day, e.received_at) AS p) END AS day,
        c.month AS late
    FROM metering.usage_event AS e
    CROSS JOIN LATERAL (SELECT (e.occurred_at AT TIME ZONE 'UTC')::date AS day) AS d
    LEFT JOIN metering.closed_month AS c ON c.pool_id = e.pool_id AND c.month = pg_catalog.date_trunc('month', d.day::timestamp)::date
        AND c.closed_at <= e.received_at;
COMMENT ON VIEW metering.placed_event IS 'accepted events with the day of usage_day they are counted under';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['closed_month', 'usage_hour'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metering.%I
            FOR EACH STATEMENT EXECUTE FUNCTION metering.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE metering.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;
