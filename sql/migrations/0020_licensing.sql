-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Licensing, first half: purposes, pools and their charters, organisations, uploads and contributions, consent.
SET LOCAL ROLE ch_licensing_owner;

-- Rows that are never changed or taken back. ENABLE ALWAYS, so that replica mode does not lift it.
CREATE FUNCTION licensing.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'licensing.% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END
$$;

-- ---- purposes and regions ----

CREATE TABLE licensing.purpose (
    code text PRIMARY KEY CHECK (code ~ '^[A-Z]+(\.[A-Z]+)*$'),
    assignable boolean NOT NULL,
    default_tier text NOT NULL CHECK (default_tier IN ('free', 'cost', 'commercial', 'vote', 'prohibited')),
    match text NOT NULL CHECK (match IN ('exact', 'narrower', 'broader', 'related', 'own')),
    dpv text[] NOT NULL,
    duo text,
    position integer NOT NULL,
    since_version integer NOT NULL
);
COMMENT ON TABLE licensing.purpose IS 'the tree of purposes, from sql/reference/purposes.csv; it only grows';
COMMENT ON COLUMN licensing.purpose.match IS 'how the code relates to the IRIs, which are labels only: an incoming IRI maps only where this is exact';

CREATE TABLE licensing.purpose_edge (
    child text NOT NULL REFERENCES licensing.purpose,
    parent text NOT NULL REFERENCES licensing.purpose,
    PRIMARY KEY (child, parent),
    CHECK (child <> parent)
);

CREATE VIEW licensing.purpose_walk AS
    WITH RECURSIVE below (ancestor, code) AS (
        SELECT code, code FROM licensing.purpose
        UNION
        SELECT b.ancestor, e.child FROM below AS b JOIN licensing.purpose_edge AS e ON e.parent = b.code)
    SELECT ancestor, code FROM below;
COMMENT ON VIEW licensing.purpose_walk IS 'each code with itself and all below it, over any parent; walked anew each time';

CREATE TABLE licensing.purpose_closure (
    ancestor text NOT NULL REFERENCES licensing.purpose,
    code text NOT NULL REFERENCES licensing.purpose,
    PRIMARY KEY (ancestor, code)
);
COMMENT ON TABLE licensing.purpose_closure IS 'purpose_walk as of the last load: the planner takes a recursion for so dear that it compiles it, which costs most of a second';

CREATE VIEW licensing.purpose_below AS
    SELECT ancestor, code FROM licensing.purpose_closure;
COMMENT ON VIEW licensing.purpose_below IS 'each code with itself and all below it, over any parent';

CREATE TABLE licensing.region (
    code text PRIMARY KEY CHECK (code ~ '^[A-Z]{2}$'),
    groups text[] NOT NULL
);
COMMENT ON TABLE licensing.region IS 'ISO 3166-1 alpha-2 and the groups EU, EEA, WORLD, from sql/reference/regions.csv';

CREATE TABLE licensing.reference_version (
    name text NOT NULL,
    version integer NOT NULL,
    sha256 text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (name, version)
);

-- ---- pools ----

CREATE TABLE licensing.pool (
    pool_id uuid PRIMARY KEY,
    ref text NOT NULL UNIQUE CHECK (ref ~ '^[a-z][a-z0-9-]{0,31}$'),
    title text NOT NULL CHECK (pg_catalog.length(title) BETWEEN 3 AND 200),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'open', 'paused', 'closed')),
    schema jsonb NOT NULL,
    schema_canonical text NOT NULL,
    schema_sha256 text NOT NULL CHECK (schema_sha256 ~ '^[0-9a-f]{64}$'),
    revision bigint NOT NULL DEFAULT 1,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    opened_at timestamptz
);
COMMENT ON TABLE licensing.pool IS 'one typed table of pooldata plus its rules; the ref is its name in documents, accounts and paths';
COMMENT ON COLUMN licensing.pool.schema IS 'Frictionless Table Schema: the column contract';
COMMENT ON COLUMN licensing.pool.revision IS 'rises with each change: the ETag';

CREATE TABLE licensing.pool_version (
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    version integer NOT NULL CHECK (version > 0),
    charter jsonb NOT NULL,
    schema jsonb NOT NULL,
    sha256 text NOT NULL,
    schema_sha256 text NOT NULL,
    proposal_id uuid,
    from_at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, version)
);
COMMENT ON TABLE licensing.pool_version IS 'enacted charters; the one with the highest version is current';

CREATE TABLE licensing.notice (
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    n integer NOT NULL CHECK (n > 0),
    language text NOT NULL,
    text text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    origin text NOT NULL CHECK (origin IN ('charter', 'terms')),
    origin_version integer NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, n)
);
COMMENT ON TABLE licensing.notice IS 'texts members consent to; the highest n is current';

