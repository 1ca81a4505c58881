-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Bank evidence: files while they are read, the history of what an entry was matched to, receipts undone, notices that add details, status reports,
-- files of the inbox.
-- needs: functions/payout/refuse_match.sql
SET LOCAL ROLE ch_payout_owner;

-- ---- what an entry is matched to ----

ALTER TABLE payout.entry_match DROP CONSTRAINT entry_match_step_check, DROP CONSTRAINT entry_match_kind_check, DROP CONSTRAINT second_leaves_suspense,
    DROP CONSTRAINT entry_match_txn_id_key,
    ADD COLUMN reason text CHECK (pg_catalog.length(reason) BETWEEN 1 AND 1000),
    ADD CONSTRAINT entry_match_step CHECK (step >= 1),
    ADD CONSTRAINT entry_match_kind CHECK (kind IN ('receipt', 'suspense', 'suspense_debit', 'payment', 'return', 'bank_fee', 'interest', 'transfer', 'dues', 'grant',
        'reversal', 'send_back'));
CREATE INDEX entry_match_txn ON payout.entry_match (txn_id);
CREATE INDEX entry_match_suspense ON payout.entry_match (entry_id) WHERE kind IN ('suspense', 'suspense_debit');
COMMENT ON TABLE payout.entry_match IS 'history of an entry: step 1 is how it was first booked, from then on suspense and what it was matched to take turns, so that nothing is matched twice';
CREATE TRIGGER match_takes_turns BEFORE INSERT ON payout.entry_match FOR EACH ROW WHEN (NEW.step > 1) EXECUTE FUNCTION payout.refuse_match();
ALTER TABLE payout.entry_match ENABLE ALWAYS TRIGGER match_takes_turns;

CREATE TABLE payout.receipt_undone (
    txn_id uuid PRIMARY KEY REFERENCES payout.receipt,
    undone_txn_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE payout.receipt_undone IS 'receipts whose match was wrong: their slices are open again';
CREATE VIEW payout.paid_slice AS
    SELECT s.* FROM payout.receipt_slice AS s WHERE NOT EXISTS (SELECT FROM payout.receipt_undone AS u WHERE u.txn_id = s.txn_id);
COMMENT ON VIEW payout.paid_slice IS 'the slices of receipts that stand';

ALTER TABLE payout.bank_entry ADD COLUMN servicer_ref text;
CREATE INDEX bank_entry_payer ON payout.bank_entry ((detail->'details'->0->>'debtor_iban')) WHERE minor > 0;
COMMENT ON COLUMN payout.bank_entry.servicer_ref IS 'AcctSvcrRef: what a notice names the entry by';

-- ---- a file while it is read: thrown away when it is booked or refused, and after a crash of the server ----

CREATE UNLOGGED TABLE payout.import_piece (
    import uuid NOT NULL,
    no integer NOT NULL CHECK (no >= 0),
    bytes bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (import, no)
);
ALTER TABLE payout.import_piece ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE UNLOGGED TABLE payout.import_statement (
    import uuid NOT NULL,
    no integer NOT NULL,
    doc jsonb NOT NULL,
    bank_account_id uuid,
    statement_id uuid,
    PRIMARY KEY (import, no)
);
CREATE UNLOGGED TABLE payout.import_entry (
    import uuid NOT NULL,
    statement integer NOT NULL,
    ordinal integer NOT NULL,
    key text,
    minor bigint NOT NULL,
    fee bigint NOT NULL,
    reversal boolean NOT NULL,
    booked_on date,
    value_on date,
    servicer_ref text,
    reference text,
    return_reason text,
    refs text[],
    numbers text[],
    detail jsonb NOT NULL,
    entry_id uuid,
    txn_id uuid,
    first_txn uuid,
    n integer,
    kind text,
    rule text,
    shared boolean NOT NULL DEFAULT false,
    PRIMARY KEY (import, statement, ordinal)
);
CREATE INDEX import_entry_id ON payout.import_entry (import, entry_id);
CREATE INDEX import_entry_n ON payout.import_entry (import, n);
CREATE UNLOGGED TABLE payout.import_claim (
    import uuid NOT NULL,
    entry_id uuid NOT NULL,
    rank smallint NOT NULL,
    invoice_id uuid NOT NULL,
    PRIMARY KEY (import, entry_id, rank, invoice_id)
);
CREATE UNLOGGED TABLE payout.import_invoice (
    import uuid NOT NULL,
    invoice_id uuid NOT NULL,
    open bigint NOT NULL,
    entry_id uuid,
    PRIMARY KEY (import, invoice_id)
);
CREATE UNLOGGED TABLE payout.import_slice (
    import uuid NOT NULL,
    invoice_id uuid NOT NULL,
    line integer NOT NULL,
    pool_id uuid,
    service_month date,
    pool text,
    open bigint NOT NULL
);
CREATE INDEX import_invoice_entry ON payout.import_invoice (import, entry_id);
CREATE INDEX import_slice_invoice ON payout.import_slice (import, invoice_id);
CREATE UNLOGGED TABLE payout.import_payment (
    import uuid NOT NULL,
    entry_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    reason text,
    PRIMARY KEY (import, payment_id, entry_id)
);
CREATE INDEX import_payment_entry ON payout.import_payment (import, entry_id);
COMMENT ON TABLE payout.import_piece IS 'bytes of a file as they came';
COMMENT ON COLUMN payout.import_entry.first_txn IS 'set when the entry is in the book already and waits in suspense: a notice told more of it';
COMMENT ON COLUMN payout.import_entry.n IS 'place of its transaction in the booking: in a statement the credits come before the debits';
COMMENT ON COLUMN payout.import_entry.shared IS 'an invoice it names is named by another entry too: the earlier one is judged first';
COMMENT ON TABLE payout.import_claim IS 'invoices an entry names: rank 1 by creditor reference, 2 by number';
COMMENT ON COLUMN payout.import_invoice.entry_id IS 'the entry that pays it';

-- ---- camt.054 ----

CREATE TABLE payout.bank_notice (
    id uuid PRIMARY KEY,
    bank_account_id uuid NOT NULL REFERENCES payout.bank_account,
    file_sha256 text NOT NULL REFERENCES payout.evidence (sha256),
    no integer NOT NULL,
    servicer_ref text NOT NULL,
    minor bigint NOT NULL CHECK (minor <> 0),
    fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0),
    reference text,
    return_reason text,
    refs text[],
    numbers text[],
    detail jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    UNIQUE (file_sha256, no)
);
CREATE INDEX bank_notice_entry ON payout.bank_notice (bank_account_id, servicer_ref, minor);
CREATE INDEX bank_entry_servicer ON payout.bank_entry (servicer_ref) WHERE servicer_ref IS NOT NULL;
COMMENT ON TABLE payout.bank_notice IS 'details of an entry from camt.054, found by account, AcctSvcrRef and amount: before or after the statement, and never a booking of their own';

