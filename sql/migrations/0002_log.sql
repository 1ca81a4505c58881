-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The transparency log's tables, the outbox that feeds it, answers of writes kept for repeats, and public signing keys.
SET LOCAL ROLE ch_log_owner;

CREATE TYPE log.answer AS (outcome text, body jsonb);
COMMENT ON TYPE log.answer IS 'what every write answers: a slug of errors.def and its JSON';

CREATE TABLE log.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL CHECK (topic IN ('leaf', 'notice', 'webhook')),
    unique_key text UNIQUE,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    done_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    last_error text
);
CREATE INDEX outbox_waiting ON log.outbox (topic, next_at, id) WHERE done_at IS NULL;
COMMENT ON TABLE log.outbox IS 'written in the transaction of the business row, worked off by the worker';
COMMENT ON COLUMN log.outbox.unique_key IS 'once per key where a topic must not say a thing twice (notice:member:subject:kind)';

CREATE TABLE log.entry_type (
    type text PRIMARY KEY CHECK (type ~ '^[a-z][a-z0-9_]{0,31}$'),
    schema_name text NOT NULL,
    about text NOT NULL
);
COMMENT ON TABLE log.entry_type IS 'types a leaf may have; an unknown one is refused';

CREATE TABLE log.entry (
    index bigint PRIMARY KEY CHECK (index >= 0),
    outbox_id bigint NOT NULL UNIQUE,
    type text NOT NULL REFERENCES log.entry_type,
    object_id text NOT NULL,
    object_sha256 text NOT NULL CHECK (object_sha256 ~ '^[0-9a-f]{64}$'),
    prev bigint NOT NULL CHECK (prev >= -1 AND prev < index),
    at timestamptz NOT NULL,
    leaf_hash bytea NOT NULL CHECK (pg_catalog.octet_length(leaf_hash) = 32),
    bytes bytea NOT NULL CHECK (pg_catalog.octet_length(bytes) BETWEEN 2 AND 65535)
);
CREATE INDEX entry_object ON log.entry (type, object_id, index DESC);
COMMENT ON TABLE log.entry IS 'the leaves: canonical JSON bytes (audit.md section 6) and their RFC 6962 leaf hash';
COMMENT ON COLUMN log.entry.prev IS 'index of the previous leaf of the same type and object, -1 if none';

CREATE TABLE log.tile (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    number bigint NOT NULL CHECK (number >= 0),
    width smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
    hashes bytea NOT NULL,
    PRIMARY KEY (level, number, width),
    CHECK (pg_catalog.octet_length(hashes) = width * 32)
);
COMMENT ON TABLE log.tile IS 'C2SP tlog-tiles: full tiles and every partial width a checkpoint had; immutable';

CREATE TABLE log.checkpoint (
    size bigint PRIMARY KEY CHECK (size >= 0),
    root bytea NOT NULL CHECK (pg_catalog.octet_length(root) = 32),
    frontier bytea NOT NULL,
    text text NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE log.checkpoint IS 'signed C2SP checkpoints; size is unique, so no size is ever signed with two roots';
COMMENT ON COLUMN log.checkpoint.frontier IS 'roots of the full subtrees, left to right, 32 bytes each: what appending needs';

CREATE TABLE log.key (
    vkey text PRIMARY KEY,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    reason text NOT NULL
);
COMMENT ON TABLE log.key IS 'checkpoint keys of this log, as note verifier keys';

CREATE TABLE log.health (
    one boolean PRIMARY KEY CHECK (one),
    reason text,
    at timestamptz NOT NULL
);
COMMENT ON TABLE log.health IS 'why the sequencer refuses to sign; NULL: it signs';

CREATE TABLE log.signing_key (
    kid text PRIMARY KEY,
    public_key bytea NOT NULL CHECK (pg_catalog.octet_length(public_key) = 32),
    use text NOT NULL CHECK (use IN ('person', 'client', 'receipt', 'agreement', 'delivery')),
    from_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    until_at timestamptz
);
COMMENT ON TABLE log.signing_key IS 'public halves of the Ed25519 keys that sign tokens and receipts; read by every role at start and on NOTIFY signing_key';

CREATE TABLE log.idempotency (
    schema_name text NOT NULL,
    actor text NOT NULL,
    key text NOT NULL CHECK (pg_catalog.length(key) BETWEEN 1 AND 128),
    request_sha256 bytea NOT NULL,
    outcome text NOT NULL,
    body jsonb,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (schema_name, actor, key)
);
COMMENT ON TABLE log.idempotency IS 'answers of keyed writes: same key and same request, the same answer again';

INSERT INTO log.entry_type (type, schema_name, about) VALUES
    ('charter', 'governance', 'the founding charter'), ('schema', 'governance', 'a migration script'),
    ('proposal', 'governance', 'frozen text of a proposal'), ('roll', 'governance', 'the roll of a vote'),
    ('ballots', 'governance', 'ballot records of a box'), ('vote_result', 'governance', 'a tally'),
    ('rule', 'governance', 'an enacted rule row or benefit rule'), ('terms', 'governance', 'enacted terms'),
    ('prohibition', 'governance', 'an enacted prohibition'), ('office', 'governance', 'an office taken or left'),
    ('asset', 'governance', 'an asset registered or passed on'),
    ('agreement', 'licensing', 'a signed agreement'), ('grant', 'licensing', 'a licence grant'),
    ('consent', 'licensing', 'a consent event'),
    ('usage', 'metering', 'a batch of usage, or the seal of a month'),
    ('invoice', 'payout', 'an issued invoice'), ('txn', 'payout', 'a journal transaction'),
    ('bank_statement', 'payout', 'an imported bank statement'), ('run_inputs', 'payout', 'frozen inputs of a run'),
    ('run_result', 'payout', 'result of a run'), ('payee_account', 'payout', 'a payee account version'),
    ('batch', 'payout', 'a frozen bank file'), ('approval', 'payout', 'an approval of a batch'),
    ('batch_event', 'payout', 'a state change of a batch'), ('period', 'payout', 'a closed period'),
    ('audit_report', 'audit', 'a report of the auditor'), ('key_event', 'log', 'a key added, retired, recovered');

RESET ROLE;