-- ---- organisations ----

CREATE TABLE licensing.organisation (
    organisation_id uuid PRIMARY KEY,
    name text NOT NULL CHECK (pg_catalog.length(name) BETWEEN 2 AND 200),
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    vat_id text,
    address jsonb NOT NULL DEFAULT '{}',
    claimed_class text NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);

CREATE TABLE licensing.organisation_class (
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    from_at timestamptz NOT NULL,
    class text NOT NULL CHECK (class IN ('public_body', 'university', 'non_profit', 'cooperative', 'small_company', 'company',
                                         'security_body', 'member')),
    verified_by uuid NOT NULL,
    evidence text NOT NULL,
    method text NOT NULL DEFAULT 'officer',
    PRIMARY KEY (organisation_id, from_at)
);
COMMENT ON TABLE licensing.organisation_class IS 'verified classes, each until the next row: so ranges cannot overlap';

CREATE TABLE licensing.person_of_organisation (
    person_id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    display_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('applicant', 'signatory')),
    added_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    left_at timestamptz
);
CREATE INDEX person_by_organisation ON licensing.person_of_organisation (organisation_id);
COMMENT ON COLUMN licensing.person_of_organisation.role IS 'a signatory may do all an applicant may, and bind the organisation';

CREATE TABLE licensing.attestation (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    kind text NOT NULL CHECK (kind IN ('non_commercial', 'ethics_approval', 'yearly_report')),
    statement text NOT NULL,
    method text NOT NULL DEFAULT 'declaration',
    attested_by uuid NOT NULL,
    attested_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX attestation_latest ON licensing.attestation (organisation_id, kind, attested_at DESC);

-- ---- contributions ----

CREATE TABLE licensing.contribution (
    id uuid PRIMARY KEY,
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    member_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL DEFAULT 'awaiting_upload' CHECK (state IN ('awaiting_upload', 'received', 'validating', 'accepted', 'rejected',
                                                                   'superseded', 'withdrawn', 'erased')),
    format text NOT NULL CHECK (format IN ('csv', 'ndjson')),
    dialect jsonb NOT NULL,
    provenance jsonb NOT NULL,
    licence jsonb NOT NULL,
    charter_version integer NOT NULL,
    accept_partial boolean NOT NULL,
    replaces uuid REFERENCES licensing.contribution,
    declared_sha256 text,
    sha256 text,
    size bigint,
    rows bigint,
    bad_rows bigint,
    quality_ppm integer CHECK (quality_ppm BETWEEN 0 AND 1000000),
    quality jsonb,
    reason text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    decided_at timestamptz,
    ended_at timestamptz,
    rows_deleted_at timestamptz,
    UNIQUE (pool_id, member_id, version)
);
CREATE INDEX contribution_of_member ON licensing.contribution (member_id, id);
CREATE INDEX contribution_accepted ON licensing.contribution (pool_id, member_id) WHERE state = 'accepted';
COMMENT ON COLUMN licensing.contribution.ended_at IS 'when an accepted one was superseded, withdrawn or erased: no use from that commit on';
COMMENT ON COLUMN licensing.contribution.reason IS 'why it was rejected: a slug';

CREATE TABLE licensing.contribution_error (
    contribution_id uuid NOT NULL REFERENCES licensing.contribution,
    n integer NOT NULL CHECK (n BETWEEN 1 AND 100),
    line bigint NOT NULL,
    row bigint,
    column_name text,
    reason text NOT NULL,
    value text CHECK (pg_catalog.length(value) <= 40),
    PRIMARY KEY (contribution_id, n)
);
COMMENT ON COLUMN licensing.contribution_error.value IS 'at most 40 characters, shown to the contributor alone';

CREATE TABLE licensing.upload (
    id uuid PRIMARY KEY,
    contribution_id uuid NOT NULL REFERENCES licensing.contribution,
    member_id uuid NOT NULL,
    length bigint NOT NULL CHECK (length >= 0),
    received bigint NOT NULL DEFAULT 0,
    metadata text NOT NULL,
    filename text,
    declared_sha256 text,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'ended')),
    lease uuid,
    lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    expires_at timestamptz NOT NULL,
    file_due_at timestamptz,
    CHECK (received BETWEEN 0 AND length)
);
CREATE UNIQUE INDEX upload_live ON licensing.upload (contribution_id) WHERE state <> 'ended';
CREATE INDEX upload_file_due ON licensing.upload (file_due_at) WHERE file_due_at IS NOT NULL;
COMMENT ON COLUMN licensing.upload.received IS 'durable bytes: written, synced, then committed here';
COMMENT ON COLUMN licensing.upload.lease IS 'the one PATCH that may write now';
COMMENT ON COLUMN licensing.upload.file_due_at IS 'from then on the file may go; NULL: not yet known, or gone';

