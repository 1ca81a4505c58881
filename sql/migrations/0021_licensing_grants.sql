-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Licensing, second half: terms, applications, offers, agreements, grants, clients.
SET LOCAL ROLE ch_licensing_owner;

-- ---- terms ----

CREATE TABLE licensing.terms (
    id uuid PRIMARY KEY,
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    version integer NOT NULL CHECK (version > 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    doc jsonb NOT NULL,
    canonical text NOT NULL,
    author uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    submitted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX terms_of_pool ON licensing.terms (pool_id, version, id);
CREATE UNIQUE INDEX terms_submitted ON licensing.terms (sha256) WHERE submitted_at IS NOT NULL;
COMMENT ON TABLE licensing.terms IS 'drafts and parsed copies; which terms rule is said by governance.terms_in_force alone';
COMMENT ON COLUMN licensing.terms.submitted_at IS 'set when a proposal was checked with this document: from then on it is immutable';

CREATE FUNCTION licensing.guard_terms() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.submitted_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.pool_id <> OLD.pool_id OR NEW.author <> OLD.author THEN
        RAISE EXCEPTION 'licensing.terms: a submitted document is immutable' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing.terms FOR EACH ROW EXECUTE FUNCTION licensing.guard_terms();
ALTER TABLE licensing.terms ENABLE ALWAYS TRIGGER guard;

CREATE TABLE licensing.terms_review (
    sha256 text NOT NULL,
    compared_with text NOT NULL,
    schema_sha256 text NOT NULL,
    notice integer NOT NULL,
    errors jsonb NOT NULL,
    narrowing jsonb NOT NULL,
    floor integer NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (sha256, compared_with, schema_sha256, notice)
);
COMMENT ON TABLE licensing.terms_review IS 'what C decided on a document when its draft was saved; check_terms refuses without the row that fits today';
COMMENT ON COLUMN licensing.terms_review.compared_with IS 'hash of the terms in force at the time, empty: none';
COMMENT ON COLUMN licensing.terms_review.notice IS 'the pool''s current notice at the time';
COMMENT ON COLUMN licensing.terms_review.floor IS 'the notice that wider rules must carry';

CREATE TABLE licensing.terms_enacted (
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    version integer NOT NULL,
    sha256 text NOT NULL,
    notice integer,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, version)
);
COMMENT ON TABLE licensing.terms_enacted IS 'enacted versions whose consequences were drawn (notice, requests for consent, re-screening); governance says which rules';

-- ---- the matrix ----

CREATE TABLE licensing.step (
    object text NOT NULL CHECK (object IN ('application', 'grant')),
    state text NOT NULL,
    command text NOT NULL,
    who text NOT NULL,
    next text NOT NULL,
    PRIMARY KEY (object, state, command, next)
);
COMMENT ON TABLE licensing.step IS 'who may do what in which state; the same table as services/licensing/matrix.def, compared by a check';
COMMENT ON COLUMN licensing.step.who IS 'A applicant, O co-applicant, S signatory, H handler, C council member, T treasurer, B board, P appeals panel, Y system';

INSERT INTO licensing.step (object, state, command, who, next) VALUES
    ('application', 'draft', 'edit', 'AO', 'draft'),
    ('application', 'draft', 'copy_from', 'A', 'draft'),
    ('application', 'draft', 'invite', 'A', 'draft'),
    ('application', 'draft', 'submit', 'A', 'screening'),
    ('application', 'draft', 'withdraw', 'A', 'withdrawn'),
    ('application', 'draft', 'lapse', 'Y', 'lapsed'),
    ('application', 'screening', 'match', 'Y', 'screening'),
    ('application', 'screening', 'ask', 'H', 'returned'),
    ('application', 'screening', 'refer', 'HY', 'council_review'),
    ('application', 'screening', 'offer', 'YH', 'offered'),
    ('application', 'screening', 'refuse', 'Y', 'refused'),
    ('application', 'screening', 'withdraw', 'A', 'withdrawn'),
    ('application', 'returned', 'edit', 'AO', 'returned'),
    ('application', 'returned', 'submit', 'A', 'screening'),
    ('application', 'returned', 'withdraw', 'A', 'withdrawn'),
    ('application', 'returned', 'lapse', 'Y', 'lapsed'),
    ('application', 'council_review', 'declare_conflict', 'C', 'council_review'),
    ('application', 'council_review', 'vote', 'C', 'council_review'),
    ('application', 'council_review', 'ask', 'C', 'returned'),
    ('application', 'council_review', 'decide', 'Y', 'offered'),
    ('application', 'council_review', 'decide', 'Y', 'refused'),
    ('application', 'council_review', 'escalate', 'Y', 'council_review'),
    ('application', 'council_review', 'withdraw', 'A', 'withdrawn'),
    ('application', 'offered', 'accept', 'S', 'agreed'),
    ('application', 'offered', 'decline', 'AS', 'withdrawn'),
    ('application', 'offered', 'rescind', 'HY', 'screening'),
    ('application', 'offered', 'lapse', 'Y', 'lapsed'),
    ('application', 'refused', 'appeal', 'A', 'appealed'),
    ('application', 'appealed', 'uphold', 'P', 'refused'),
    ('application', 'appealed', 'reverse', 'P', 'screening'),
    ('application', 'agreed', 'copy_from', 'A', 'agreed'),
    ('application', 'withdrawn', 'copy_from', 'A', 'withdrawn'),
    ('application', 'lapsed', 'copy_from', 'A', 'lapsed'),
    ('grant', 'pending', 'activate', 'Y', 'active'),
    ('grant', 'pending', 'waive_fee', 'T', 'pending'),
    ('grant', 'pending', 'cancel', 'S', 'closed'),
    ('grant', 'pending', 'lapse', 'Y', 'expired'),
    ('grant', 'active', 'suspend', 'BY', 'suspended'),
    ('grant', 'active', 'report', 'A', 'active'),
    ('grant', 'active', 'renew', 'A', 'active'),
    ('grant', 'active', 'acknowledge', 'A', 'active'),
    ('grant', 'active', 'close', 'S', 'closed'),
    ('grant', 'active', 'revoke', 'B', 'revoked'),
    ('grant', 'active', 'expire', 'Y', 'expired'),
    ('grant', 'suspended', 'resume', 'BY', 'active'),
    ('grant', 'suspended', 'acknowledge', 'A', 'suspended'),
    ('grant', 'suspended', 'close', 'S', 'closed'),
    ('grant', 'suspended', 'revoke', 'B', 'revoked'),
    ('grant', 'suspended', 'expire', 'Y', 'expired'),
    ('grant', 'revoked', 'appeal', 'S', 'revoked'),
    ('grant', 'revoked', 'reinstate', 'P', 'active');

-- ---- applications ----

CREATE TABLE licensing.application (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    applicant uuid NOT NULL,
    bundle_id uuid,
    copied_from uuid REFERENCES licensing.application,
    state text NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    purpose text NOT NULL,
    actions text[] NOT NULL,
    columns text[] NOT NULL,
    modes text[] NOT NULL,
    region text NOT NULL,
    duration_days integer NOT NULL,
    project text NOT NULL,
    restriction text,
    people jsonb NOT NULL DEFAULT '[]',
    quotas jsonb NOT NULL DEFAULT '[]',
    case_id uuid,
    reasons jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX application_of_organisation ON licensing.application (organisation_id, id);
CREATE INDEX application_in_state ON licensing.application (state, id);
COMMENT ON COLUMN licensing.application.restriction IS 'a free-text restriction the applicant asks for: goes to the council';

CREATE TABLE licensing.application_event (
    application_id uuid NOT NULL REFERENCES licensing.application,
    seq integer NOT NULL,
    command text NOT NULL,
    role text NOT NULL CHECK (role IN ('A', 'O', 'S', 'H', 'C', 'T', 'B', 'P', 'Y')),
    actor uuid,
    from_state text,
    to_state text NOT NULL,
    body jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (application_id, seq)
);

CREATE TABLE licensing.evaluation (
    id uuid PRIMARY KEY,
    subject uuid NOT NULL,
    terms_sha256 text NOT NULL,
    input jsonb NOT NULL,
    output jsonb NOT NULL,
    decision text NOT NULL CHECK (decision IN ('permit', 'deny', 'council')),
    evaluator integer NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX evaluation_of_subject ON licensing.evaluation (subject, at DESC);
COMMENT ON TABLE licensing.evaluation IS 'one row per action decided on: what went into core/policy.c and what came out; consents as their counts by notice';

CREATE TABLE licensing.offer (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES licensing.application,
    evaluation_id uuid NOT NULL REFERENCES licensing.evaluation,
    case_id uuid,
    body jsonb NOT NULL,
    sha256 text NOT NULL UNIQUE,
    agreement jsonb NOT NULL,
    agreement_hash text NOT NULL UNIQUE,
    valid_until timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX offer_of_application ON licensing.offer (application_id, at DESC);
COMMENT ON COLUMN licensing.offer.agreement IS 'the offer plus parties and time: what the signatory accepts by its hash';

CREATE TABLE licensing.agreement (
    id uuid PRIMARY KEY,
    offer_id uuid NOT NULL UNIQUE REFERENCES licensing.offer,
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    purpose text NOT NULL,
    terms_sha256 text NOT NULL,
    sha256 text NOT NULL UNIQUE,
    body jsonb NOT NULL,
    canonical text NOT NULL,
    exclusive boolean NOT NULL,
    transferable boolean NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CHECK (NOT exclusive AND NOT transferable),
    CHECK (until_at > from_at AND until_at <= from_at + interval '94694400 seconds'),
    CHECK (sha256 = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(canonical, 'UTF8')), 'hex'))
);
COMMENT ON COLUMN licensing.agreement.until_at IS 'never perpetual: at most 1,096 days of 86,400 s';

CREATE TABLE licensing.agreement_signature (
    agreement_id uuid NOT NULL REFERENCES licensing.agreement,
    party text NOT NULL CHECK (party IN ('licensee', 'trust')),
    method text NOT NULL CHECK (method IN ('session', 'jws')),
    signer uuid,
    signed jsonb NOT NULL,
    signature text,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (agreement_id, party),
    CHECK (method = 'session' OR signature IS NOT NULL),
    CHECK (party = 'licensee' OR method = 'jws')
);
COMMENT ON COLUMN licensing.agreement_signature.signed IS 'what was signed: the acceptance, or {agreement_hash, acceptance}';

CREATE TABLE licensing.data_grant (
    id uuid PRIMARY KEY,
    agreement_id uuid NOT NULL UNIQUE REFERENCES licensing.agreement,
    evaluation_id uuid NOT NULL REFERENCES licensing.evaluation,
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    terms_sha256 text NOT NULL,
    terms_version integer NOT NULL,
    purpose text NOT NULL REFERENCES licensing.purpose,
    org_class text NOT NULL,
    rule text NOT NULL,
    tier text NOT NULL,
    price jsonb NOT NULL,
    actions text[] NOT NULL,
    modes text[] NOT NULL,
    plan jsonb NOT NULL,
    notice_floor integer NOT NULL,
    min_cohort integer NOT NULL,
    explicit_only boolean NOT NULL,
    quotas jsonb NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    attest_days integer,
    state text NOT NULL CHECK (state IN ('pending', 'active', 'suspended', 'closed', 'revoked', 'expired')),
    epoch bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX grant_of_organisation ON licensing.data_grant (organisation_id, id);
CREATE INDEX grant_of_pool ON licensing.data_grant (pool_id, purpose);
CREATE INDEX grant_ending ON licensing.data_grant (until_at) WHERE state IN ('pending', 'active', 'suspended');
COMMENT ON COLUMN licensing.data_grant.plan IS 'the columns given and their generalisation: [{"name","rule"}]';
COMMENT ON COLUMN licensing.data_grant.explicit_only IS 'special-category pool: only explicit consent counts';
COMMENT ON COLUMN licensing.data_grant.state IS 'the last grant_event''s state; with epoch the only columns that ever change';

CREATE TABLE licensing.grant_event (
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    seq integer NOT NULL,
    command text NOT NULL,
    role text NOT NULL CHECK (role IN ('A', 'S', 'T', 'B', 'P', 'Y')),
    actor uuid,
    from_state text,
    to_state text NOT NULL,
    epoch bigint NOT NULL,
    cause text,
    emergency boolean NOT NULL DEFAULT false,
    until_at timestamptz,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (grant_id, seq)
);
COMMENT ON COLUMN licensing.grant_event.cause IS 'public reason';
COMMENT ON COLUMN licensing.grant_event.emergency IS 'a board''s emergency suspension: ends by itself at until_at, one open per grant';

CREATE FUNCTION licensing.guard_grant() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.epoch <= OLD.epoch
        OR pg_catalog.to_jsonb(NEW) - 'state' - 'epoch' <> pg_catalog.to_jsonb(OLD) - 'state' - 'epoch' THEN
        RAISE EXCEPTION 'licensing.data_grant: only state and a rising epoch change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing.data_grant FOR EACH ROW EXECUTE FUNCTION licensing.guard_grant();
ALTER TABLE licensing.data_grant ENABLE ALWAYS TRIGGER guard;

-- N4, N5: two signatures, one terms hash in agreement, evaluation and grant, and no prohibited purpose, at the commit.
CREATE FUNCTION licensing.check_new_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT pg_catalog.count(*) FROM licensing.agreement_signature AS s WHERE s.agreement_id = NEW.agreement_id) <> 2 THEN
        RAISE EXCEPTION 'licensing.data_grant: % has not two signatures', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM licensing.agreement AS a
                   JOIN licensing.evaluation AS e ON e.terms_sha256 = a.terms_sha256
                   WHERE a.id = NEW.agreement_id AND e.id = NEW.evaluation_id AND a.terms_sha256 = NEW.terms_sha256
                       AND e.decision IN ('permit', 'council')) THEN
        RAISE EXCEPTION 'licensing.data_grant: % and its evaluation and agreement name different terms', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM governance.prohibition_in_force AS p
               JOIN licensing.purpose_below AS b ON b.ancestor = p.purpose AND b.code = NEW.purpose
               WHERE p.from_at <= pg_catalog.clock_timestamp() AND (p.until_at IS NULL OR p.until_at > pg_catalog.clock_timestamp())) THEN
        RAISE EXCEPTION 'licensing.data_grant: purpose % is prohibited', NEW.purpose USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER check_new_grant AFTER INSERT ON licensing.data_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing.check_new_grant();
