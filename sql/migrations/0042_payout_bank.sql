-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Own bank accounts, statements, entries and what each entry was matched to.
SET LOCAL ROLE ch_payout_owner;

CREATE TABLE payout.bank_account (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    iban text NOT NULL UNIQUE CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    bic text CHECK (bic ~ '^[A-Z0-9]{8}([A-Z0-9]{3})?$'),
    holder text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    profile text NOT NULL CHECK (profile ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    salt bytea NOT NULL CHECK (pg_catalog.octet_length(salt) = 32),
    opening bigint NOT NULL DEFAULT 0 CHECK (opening >= 0),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    created_by uuid
);
COMMENT ON COLUMN payout.bank_account.name IS 'component of Assets:Bank:<name>';
COMMENT ON COLUMN payout.bank_account.profile IS 'file of deploy/bank-profiles without .json';
COMMENT ON COLUMN payout.bank_account.opening IS 'what the account held before its first statement here: booked against suspense';
COMMENT ON COLUMN payout.bank_account.salt IS 'of the IBAN commitment in the log';

CREATE TABLE payout.bank_statement (
    id uuid PRIMARY KEY,
    bank_account_id uuid NOT NULL REFERENCES payout.bank_account,
    statement_ref text NOT NULL,
    sequence bigint CHECK (sequence >= 0),
    file_sha256 text NOT NULL REFERENCES payout.evidence (sha256),
    from_on date,
    to_on date NOT NULL,
    opening bigint NOT NULL,
    closing bigint NOT NULL,
    previous uuid UNIQUE REFERENCES payout.bank_statement,
    entries integer NOT NULL,
    no bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    imported_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    imported_by uuid,
    UNIQUE (bank_account_id, statement_ref)
);
CREATE INDEX bank_statement_file ON payout.bank_statement (file_sha256);
CREATE UNIQUE INDEX bank_statement_first ON payout.bank_statement (bank_account_id) WHERE previous IS NULL;
COMMENT ON TABLE payout.bank_statement IS 'a chain for each account: opening is the previous closing';

CREATE TABLE payout.bank_entry (
    id uuid PRIMARY KEY,
    statement_id uuid NOT NULL REFERENCES payout.bank_statement,
    entry_key text NOT NULL UNIQUE,
    ordinal integer NOT NULL,
    minor bigint NOT NULL CHECK (minor <> 0),
    fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0),
    status text NOT NULL CHECK (status = 'BOOK'),
    reversal boolean NOT NULL DEFAULT false,
    booked_on date NOT NULL,
    value_on date,
    reference text,
    return_reason text,
    detail jsonb NOT NULL
);
CREATE INDEX bank_entry_statement ON payout.bank_entry (statement_id, ordinal);
COMMENT ON COLUMN payout.bank_entry.entry_key IS 'IBAN, statement id and AcctSvcrRef, else hash of the fields and ordinal among equals';
COMMENT ON COLUMN payout.bank_entry.minor IS 'credit positive: what the account gained';
COMMENT ON COLUMN payout.bank_entry.reference IS 'structured creditor reference';

CREATE TABLE payout.entry_match (
    entry_id uuid NOT NULL REFERENCES payout.bank_entry,
    step smallint NOT NULL CHECK (step IN (1, 2)),
    kind text NOT NULL CHECK (kind IN ('receipt', 'suspense', 'suspense_debit', 'payment', 'return', 'bank_fee', 'interest', 'transit',
        'dues', 'grant')),
    txn_id uuid NOT NULL UNIQUE,
    rule text NOT NULL,
    matched_by uuid,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (entry_id, step),
    CONSTRAINT second_leaves_suspense CHECK (step = 1 OR kind NOT IN ('suspense', 'suspense_debit'))
);
COMMENT ON TABLE payout.entry_match IS 'step 1: how the entry was first booked; step 2: what it was assigned to out of suspense. No entry twice';

SELECT payout.make_append_only(t::regclass) FROM pg_catalog.unnest(ARRAY['payout.bank_statement', 'payout.bank_entry',
    'payout.entry_match']) AS t;

RESET ROLE;
