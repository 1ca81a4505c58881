-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The life of a grant: what suspends it, the board's orders and hearings, duties and reminders, when it must be looked at next; and the keys by which
-- clients sign assertions.
SET LOCAL ROLE ch_licensing_owner;

-- ---- suspensions ----

CREATE TABLE licensing.suspension (
    id uuid PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    cause text NOT NULL CHECK (cause IN ('invoice overdue', 'tombstones overdue', 'report overdue', 'attestation lapsed', 'prohibition', 'sanction',
                                         'emergency')),
    reason text NOT NULL CHECK (pg_catalog.length(reason) BETWEEN 1 AND 2000),
    subject uuid,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    until_at timestamptz,
    closed_at timestamptz,
    closed_reason text,
    CHECK ((closed_at IS NULL) = (closed_reason IS NULL)),
    CHECK ((cause = 'emergency') = (until_at IS NOT NULL))
);
CREATE UNIQUE INDEX suspension_open ON licensing.suspension (grant_id, cause) WHERE closed_at IS NULL;
CREATE INDEX suspension_of_grant ON licensing.suspension (grant_id, opened_at);
CREATE INDEX suspension_of_ruling ON licensing.suspension (subject) WHERE closed_at IS NULL AND cause IN ('prohibition', 'sanction');
CREATE INDEX grant_pending ON licensing.data_grant (organisation_id) WHERE state = 'pending';
COMMENT ON TABLE licensing.suspension IS 'causes that hold a grant; it is suspended while one is open, and several may be; a row is written once and closed once';
COMMENT ON COLUMN licensing.suspension.cause IS 'emergency: by a decision of the board, ends by itself at until_at; all others are the system''s and end with what caused them';
COMMENT ON COLUMN licensing.suspension.reason IS 'public';
COMMENT ON COLUMN licensing.suspension.subject IS 'the sanction, prohibition, order or duty behind it';
COMMENT ON INDEX licensing.suspension_open IS 'each cause once; so one open emergency suspension at most';

CREATE FUNCTION licensing.guard_suspension() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
        OR pg_catalog.to_jsonb(NEW) - 'closed_at' - 'closed_reason' <> pg_catalog.to_jsonb(OLD) - 'closed_at' - 'closed_reason' THEN
        RAISE EXCEPTION 'licensing.suspension: a cause is opened once and closed once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing.suspension FOR EACH ROW EXECUTE FUNCTION licensing.guard_suspension();
ALTER TABLE licensing.suspension ENABLE ALWAYS TRIGGER guard;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON licensing.suspension FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change();
ALTER TABLE licensing.suspension ENABLE ALWAYS TRIGGER no_truncate;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON licensing.data_grant FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change();
ALTER TABLE licensing.data_grant ENABLE ALWAYS TRIGGER no_truncate;

-- Epochs rose without an event when a token was revoked: a replay of the events gives state and epoch from now on.
INSERT INTO licensing.grant_event (grant_id, seq, command, role, from_state, to_state, epoch)
SELECT g.id, e.seq + 1, 'revoke_token', 'A', g.state, g.state, g.epoch FROM licensing.data_grant AS g
JOIN LATERAL (SELECT * FROM licensing.grant_event AS x WHERE x.grant_id = g.id ORDER BY x.seq DESC LIMIT 1) AS e ON true WHERE g.epoch > e.epoch;

-- Every event is a step of the matrix and begins where the last one ended; the epoch rises with the state, and when a token is revoked.
CREATE FUNCTION licensing.guard_grant_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last licensing.grant_event;
BEGIN
    SELECT * INTO v_last FROM licensing.grant_event WHERE grant_id = NEW.grant_id ORDER BY seq DESC LIMIT 1;
    IF v_last.seq IS NULL THEN
        IF NEW.seq = 1 AND NEW.command = 'create' AND NEW.from_state IS NULL AND NEW.to_state = 'pending' AND NEW.epoch = 1 THEN
            RETURN NEW;
        END IF;
    ELSIF NEW.seq = v_last.seq + 1 AND NEW.from_state = v_last.to_state
        AND NEW.epoch = v_last.epoch + (NEW.to_state <> NEW.from_state OR NEW.command = 'revoke_token')::integer
        AND (NEW.command = 'revoke_token' AND NEW.to_state = NEW.from_state OR EXISTS (
            SELECT FROM licensing.step AS s WHERE s.object = 'grant' AND s.state = NEW.from_state AND s.command = NEW.command
                AND s.next = NEW.to_state AND pg_catalog.strpos(s.who, NEW.role) > 0)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'licensing.grant_event: % of % is no step of the matrix', NEW.command, NEW.grant_id USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER guard BEFORE INSERT ON licensing.grant_event FOR EACH ROW EXECUTE FUNCTION licensing.guard_grant_event();
ALTER TABLE licensing.grant_event ENABLE ALWAYS TRIGGER guard;

-- N8: state and epoch are what the events give.
CREATE FUNCTION licensing.check_grant_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.data_grant AS g JOIN licensing.grant_event AS e ON e.grant_id = g.id AND e.to_state = g.state
            AND e.epoch = g.epoch WHERE g.id = NEW.id AND e.seq = (SELECT pg_catalog.max(x.seq) FROM licensing.grant_event AS x WHERE x.grant_id = g.id)) THEN
        RAISE EXCEPTION 'licensing.data_grant: state and epoch of % are not those of its events', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER replay AFTER INSERT OR UPDATE ON licensing.data_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing.check_grant_state();
