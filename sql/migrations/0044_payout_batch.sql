-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Payee accounts, holds, batches, payments, approvals.
SET LOCAL ROLE ch_payout_owner;

CREATE TABLE payout.payee_account (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    iban_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    iban_hint text NOT NULL CHECK (iban_hint ~ '^[A-Z]{2}[0-9]{2} \.\.\. [A-Z0-9]{4}$'),
    commitment text NOT NULL CHECK (commitment ~ '^[0-9a-f]{64}$'),
    proposed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    UNIQUE (member_id, version)
);
COMMENT ON TABLE payout.payee_account IS 'one row a version; what happened to it later is in payee_account_event';
COMMENT ON COLUMN payout.payee_account.iban_sealed IS 'AES-256-GCM under the member''s key';
COMMENT ON COLUMN payout.payee_account.commitment IS 'SHA-256(salt, IBAN): id of its leaf';
CREATE TABLE payout.payee_salt (
    id uuid PRIMARY KEY REFERENCES payout.payee_account,
    salt bytea NOT NULL CHECK (pg_catalog.octet_length(salt) = 32)
);
COMMENT ON TABLE payout.payee_salt IS 'apart from the version, because deleting a salt is the erasure';

CREATE TABLE payout.payee_account_event (
    id uuid NOT NULL REFERENCES payout.payee_account,
    kind text NOT NULL CHECK (kind IN ('confirmed', 'second', 'blocked')),
    actor uuid,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    usable_at timestamptz,
    reason text,
    PRIMARY KEY (id, kind)
);
COMMENT ON COLUMN payout.payee_account_event.kind IS 'confirmed: by the member; second: by another person, changes only';
COMMENT ON COLUMN payout.payee_account_event.usable_at IS 'end of the cool-down, on the last confirmation needed';

CREATE TABLE payout.member_key (
    member_id uuid PRIMARY KEY,
    wrapped bytea NOT NULL CHECK (pg_catalog.octet_length(wrapped) = 40)
);
COMMENT ON TABLE payout.member_key IS 'key of a member''s account data, wrapped by the service secret; deleting the row erases what it sealed';

CREATE TABLE payout.hold (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN ('BankMissing', 'TaxForm', 'Dispute', 'Returned', 'Rejected', 'Consent', 'Sanctions')),
    minor bigint NOT NULL CHECK (minor > 0),
    txn_id uuid NOT NULL,
    since timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    released_txn_id uuid,
    released_at timestamptz,
    CONSTRAINT hold_released CHECK ((released_txn_id IS NULL) = (released_at IS NULL))
);
CREATE INDEX hold_open ON payout.hold (member_id, reason) WHERE released_at IS NULL;

CREATE TABLE payout.approver_key (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL,
    public_key bytea NOT NULL UNIQUE CHECK (pg_catalog.octet_length(public_key) = 32),
    from_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    revoked_at timestamptz
);
COMMENT ON TABLE payout.approver_key IS 'public halves; the approver keeps the private one';

CREATE TABLE payout.batch (
    id uuid PRIMARY KEY,
    bank_account_id uuid NOT NULL REFERENCES payout.bank_account,
    state text NOT NULL CHECK (state IN ('draft', 'frozen', 'approved', 'releasing', 'unknown', 'sent', 'refused', 'closed', 'cancelled')),
    currency text NOT NULL,
    execution_on date NOT NULL,
    count integer NOT NULL CHECK (count > 0),
    total bigint NOT NULL CHECK (total BETWEEN 1 AND 9007199254740991),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    message_id text UNIQUE CHECK (message_id ~ '^CH[0-9A-HJKMNP-TV-Z]{26}$'),
    file_sha256 text REFERENCES payout.evidence (sha256),
    frozen_at timestamptz,
    txn_id uuid UNIQUE,
    reason text,
    listed jsonb NOT NULL DEFAULT '[]',
    CONSTRAINT batch_frozen CHECK (state IN ('draft', 'cancelled') OR file_sha256 IS NOT NULL),
    CONSTRAINT batch_released CHECK (state IN ('draft', 'frozen', 'approved', 'cancelled') OR txn_id IS NOT NULL)
);
COMMENT ON COLUMN payout.batch.listed IS 'members left out without a posting: below_minimum, cool_down';