-- ---- pain.002 ----

CREATE TABLE payout.status_report (
    id uuid PRIMARY KEY,
    batch_id uuid NOT NULL REFERENCES payout.batch,
    file_sha256 text NOT NULL REFERENCES payout.evidence (sha256),
    message_id text,
    status text,
    reason text,
    answer jsonb NOT NULL,
    read_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    read_by uuid,
    UNIQUE (batch_id, file_sha256)
);
CREATE TABLE payout.status_line (
    report_id uuid NOT NULL REFERENCES payout.status_report,
    payment_id uuid NOT NULL REFERENCES payout.payment,
    level text NOT NULL CHECK (level IN ('group', 'payment', 'transaction')),
    status text NOT NULL,
    reason text,
    servicer_ref text,
    effect text NOT NULL CHECK (effect IN ('noted', 'rejected', 'late')),
    PRIMARY KEY (report_id, payment_id)
);
CREATE INDEX status_line_payment ON payout.status_line (payment_id);
CREATE INDEX status_line_servicer ON payout.status_line (servicer_ref) WHERE servicer_ref IS NOT NULL;
COMMENT ON TABLE payout.status_line IS 'what a report says of a payment: its lowest level counts, a payment it does not reach has no line';
COMMENT ON COLUMN payout.status_line.effect IS 'late: a rejection of what is booked or ended already; it changes nothing and the treasurer is told';

-- ---- inbox ----

CREATE TABLE payout.inbox_file (
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    name text NOT NULL,
    outcome text NOT NULL,
    detail text,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (sha256, name, outcome)
);
COMMENT ON TABLE payout.inbox_file IS 'files the worker found in the inbox folder and what became of them';

SELECT payout.make_append_only(t::regclass) FROM pg_catalog.unnest(ARRAY['payout.receipt_undone', 'payout.bank_notice', 'payout.status_report', 'payout.status_line',
    'payout.inbox_file']) AS t;

RESET ROLE;
