-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Consent to the end: who may write which state, what a record rests on, withdrawal that reaches what was delivered already
-- (tombstones, acknowledgements), release manifests, erasure.
SET LOCAL ROLE ch_licensing_owner;

-- ---- the record ----

ALTER TABLE licensing.consent_event ADD COLUMN charter_version integer;
COMMENT ON COLUMN licensing.consent_event.charter_version IS 'version of the pool (charter and schema) that the record rests on; NULL in events older than this column: the one in force at the time';

CREATE TABLE licensing.consent_writer (
    state text NOT NULL,
    actor text NOT NULL CHECK (actor IN ('member', 'trust', 'clock')),
    dpv_status text NOT NULL,
    decides boolean NOT NULL,
    permits boolean NOT NULL,
    PRIMARY KEY (state, actor)
);
COMMENT ON TABLE licensing.consent_writer IS 'who may write which state of a consent, and what it does';
INSERT INTO licensing.consent_writer (state, actor, dpv_status, decides, permits) VALUES
    ('requested', 'trust', 'dpv:ConsentRequested', false, false), ('deferred', 'member', 'dpv:ConsentRequestDeferred', false, false),
    ('given', 'member', 'dpv:ConsentGiven', true, true), ('renewed', 'member', 'dpv:RenewedConsentGiven', true, true),
    ('refused', 'member', 'dpv:ConsentRefused', true, false), ('withdrawn', 'member', 'dpv:ConsentWithdrawn', true, false),
    ('terminated', 'trust', 'dpv:ConsentRevoked', true, false), ('expired', 'clock', 'dpv:ConsentExpired', true, false),
    ('invalidated', 'trust', 'dpv:ConsentInvalidated', true, false), ('unknown', 'trust', 'dpv:ConsentUnknown', true, false);

-- No event from another time, none of an inner node, none in a state its author may not write. Copies and restored dumps are left alone:
-- this one is not ENABLE ALWAYS.
CREATE FUNCTION licensing.guard_consent() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.at < pg_catalog.transaction_timestamp() OR NEW.at > pg_catalog.clock_timestamp() + interval '5 minutes' THEN
        RAISE EXCEPTION 'licensing.consent_event: % is not the time of the act', NEW.at USING ERRCODE = 'check_violation';
    ELSIF NOT EXISTS (SELECT FROM licensing.consent_writer AS w WHERE w.state = NEW.state AND w.actor = NEW.actor) THEN
        RAISE EXCEPTION 'licensing.consent_event: % does not write %', NEW.actor, NEW.state USING ERRCODE = 'check_violation';
    ELSIF NOT EXISTS (SELECT FROM licensing.purpose AS p WHERE p.code = NEW.purpose AND p.assignable) THEN
        RAISE EXCEPTION 'licensing.consent_event: % is no assignable purpose', NEW.purpose USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE INSERT ON licensing.consent_event FOR EACH ROW EXECUTE FUNCTION licensing.guard_consent();
ALTER TABLE licensing.consent_event ADD CONSTRAINT consent_event_recipient_class CHECK (recipient_class IN ('public_body', 'university',
    'non_profit', 'cooperative', 'small_company', 'company', 'security_body', 'member')) NOT VALID;

-- ---- when coverage ended ----

ALTER TABLE licensing.consent_current ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN licensing.consent_current.epoch IS 'the pool''s consent epoch that came with the event: batches of earlier epochs may rest on what stood before';
CREATE INDEX consent_current_epoch ON licensing.consent_current (pool_id, purpose, recipient_class, epoch);
CREATE INDEX consent_current_until ON licensing.consent_current (until) WHERE permits AND until IS NOT NULL;
ALTER TABLE licensing.contribution ADD COLUMN ended_epoch bigint, ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN licensing.contribution.ended_epoch IS 'the pool''s consent epoch that came with its withdrawal or erasure';
UPDATE licensing.contribution SET ended_epoch = 0 WHERE state IN ('withdrawn', 'erased');
CREATE INDEX contribution_ended ON licensing.contribution (pool_id, ended_epoch) WHERE ended_epoch IS NOT NULL;

-- What a row error shows of a line is the contributor's: it goes with an erasure, and only then.
CREATE FUNCTION licensing.guard_error() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT c.state FROM licensing.contribution AS c WHERE c.id = OLD.contribution_id) IS DISTINCT FROM 'erased' THEN
        RAISE EXCEPTION 'licensing.contribution_error is append-only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END