-- ---- consent ----

CREATE TABLE licensing.consent_event (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    record_id uuid NOT NULL,
    member_id uuid NOT NULL,
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    purpose text NOT NULL REFERENCES licensing.purpose,
    recipient_class text NOT NULL,
    state text NOT NULL CHECK (state IN ('requested', 'deferred', 'given', 'renewed', 'refused', 'withdrawn', 'terminated', 'expired',
                                         'invalidated', 'unknown')),
    type text NOT NULL CHECK (type IN ('expressed', 'explicit')),
    notice integer NOT NULL,
    language text NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz,
    actor text NOT NULL,
    FOREIGN KEY (pool_id, notice) REFERENCES licensing.notice (pool_id, n)
);
CREATE INDEX consent_event_of_member ON licensing.consent_event (member_id, pool_id, purpose, recipient_class, at DESC, seq DESC);
COMMENT ON TABLE licensing.consent_event IS 'insert only, in the words of ISO/IEC TS 27560:2023';
COMMENT ON COLUMN licensing.consent_event.record_id IS 'one per switch: the events of one act share it';
COMMENT ON COLUMN licensing.consent_event.actor IS 'member, trust or clock: who acted, never a name';

CREATE TABLE licensing.consent_salt (
    event_id uuid PRIMARY KEY REFERENCES licensing.consent_event,
    salt bytea NOT NULL CHECK (pg_catalog.octet_length(salt) = 32)
);
COMMENT ON TABLE licensing.consent_salt IS 'salts of the commitments in the transparency log; deleting one is the erasure of that leaf';

CREATE TABLE licensing.consent_current (
    pool_id uuid NOT NULL,
    purpose text NOT NULL,
    recipient_class text NOT NULL,
    member_id uuid NOT NULL,
    event_id uuid NOT NULL REFERENCES licensing.consent_event,
    permits boolean NOT NULL,
    explicit boolean NOT NULL,
    notice integer NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz,
    PRIMARY KEY (pool_id, purpose, recipient_class, member_id)
);
CREATE INDEX consent_current_of_member ON licensing.consent_current (member_id);
COMMENT ON TABLE licensing.consent_current IS 'the fold of consent_event: the latest deciding event per key, kept by licensing.append_consent alone';

CREATE TABLE licensing.consent_epoch (
    pool_id uuid PRIMARY KEY REFERENCES licensing.pool,
    epoch bigint NOT NULL DEFAULT 1
);
COMMENT ON TABLE licensing.consent_epoch IS 'rises with every change of what consent covers, under the pool''s advisory lock';

-- ---- what others read ----

CREATE VIEW licensing.covered_contribution AS
    SELECT c.pool_id, k.purpose, k.recipient_class, k.notice, k.until AS until_at, c.id AS contribution_id, c.member_id, k.explicit
    FROM licensing.contribution AS c
    JOIN licensing.consent_current AS k ON k.pool_id = c.pool_id AND k.member_id = c.member_id
    WHERE c.state = 'accepted' AND k.permits AND (k.until IS NULL OR k.until > pg_catalog.statement_timestamp());
COMMENT ON VIEW licensing.covered_contribution IS 'accepted contributions with the consent that covers them now; the reader compares notice with the grant''s floor and, for a special-category pool, asks for explicit';

CREATE VIEW licensing.contribution_overview AS
    SELECT c.id AS contribution_id, c.pool_id, p.ref AS pool, c.member_id, c.state, c.rows, c.quality_ppm,
        c.decided_at AS from_at, c.ended_at AS until_at
    FROM licensing.contribution AS c JOIN licensing.pool AS p USING (pool_id);
COMMENT ON VIEW licensing.contribution_overview IS 'from_at: acceptance or rejection; until_at: end of use';

CREATE VIEW licensing.organisation_overview AS
    SELECT o.organisation_id, o.name, o.country, o.vat_id, o.address,
        (SELECT k.class FROM licensing.organisation_class AS k
         WHERE k.organisation_id = o.organisation_id AND k.from_at <= pg_catalog.statement_timestamp()
         ORDER BY k.from_at DESC LIMIT 1) AS class
    FROM licensing.organisation AS o;

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['pool_version', 'notice', 'organisation_class', 'attestation', 'consent_event', 'contribution_error',
                                   'reference_version'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing.%I
            FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE licensing.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;
