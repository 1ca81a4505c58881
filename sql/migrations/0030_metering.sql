-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Metering: deliveries and their batches, usage and its rollup, seals, quotas. pool_id leads the keys, so that the tables can be
-- spread over machines; usage_event is spread by its source instead.
SET LOCAL ROLE ch_metering_owner;

CREATE FUNCTION metering.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'metering.% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END
$$;

-- A check constraint takes no subquery.
CREATE FUNCTION metering.total(p_counts integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.sum(c), 0)::bigint FROM pg_catalog.unnest(p_counts) AS c;
$$;

-- ---- deliveries ----

CREATE TABLE metering.delivery (
    pool_id uuid NOT NULL,
    id uuid NOT NULL,
    pool text NOT NULL,
    grant_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    mode text NOT NULL CHECK (mode IN ('download', 'stream')),
    plan_hash text NOT NULL CHECK (plan_hash ~ '^[0-9a-f]{64}$'),
    terms_sha256 text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'ended', 'gone', 'superseded', 'lost')),
    resumed_from uuid,
    counted_to bigint NOT NULL DEFAULT 0,
    ended_at timestamptz,
    reason text,
    rows bigint,
    bytes bigint,
    body_sha256 text CHECK (body_sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (pool_id, id)
);
CREATE INDEX delivery_by_id ON metering.delivery (id);
CREATE INDEX delivery_of_grant ON metering.delivery (grant_id, id);
CREATE INDEX delivery_open ON metering.delivery (opened_at) WHERE state = 'open';
COMMENT ON TABLE metering.delivery IS 'one answer to one request: a chain of batches; a resumed one names the one before it';
COMMENT ON COLUMN metering.delivery.plan_hash IS 'SHA-256 of columns with generalisation and filters: what a resume token is bound to';
COMMENT ON COLUMN metering.delivery.state IS 'complete: all rows; ended: by a rule, see reason; gone: the client left; superseded: resumed while it ran; lost: its process died';
COMMENT ON COLUMN metering.delivery.counted_to IS 'rows up to this one were counted earlier in the chain: sent again, not counted again';
COMMENT ON COLUMN metering.delivery.body_sha256 IS 'of the bytes handed to the socket before content coding and without the trailer';

CREATE TABLE metering.batch (
    pool_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    no integer NOT NULL CHECK (no > 0),
    grant_id uuid NOT NULL,
    first_row bigint NOT NULL,
    last_row bigint NOT NULL CHECK (last_row >= first_row),
    rows integer NOT NULL CHECK (rows BETWEEN 0 AND 10000),
    repeated integer NOT NULL DEFAULT 0 CHECK (repeated BETWEEN 0 AND 10000),
    bytes bigint NOT NULL CHECK (bytes > 0),
    body_sha256 bytea NOT NULL CHECK (pg_catalog.octet_length(body_sha256) = 32),
    consent_epoch bigint NOT NULL,
    grant_epoch bigint NOT NULL,
    state text NOT NULL DEFAULT 'committed' CHECK (state IN ('committed', 'sent', 'unsent', 'unresolved')),
    contributions bigint[] NOT NULL,
    counts integer[] NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    settled_at timestamptz,
    day date,
    late date,
    PRIMARY KEY (pool_id, delivery_id, no),
    CHECK (pg_catalog.cardinality(contributions) = pg_catalog.cardinality(counts)),
    CHECK (metering.total(counts) = rows),
    CHECK (day IS NULL OR state = 'sent')
) PARTITION BY RANGE (delivery_id);
CREATE INDEX batch_waiting ON metering.batch (committed_at) WHERE state IN ('committed', 'unresolved');
CREATE INDEX batch_to_fold ON metering.batch (pool_id, delivery_id) WHERE state = 'sent' AND day IS NULL;
CREATE INDEX batch_by_day ON metering.batch (pool_id, day) WHERE day IS NOT NULL;
COMMENT ON TABLE metering.batch IS 'append-only but for state and what folding fills in; ranges of delivery_id are months (UUIDv7)';
COMMENT ON COLUMN metering.batch.contributions IS 'numbers of contributions (licensing), beside counts: which rows came from whom';
COMMENT ON COLUMN metering.batch.rows IS 'rows counted: the sum of counts';
COMMENT ON COLUMN metering.batch.repeated IS 'rows sent a second time in a chain, which are not counted again';
COMMENT ON COLUMN metering.batch.day IS 'the day of usage_day this batch was folded into; NULL: not yet';
COMMENT ON COLUMN metering.batch.late IS 'the month it belongs to where that was sealed before: then day lies in a later month';