CREATE TABLE payout.payment (
    id uuid PRIMARY KEY,
    batch_id uuid NOT NULL REFERENCES payout.batch,
    member_id uuid NOT NULL,
    payee_account_id uuid NOT NULL REFERENCES payout.payee_account,
    minor bigint NOT NULL CHECK (minor BETWEEN 1 AND 99999999999),
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'in_flight', 'booked', 'returned', 'rejected', 'cancelled')),
    end_to_end_id text NOT NULL UNIQUE CHECK (end_to_end_id ~ '^E[0-9A-HJKMNP-TV-Z]{26}$'),
    uetr uuid NOT NULL UNIQUE,
    retries uuid UNIQUE REFERENCES payout.payment,
    booked_txn_id uuid,
    entry_id uuid REFERENCES payout.bank_entry,
    booked_on date,
    UNIQUE (batch_id, member_id),
    CONSTRAINT payment_booked CHECK (state NOT IN ('booked', 'returned') OR (booked_txn_id IS NOT NULL AND entry_id IS NOT NULL))
);
CREATE UNIQUE INDEX payment_live ON payout.payment (member_id) WHERE state = 'queued';
CREATE INDEX payment_member ON payout.payment (member_id);
CREATE INDEX payment_in_flight ON payout.payment (batch_id) WHERE state = 'in_flight';
COMMENT ON INDEX payout.payment_live IS 'a member waits in one batch only: two drafts cannot promise the same payable';

CREATE TABLE payout.approval (
    id uuid PRIMARY KEY,
    batch_id uuid NOT NULL REFERENCES payout.batch,
    member_id uuid NOT NULL,
    office_id uuid NOT NULL,
    body text NOT NULL,
    key_id uuid NOT NULL REFERENCES payout.approver_key,
    text text NOT NULL,
    signature bytea NOT NULL CHECK (pg_catalog.octet_length(signature) = 64),
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    UNIQUE (batch_id, member_id),
    UNIQUE (batch_id, key_id)
);
COMMENT ON COLUMN payout.approval.text IS 'the signed lines: bytes, not a screen';

CREATE TABLE payout.batch_event (
    batch_id uuid NOT NULL REFERENCES payout.batch,
    no integer NOT NULL,
    state text NOT NULL,
    actor uuid,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    reason text,
    PRIMARY KEY (batch_id, no)
);

CREATE FUNCTION payout.refuse_batch_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'batches are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft' AND (pg_catalog.to_jsonb(OLD) - '{state,txn_id,reason}'::text[])
        IS DISTINCT FROM (pg_catalog.to_jsonb(NEW) - '{state,txn_id,reason}'::text[]) THEN
        RAISE EXCEPTION 'batch % is frozen: nothing changes any more', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.txn_id IS NOT NULL AND OLD.txn_id IS DISTINCT FROM NEW.txn_id THEN
        RAISE EXCEPTION 'batch % is released already', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'frozen'), ('draft', 'cancelled'), ('frozen', 'approved'),
        ('frozen', 'cancelled'), ('approved', 'releasing'), ('approved', 'cancelled'), ('releasing', 'sent'), ('releasing', 'refused'),
        ('releasing', 'unknown'), ('unknown', 'sent'), ('unknown', 'refused'), ('sent', 'closed'), ('refused', 'closed')) THEN
        RAISE EXCEPTION 'batch % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    -- Y8: three people, two offices, before anything is released.
    IF NEW.state IN ('approved', 'releasing') AND OLD.state <> NEW.state AND (
        SELECT pg_catalog.count(DISTINCT member_id) FROM payout.approval WHERE batch_id = NEW.id AND member_id <> NEW.made_by) < 2 THEN
        RAISE EXCEPTION 'batch % has not been approved by two people other than its maker', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER batch_forward BEFORE UPDATE OR DELETE ON payout.batch
    FOR EACH ROW EXECUTE FUNCTION payout.refuse_batch_change();
ALTER TABLE payout.batch ENABLE ALWAYS TRIGGER batch_forward;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.batch FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.batch ENABLE ALWAYS TRIGGER no_truncate;

CREATE FUNCTION payout.refuse_payment_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'payments are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (pg_catalog.to_jsonb(OLD) - '{state,booked_txn_id,entry_id,booked_on}'::text[])
        IS DISTINCT FROM (pg_catalog.to_jsonb(NEW) - '{state,booked_txn_id,entry_id,booked_on}'::text[]) THEN
        RAISE EXCEPTION 'payment % does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('queued', 'in_flight'), ('queued', 'cancelled'), ('in_flight', 'booked'),
        ('booked', 'returned'), ('in_flight', 'rejected')) THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payment_forward BEFORE UPDATE OR DELETE ON payout.payment
    FOR EACH ROW EXECUTE FUNCTION payout.refuse_payment_change();
ALTER TABLE payout.payment ENABLE ALWAYS TRIGGER payment_forward;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.payment FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.payment ENABLE ALWAYS TRIGGER no_truncate;

SELECT payout.make_append_only(t::regclass) FROM pg_catalog.unnest(ARRAY['payout.payee_account', 'payout.payee_account_event',
    'payout.approval', 'payout.batch_event']) AS t;

RESET ROLE;