$$;
DROP TRIGGER append_only ON licensing.contribution_error;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON licensing.contribution_error FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change();
ALTER TABLE licensing.contribution_error ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER erasure_only BEFORE DELETE ON licensing.contribution_error FOR EACH ROW EXECUTE FUNCTION licensing.guard_error();
ALTER TABLE licensing.contribution_error ENABLE ALWAYS TRIGGER erasure_only;

-- ---- tombstones ----

CREATE TABLE licensing.tombstone_mark (
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    contribution_id uuid NOT NULL REFERENCES licensing.contribution,
    epoch bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('withdrawn', 'erased')),
    rows bigint NOT NULL CHECK (rows > 0),
    last_seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (grant_id, contribution_id, kind, epoch)
);
COMMENT ON TABLE licensing.tombstone_mark IS 'which contributions'' rows a grant''s list names: those of batches up to this consent epoch; written with them';

CREATE TABLE licensing.tombstone_scan (
    grant_id uuid PRIMARY KEY REFERENCES licensing.data_grant,
    epoch bigint NOT NULL,
    announced bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE licensing.tombstone_scan IS 'the consent epoch up to which a grant''s list is complete, and the last seq its licensee was told of';

CREATE TABLE licensing.tombstone_ack (
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    seq bigint NOT NULL CHECK (seq > 0),
    person uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (grant_id, seq)
);
COMMENT ON TABLE licensing.tombstone_ack IS 'the licensee declares that all rows up to this seq are deleted';
CREATE INDEX tombstone_due ON licensing.tombstone (grant_id, ack_due);

-- ---- release manifests ----

CREATE TABLE licensing.release_manifest (
    id uuid PRIMARY KEY,
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    purpose text NOT NULL REFERENCES licensing.purpose,
    recipient_class text NOT NULL,
    notice_floor integer NOT NULL,
    explicit_only boolean NOT NULL,
    consent_epoch bigint NOT NULL,
    contributions bigint NOT NULL,
    members bigint NOT NULL,
    rows bigint NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    until_at timestamptz,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    closed_at timestamptz
);
CREATE UNIQUE INDEX release_manifest_open ON licensing.release_manifest (pool_id, purpose, recipient_class, notice_floor, explicit_only)
    WHERE closed_at IS NULL;
COMMENT ON TABLE licensing.release_manifest IS 'the set of contributions that deliveries for a purpose and class begin with: fixed at a consent epoch, closed with the next';
COMMENT ON COLUMN licensing.release_manifest.sha256 IS 'of the contributions'' ids as text, in rising order, each with a line feed behind it';
COMMENT ON COLUMN licensing.release_manifest.until_at IS 'the earliest end among the consents it rests on';
COMMENT ON COLUMN licensing.release_manifest.closed_at IS 'no delivery begins under it any more';

CREATE FUNCTION licensing.guard_manifest() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
        OR pg_catalog.to_jsonb(NEW) - 'closed_at' <> pg_catalog.to_jsonb(OLD) - 'closed_at' THEN
        RAISE EXCEPTION 'licensing.release_manifest: a manifest is made once and closed once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing.release_manifest FOR EACH ROW EXECUTE FUNCTION licensing.guard_manifest();
ALTER TABLE licensing.release_manifest ENABLE ALWAYS TRIGGER guard;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON licensing.release_manifest FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change();
ALTER TABLE licensing.release_manifest ENABLE ALWAYS TRIGGER no_truncate;

CREATE VIEW licensing.manifest_overview AS
    SELECT id, pool_id, purpose, recipient_class, notice_floor, explicit_only, consent_epoch, contributions, members, rows, sha256, until_at,
        made_at, closed_at
    FROM licensing.release_manifest;

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['consent_writer', 'tombstone_mark', 'tombstone_ack'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing.%I
            FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE licensing.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;
RESET ROLE;

SET LOCAL ROLE ch_metering_owner;
ALTER TABLE metering.batch ADD COLUMN runs bytea;
COMMENT ON COLUMN metering.batch.runs IS 'exactly the rows that left: runs of row ids with the number of their contribution (services/metering/core/runs.h); NULL in batches older than this column';
ALTER TABLE metering.delivery ADD COLUMN manifest_id uuid;
COMMENT ON COLUMN metering.delivery.manifest_id IS 'the release manifest it began under; a batch behind a change of consent names the epoch it was cut to';
DROP FUNCTION IF EXISTS metering.store_batch(uuid, uuid, integer, uuid, bigint, bigint, integer, integer, bigint, bytea, bigint, bigint,
    bigint[], integer[], integer);
RESET ROLE;