ALTER TABLE licensing.data_grant ENABLE ALWAYS TRIGGER replay;

-- Suspensions of before: the cause was the last event's alone.
INSERT INTO licensing.suspension (id, grant_id, cause, reason, subject, opened_at, until_at)
SELECT log.new_id(), g.id, CASE WHEN e.emergency THEN 'emergency' ELSE e.cause END, COALESCE(e.cause, 'emergency'), NULL, e.at,
    CASE WHEN e.emergency THEN COALESCE(e.until_at, e.at) END
FROM licensing.data_grant AS g
JOIN LATERAL (SELECT * FROM licensing.grant_event AS x WHERE x.grant_id = g.id AND x.command = 'suspend' ORDER BY x.seq DESC LIMIT 1) AS e ON true
WHERE g.state = 'suspended' AND (e.emergency OR e.cause IN ('sanction', 'prohibition', 'attestation lapsed'));

-- An agreement is over with its revoked grant.
INSERT INTO licensing.agreement_event (agreement_id, seq, kind, party, actor, cause, effective_at, at)
SELECT g.agreement_id, 1, 'terminated', 'trust', e.actor, COALESCE(e.cause, 'revoked'), e.at, e.at FROM licensing.data_grant AS g
JOIN LATERAL (SELECT * FROM licensing.grant_event AS x WHERE x.grant_id = g.id AND x.command = 'revoke' ORDER BY x.seq DESC LIMIT 1) AS e ON true
WHERE g.state = 'revoked';

-- ---- when to look ----

CREATE TABLE licensing.grant_due (
    grant_id uuid PRIMARY KEY REFERENCES licensing.data_grant,
    at timestamptz NOT NULL
);
CREATE INDEX grant_due_at ON licensing.grant_due (at);
COMMENT ON TABLE licensing.grant_due IS 'when licensing.review_grant must look at a grant next; no row: never again. A daily look is the longest pause';
INSERT INTO licensing.grant_due (grant_id, at)
SELECT g.id, pg_catalog.clock_timestamp() FROM licensing.data_grant AS g WHERE g.state IN ('pending', 'active', 'suspended', 'revoked');
CREATE INDEX grant_of_purpose ON licensing.data_grant (purpose) WHERE state IN ('pending', 'active', 'suspended');

CREATE TABLE licensing.ruling (
    kind text NOT NULL CHECK (kind IN ('sanction', 'prohibition')),
    id uuid NOT NULL,
    hits text NOT NULL CHECK (hits IN ('none', 'new', 'all')),
    organisation_id uuid,
    purpose text,
    done boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (kind, id)
);
COMMENT ON COLUMN licensing.ruling.done IS 'every grant it hits is suspended, every one it hits no more released; until then the clock goes on with it';
COMMENT ON TABLE licensing.ruling IS 'sanctions and prohibitions as grants were last reviewed for them, so that a change is noticed';
COMMENT ON COLUMN licensing.ruling.hits IS 'none, new (only grants from then on) or all; with organisation and purpose, so that one that vanishes is undone too';

-- ---- the board's orders, hearings, appeals ----

CREATE TABLE licensing.grant_order (
    order_id uuid NOT NULL,
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    act text NOT NULL CHECK (act IN ('suspend', 'resume', 'revoke')),
    result text NOT NULL CHECK (result IN ('done', 'hearing', 'nothing to do')),
    actor uuid,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (order_id, grant_id, act)
);
COMMENT ON TABLE licensing.grant_order IS 'orders of the board (governance.board_order) that were carried out, and what came of them';