CREATE FUNCTION metering.guard_batch() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('committed', 'committed'), ('sent', 'sent'), ('committed', 'sent'), ('committed', 'unsent'),
        ('committed', 'unresolved'), ('unresolved', 'sent'), ('unresolved', 'unsent')) THEN
        RAISE EXCEPTION 'metering.batch: % does not become %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.day IS NOT NULL AND NEW.day IS DISTINCT FROM OLD.day OR OLD.late IS NOT NULL AND NEW.late IS DISTINCT FROM OLD.late
        OR pg_catalog.to_jsonb(NEW) - 'state' - 'settled_at' - 'day' - 'late' <> pg_catalog.to_jsonb(OLD) - 'state' - 'settled_at' - 'day' - 'late' THEN
        RAISE EXCEPTION 'metering.batch is append-only but for its state' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- ---- usage ----

CREATE TABLE metering.source (
    source_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id text NOT NULL,
    uri text NOT NULL CHECK (pg_catalog.length(uri) BETWEEN 1 AND 512),
    registered_by uuid NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    UNIQUE (client_id, uri)
);
COMMENT ON TABLE metering.source IS 'other data planes that may report usage: CloudEvents source of a client';

CREATE TABLE metering.usage_event (
    source_no integer NOT NULL,
    event_key uuid NOT NULL,
    grant_id uuid NOT NULL,
    pool_id uuid NOT NULL,
    meter text NOT NULL CHECK (meter IN ('rows', 'bytes', 'requests', 'queries', 'seconds', 'tokens')),
    units bigint NOT NULL CHECK (units BETWEEN 1 AND 1099511627776),
    contribution_id uuid,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    content_hash bytea NOT NULL CHECK (pg_catalog.octet_length(content_hash) = 32),
    PRIMARY KEY (source_no, event_key)
) PARTITION BY RANGE (event_key);
CREATE INDEX usage_event_received ON metering.usage_event USING brin (received_at);
COMMENT ON TABLE metering.usage_event IS 'append-only; no foreign key and no second b-tree, for each costs a third of the speed';
COMMENT ON COLUMN metering.usage_event.event_key IS 'UUID version 8: time bits of a version 7 id or zero, then a hash of source and id; the partition key, so that a resend with another time still collides';

CREATE TABLE metering.usage_day (
    pool_id uuid NOT NULL,
    day date NOT NULL,
    grant_id uuid NOT NULL,
    meter text NOT NULL CHECK (meter IN ('rows', 'bytes', 'requests', 'queries', 'seconds', 'tokens')),
    contribution_id uuid,
    late date,
    units bigint NOT NULL CHECK (units > 0),
    UNIQUE NULLS NOT DISTINCT (pool_id, day, grant_id, meter, contribution_id, late)
);
CREATE INDEX usage_day_of_grant ON metering.usage_day (grant_id, day);
CREATE INDEX usage_day_of_contribution ON metering.usage_day (contribution_id, day);
COMMENT ON TABLE metering.usage_day IS 'rollup of sent batches and accepted events; metering.rebuild_day makes it again to the same figures';
COMMENT ON COLUMN metering.usage_day.contribution_id IS 'NULL: an event without one, spread when the month is sealed';
COMMENT ON COLUMN metering.usage_day.late IS 'the sealed month this usage belongs to; it is billed in the month of day';

CREATE TABLE metering.seal (
    pool_id uuid NOT NULL,
    month date NOT NULL CHECK (month = pg_catalog.date_trunc('month', month::timestamp)::date),
    pool text NOT NULL,
    lines bigint NOT NULL CHECK (lines >= 0),
    units bigint NOT NULL CHECK (units >= 0),
    late bigint NOT NULL CHECK (late BETWEEN 0 AND units),
    root text NOT NULL CHECK (root ~ '^[0-9a-f]{64}$'),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    sealed_by uuid,
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, month)
);
COMMENT ON TABLE metering.seal IS 'a month of a pool that no longer changes';
COMMENT ON COLUMN metering.seal.late IS 'units among these that belong to months sealed earlier';
COMMENT ON COLUMN metering.seal.root IS 'RFC 6962 root over the canonical lines of sealed_usage, in their byte order';
COMMENT ON COLUMN metering.seal.sha256 IS 'of the canonical JSON of the seal: the hash of its leaf in the log';
COMMENT ON COLUMN metering.seal.sealed_by IS 'the treasurer; NULL: by time';