ALTER TABLE licensing.data_grant ENABLE ALWAYS TRIGGER check_new_grant;

CREATE TABLE licensing.tombstone (
    grant_id uuid NOT NULL REFERENCES licensing.data_grant,
    seq bigint NOT NULL,
    row_ref text NOT NULL CHECK (row_ref ~ '^[0-9A-HJKMNP-TV-Z]{13}$'),
    kind text NOT NULL CHECK (kind IN ('withdrawn', 'erased')),
    effective_at timestamptz NOT NULL,
    ack_due timestamptz NOT NULL,
    PRIMARY KEY (grant_id, seq)
);
COMMENT ON TABLE licensing.tombstone IS 'delivered _row values whose consent or contribution ended';

-- ---- clients ----

CREATE TABLE licensing.client (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{8,63}$'),
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    name text NOT NULL,
    data_plane boolean NOT NULL DEFAULT false,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    ended_at timestamptz
);
CREATE INDEX client_of_organisation ON licensing.client (organisation_id, id);
COMMENT ON COLUMN licensing.client.data_plane IS 'registered by the licensing officer: may ask for scope usage';

CREATE TABLE licensing.client_secret (
    client_id text NOT NULL REFERENCES licensing.client,
    no integer NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    ended_at timestamptz,
    PRIMARY KEY (client_id, no)
);
COMMENT ON TABLE licensing.client_secret IS 'SHA-256 of 256 random bits; two live at most, for rotation';