CREATE TABLE licensing.hearing (
    id uuid PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    order_id uuid NOT NULL,
    cause text NOT NULL,
    at_once boolean NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    closes_at timestamptz NOT NULL
);
CREATE INDEX hearing_of_grant ON licensing.hearing (grant_id, opened_at);
COMMENT ON TABLE licensing.hearing IS 'before a grant is revoked its licensee is told and has 14 days to cure or answer';
COMMENT ON COLUMN licensing.hearing.at_once IS 're-identification or a sanction: nothing to wait for';
CREATE TABLE licensing.hearing_answer (
    hearing_id uuid PRIMARY KEY REFERENCES licensing.hearing,
    statement text NOT NULL CHECK (pg_catalog.length(statement) BETWEEN 1 AND 20000),
    person uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE licensing.hearing_answer IS 'what the licensee says; an answered hearing ends in a revocation only by a second order of the board';
CREATE TABLE licensing.hearing_end (
    hearing_id uuid PRIMARY KEY REFERENCES licensing.hearing,
    result text NOT NULL CHECK (result IN ('revoked', 'cured', 'grant over')),
    order_id uuid,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE TABLE licensing.grant_appeal (
    appeal_id uuid PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    seq integer NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    UNIQUE (grant_id, seq)
);
COMMENT ON COLUMN licensing.grant_appeal.seq IS 'of the revocation appealed against: one appeal each';
CREATE TABLE licensing.grant_appeal_end (
    appeal_id uuid PRIMARY KEY REFERENCES licensing.grant_appeal,
    reinstated boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);

-- ---- duties ----

CREATE TABLE licensing.duty_due (
    id uuid PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    duty text NOT NULL,
    act text NOT NULL,
    proof text NOT NULL CHECK (proof IN ('automatic', 'declaration', 'document', 'report')),
    n integer NOT NULL CHECK (n > 0),
    from_at timestamptz NOT NULL,
    due_at timestamptz,
    met_at timestamptz,
    cancelled_at timestamptz,
    UNIQUE (grant_id, duty, n),
    CHECK ((proof = 'automatic') = (due_at IS NULL)),
    CHECK (proof <> 'automatic' OR met_at IS NULL),
    CHECK (met_at IS NULL OR cancelled_at IS NULL)
);
CREATE INDEX duty_open ON licensing.duty_due (grant_id, due_at) WHERE met_at IS NULL AND cancelled_at IS NULL AND due_at IS NOT NULL;
COMMENT ON TABLE licensing.duty_due IS 'one row for each time a duty of an agreement is due; the yearly report is core:yearly-report';
COMMENT ON COLUMN licensing.duty_due.proof IS 'automatic: payout and metering prove it; declaration, document: the licensee; report: the yearly report';
COMMENT ON COLUMN licensing.duty_due.cancelled_at IS 'a reinstated grant''s duties of its end are not due any more';
CREATE FUNCTION licensing.guard_duty() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.met_at IS NOT NULL OR OLD.cancelled_at IS NOT NULL
        OR pg_catalog.to_jsonb(NEW) - 'met_at' - 'cancelled_at' <> pg_catalog.to_jsonb(OLD) - 'met_at' - 'cancelled_at' THEN
        RAISE EXCEPTION 'licensing.duty_due: a duty is met once and never taken back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing.duty_due FOR EACH ROW EXECUTE FUNCTION licensing.guard_duty();
ALTER TABLE licensing.duty_due ENABLE ALWAYS TRIGGER guard;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON licensing.duty_due FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change();
ALTER TABLE licensing.duty_due ENABLE ALWAYS TRIGGER no_truncate;

CREATE TABLE licensing.duty_proof (
    duty_due_id uuid PRIMARY KEY REFERENCES licensing.duty_due,
    statement text NOT NULL CHECK (pg_catalog.length(statement) BETWEEN 1 AND 20000),
    done_on date NOT NULL,
    document bytea CHECK (pg_catalog.length(document) BETWEEN 1 AND 196608),
    document_url text CHECK (document_url ~ '^https://[^[:space:]]+$' AND pg_catalog.length(document_url) <= 2000),
    document_name text,
    document_type text,
    document_sha256 text CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
    person uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CHECK (document IS NULL OR document_url IS NULL),
    CHECK ((document IS NULL AND document_url IS NULL) = (document_name IS NULL) AND (document_name IS NULL) = (document_type IS NULL)
        AND (document_name IS NULL) = (document_sha256 IS NULL)),
    CHECK (document IS NULL OR document_sha256 = pg_catalog.encode(pg_catalog.sha256(document), 'hex'))
);
COMMENT ON TABLE licensing.duty_proof IS 'the dated declaration, and the document where the duty asks for one: its bytes, or its hash and where it is kept';

CREATE TABLE licensing.grant_reminder (
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    kind text NOT NULL CHECK (kind IN ('expiring', 'attestation', 'duty')),
    subject text NOT NULL,
    days integer NOT NULL,
    for_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (grant_id, kind, subject, days, for_at)
);
COMMENT ON TABLE licensing.grant_reminder IS 'said once: so many days before a grant, an attestation or the time for a duty ends';

ALTER TABLE licensing.application ADD COLUMN renews uuid REFERENCES licensing.data_grant;
CREATE INDEX application_renews ON licensing.application (renews) WHERE renews IS NOT NULL;
COMMENT ON COLUMN licensing.application.renews IS 'the grant this application is to follow; that one runs to its end';

-- ---- clients that sign ----

CREATE TABLE licensing.client_key (
    client_id text NOT NULL REFERENCES licensing.client,
    no integer NOT NULL,
    kid text NOT NULL,
    x text NOT NULL CHECK (x ~ '^[A-Za-z0-9_-]{43}$'),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    ended_at timestamptz,
    PRIMARY KEY (client_id, no)
);
CREATE UNIQUE INDEX client_key_live ON licensing.client_key (client_id, kid) WHERE ended_at IS NULL;
COMMENT ON TABLE licensing.client_key IS 'Ed25519 public keys (RFC 8037) for private_key_jwt; two live at most, for rotation';
CREATE FUNCTION licensing.check_live_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM licensing.client WHERE id = NEW.client_id FOR UPDATE;
    IF (SELECT pg_catalog.count(*) FROM licensing.client_key WHERE client_id = NEW.client_id AND ended_at IS NULL) > 2 THEN
        RAISE EXCEPTION 'licensing.client_key: % has two live keys', NEW.client_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER two_live AFTER INSERT OR UPDATE ON licensing.client_key FOR EACH ROW EXECUTE FUNCTION licensing.check_live_keys();
ALTER TABLE licensing.client_key ENABLE ALWAYS TRIGGER two_live;
ALTER TABLE licensing.client_secret ENABLE ALWAYS TRIGGER two_live;

CREATE TABLE licensing.client_assertion (
    client_id text NOT NULL REFERENCES licensing.client,
    jti_sha256 bytea NOT NULL CHECK (pg_catalog.length(jti_sha256) = 32),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti_sha256)
);
CREATE INDEX client_assertion_over ON licensing.client_assertion (expires_at);
COMMENT ON TABLE licensing.client_assertion IS 'assertions that were used: each serves once (RFC 7523). Rows go when the assertion has expired anyway, so the table holds five minutes';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['grant_order', 'hearing', 'hearing_answer', 'hearing_end', 'grant_appeal', 'grant_appeal_end',
                                   'duty_proof', 'grant_reminder'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing.%I
            FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE licensing.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;

-- ---- what licensing sees of invoices ----

SET LOCAL ROLE ch_payout_owner;
CREATE VIEW payout.open_invoice AS
    SELECT i.id AS invoice_id, i.licensee, i.grant_id, i.due_on FROM payout.invoice AS i
    WHERE i.kind = 'INV' AND i.state IN ('issued', 'part_paid');
COMMENT ON VIEW payout.open_invoice IS 'invoices not paid in full: licensing suspends a grant whose invoice is overdue, and starts none before';
CREATE INDEX invoice_open_grant ON payout.invoice (grant_id) WHERE state IN ('issued', 'part_paid');
CREATE INDEX invoice_open_licensee ON payout.invoice (licensee) WHERE state IN ('issued', 'part_paid');

CREATE FUNCTION payout.wake_grants() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM licensing.wake_grant(NEW.grant_id);
    PERFORM licensing.wake_pending(NEW.licensee);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION payout.wake_grants() IS 'an invoice issued, paid or credited: licensing''s clock looks at its grant again';
CREATE TRIGGER wake_grants AFTER UPDATE OF state ON payout.invoice FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION payout.wake_grants();
RESET ROLE;