CREATE TABLE metering.sealed_usage (
    pool_id uuid NOT NULL,
    month date NOT NULL,
    grant_id uuid NOT NULL,
    meter text NOT NULL,
    contribution_id uuid,
    units bigint NOT NULL CHECK (units > 0),
    UNIQUE NULLS NOT DISTINCT (pool_id, month, grant_id, meter, contribution_id),
    FOREIGN KEY (pool_id, month) REFERENCES metering.seal
);
COMMENT ON TABLE metering.sealed_usage IS 'all that payout invoices and distributes by';

-- ---- quotas ----

CREATE TABLE metering.quota (
    pool_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    meter text NOT NULL,
    period text NOT NULL CHECK (period IN ('day', 'month', 'grant')),
    starts_on date NOT NULL,
    most bigint NOT NULL CHECK (most >= 0),
    taken bigint NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND most),
    PRIMARY KEY (pool_id, grant_id, meter, period, starts_on)
);
COMMENT ON COLUMN metering.quota.taken IS 'used, and leased to deliveries under way';

CREATE TABLE metering.quota_lease (
    pool_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    meter text NOT NULL,
    period text NOT NULL,
    starts_on date NOT NULL,
    holder uuid NOT NULL,
    units bigint NOT NULL CHECK (units >= 0),
    heartbeat_at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, grant_id, meter, period, starts_on, holder),
    FOREIGN KEY (pool_id, grant_id, meter, period, starts_on) REFERENCES metering.quota
);
COMMENT ON TABLE metering.quota_lease IS 'slices of a quota: a delivery takes from its own, so that the counter is no bottleneck';
COMMENT ON COLUMN metering.quota_lease.units IS 'not used yet; returned at the end, or 30 s after the last heartbeat';

CREATE TABLE metering.grant_key (
    grant_id uuid PRIMARY KEY,
    wrapped bytea NOT NULL CHECK (pg_catalog.octet_length(wrapped) = 40),
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE metering.grant_key IS 'AES-256-KW of the key that _row and resume tokens are made with; the wrapping key is no row';

CREATE TABLE metering.clock (
    name text PRIMARY KEY,
    at timestamptz NOT NULL
);
COMMENT ON TABLE metering.clock IS 'when the worker last asked for a periodic job';
INSERT INTO metering.clock (name, at) VALUES ('fold_usage', '-infinity');

-- ---- partitions ----

CREATE TABLE metering.usage_event_timeless PARTITION OF metering.usage_event
    FOR VALUES FROM ('00000000-0000-0000-0000-000000000000') TO ('00000000-0001-0000-0000-000000000000');

-- ---- what others read ----

CREATE VIEW metering.sealed_usage_overview AS
    SELECT u.pool_id, s.pool, u.month, u.grant_id, u.meter, u.contribution_id, u.units
    FROM metering.sealed_usage AS u JOIN metering.seal AS s ON s.pool_id = u.pool_id AND s.month = u.month;
CREATE VIEW metering.seal_overview AS
    SELECT pool_id, pool, month, lines, units, root, sealed_at, late, sha256 FROM metering.seal;
CREATE VIEW metering.usage_day_overview AS
    SELECT pool_id, day, grant_id, meter, units, contribution_id, late FROM metering.usage_day;
CREATE VIEW metering.batch_overview AS
    SELECT pool_id, delivery_id, no, grant_id, first_row, last_row, rows, repeated, bytes, pg_catalog.encode(body_sha256, 'hex') AS body_sha256,
        consent_epoch, grant_epoch, state, contributions, counts, committed_at, settled_at, day, late
    FROM metering.batch;
COMMENT ON VIEW metering.batch_overview IS 'for the auditor: what left, when, from whom';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['seal', 'sealed_usage', 'grant_key', 'source'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metering.%I
            FOR EACH STATEMENT EXECUTE FUNCTION metering.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE metering.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['batch', 'delivery'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON metering.%I
            FOR EACH STATEMENT EXECUTE FUNCTION metering.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE metering.%I ENABLE ALWAYS TRIGGER never_deleted', v_table);
    END LOOP;
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metering.usage_event
    FOR EACH STATEMENT EXECUTE FUNCTION metering.refuse_change();
ALTER TABLE metering.usage_event ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER guard BEFORE UPDATE ON metering.batch FOR EACH ROW EXECUTE FUNCTION metering.guard_batch();

RESET ROLE;