CREATE FUNCTION licensing.check_live_secrets() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM licensing.client WHERE id = NEW.client_id FOR UPDATE;
    IF (SELECT pg_catalog.count(*) FROM licensing.client_secret WHERE client_id = NEW.client_id AND ended_at IS NULL) > 2 THEN
        RAISE EXCEPTION 'licensing.client_secret: % has two live secrets', NEW.client_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER two_live AFTER INSERT OR UPDATE ON licensing.client_secret FOR EACH ROW EXECUTE FUNCTION licensing.check_live_secrets();

CREATE TABLE licensing.revoked_token (
    jti uuid PRIMARY KEY,
    client_id text NOT NULL REFERENCES licensing.client,
    grant_id uuid REFERENCES licensing.data_grant,
    expires_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE licensing.revoked_token IS 'RFC 7009; the grant''s epoch rises with it, which ends all its tokens at once';

-- ---- what others read ----

CREATE VIEW licensing.grant_overview AS
    SELECT g.id AS grant_id, g.organisation_id, g.pool_id, p.ref AS pool, g.purpose, g.tier, g.terms_version, g.terms_sha256, g.price,
        g.state, g.from_at, g.until_at, o.name AS organisation_name, g.actions, g.modes, g.quotas, g.epoch, g.org_class
    FROM licensing.data_grant AS g
    JOIN licensing.pool AS p USING (pool_id)
    JOIN licensing.organisation AS o USING (organisation_id);

CREATE VIEW licensing.grant_state_overview AS
    SELECT e.grant_id, e.seq, e.to_state AS state, e.epoch, e.at FROM licensing.grant_event AS e;
COMMENT ON VIEW licensing.grant_state_overview IS 'history of each grant''s state, so that a reader can ask what stood at an instant';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['terms_review', 'terms_enacted', 'step', 'application_event', 'evaluation', 'offer', 'agreement',
                                   'agreement_signature', 'grant_event', 'tombstone', 'revoked_token'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing.%I
            FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE licensing.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;
