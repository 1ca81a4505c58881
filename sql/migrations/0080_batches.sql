-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Batches that pay more than members' distributions: refunds, bills from funds, receipts sent back; new attempts at payments that failed; what
-- was handed to the rail; commitments of funds.
-- needs: functions/payout/refuse_bill_change.sql
-- needs: functions/payout/refuse_commitment_change.sql
-- needs: functions/payout/check_approval.sql
SET LOCAL ROLE ch_payout_owner;

ALTER TABLE payout.payee_account ADD COLUMN details_sealed bytea;
COMMENT ON COLUMN payout.payee_account.details_sealed IS 'BIC and address, where the bank needs them: JSON under the member''s key';

CREATE VIEW payout.usable_payee AS
    SELECT n.member_id, n.id
    FROM (SELECT DISTINCT ON (a.member_id) a.member_id, a.id FROM payout.payee_account AS a JOIN payout.payee_account_event AS e ON e.id = a.id
          WHERE e.usable_at <= pg_catalog.clock_timestamp() ORDER BY a.member_id, a.version DESC) AS n
    WHERE NOT EXISTS (SELECT FROM payout.payee_account_event AS b WHERE b.id = n.id AND b.kind = 'blocked');
COMMENT ON VIEW payout.usable_payee IS 'the account each member is paid on: the newest whose cool-down is over, unless it is blocked';

-- -- funds --

CREATE TABLE payout.commitment (
    id uuid PRIMARY KEY,
    fund text NOT NULL CHECK (fund ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    resolution text NOT NULL,
    purpose text NOT NULL,
    minor bigint NOT NULL CHECK (minor BETWEEN 1 AND 9007199254740991),
    spent bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    lapsed bigint NOT NULL DEFAULT 0 CHECK (lapsed >= 0),
    txn_id uuid NOT NULL UNIQUE,
    lapse_txn_id uuid UNIQUE,
    lapse_reason text,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    lapsed_at timestamptz,
    CONSTRAINT commitment_within CHECK (spent + lapsed <= minor),
    CONSTRAINT commitment_lapse CHECK ((lapse_txn_id IS NULL) = (lapsed_at IS NULL) AND (lapse_txn_id IS NULL) = (lapsed = 0))
);
CREATE INDEX commitment_fund ON payout.commitment (fund, id);
COMMENT ON TABLE payout.commitment IS 'money of a fund promised under a resolution (event 22)';
COMMENT ON COLUMN payout.commitment.fund IS 'component of Equity:Fund:<fund> and Equity:Committed:<fund>';
COMMENT ON COLUMN payout.commitment.lapsed IS 'what went back into the fund unspent';

-- -- bills: what is owed to others than members and leaves by a batch --

CREATE TABLE payout.bill (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('refund', 'creditor', 'send_back')),
    path text NOT NULL CHECK (path ~ '^Liabilities:(Refundable:|Creditor:|Suspense:Unmatched$)'),
    minor bigint NOT NULL CHECK (minor BETWEEN 1 AND 99999999999),
    iban_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    details_sealed bytea,
    iban_hint text NOT NULL CHECK (iban_hint ~ '^[A-Z]{2}[0-9]{2} \.\.\. [A-Z0-9]{4}$'),
    remittance text NOT NULL,
    licensee uuid,
    commitment_id uuid REFERENCES payout.commitment,
    entry_id uuid REFERENCES payout.bank_entry,
    txn_id uuid UNIQUE,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    withdrawn_at timestamptz,
    withdrawn_by uuid,
    CONSTRAINT bill_about CHECK (CASE kind WHEN 'refund' THEN licensee IS NOT NULL AND commitment_id IS NULL AND entry_id IS NULL
        WHEN 'creditor' THEN commitment_id IS NOT NULL AND txn_id IS NOT NULL AND licensee IS NULL AND entry_id IS NULL
        ELSE entry_id IS NOT NULL AND licensee IS NULL AND commitment_id IS NULL END)
);
CREATE INDEX bill_open ON payout.bill (kind, id) WHERE withdrawn_at IS NULL;
CREATE UNIQUE INDEX bill_entry ON payout.bill (entry_id) WHERE withdrawn_at IS NULL;
COMMENT ON COLUMN payout.bill.path IS 'account that is debited when the batch is released (events 14, 19, 22)';
COMMENT ON COLUMN payout.bill.iban_sealed IS 'under a key of the bill''s own in payout.member_key';
COMMENT ON COLUMN payout.bill.txn_id IS 'of a creditor''s: the transaction that spent the commitment';
COMMENT ON INDEX payout.bill_entry IS 'a receipt is sent back once';

ALTER TABLE payout.entry_match DROP CONSTRAINT entry_match_kind,
    ADD CONSTRAINT entry_match_kind CHECK (kind IN ('receipt', 'suspense', 'suspense_debit', 'payment', 'return', 'bank_fee', 'interest', 'transfer', 'dues', 'grant',
        'reversal', 'send_back'));

CREATE TRIGGER bill_stands BEFORE UPDATE OR DELETE ON payout.bill FOR EACH ROW EXECUTE FUNCTION payout.refuse_bill_change();
ALTER TABLE payout.bill ENABLE ALWAYS TRIGGER bill_stands;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.bill FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.bill ENABLE ALWAYS TRIGGER no_truncate;

CREATE TRIGGER commitment_forward BEFORE UPDATE OR DELETE ON payout.commitment FOR EACH ROW EXECUTE FUNCTION payout.refuse_commitment_change();
ALTER TABLE payout.commitment ENABLE ALWAYS TRIGGER commitment_forward;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.commitment FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.commitment ENABLE ALWAYS TRIGGER no_truncate;

-- -- payments --

ALTER TABLE payout.payment ALTER COLUMN batch_id DROP NOT NULL, ALTER COLUMN member_id DROP NOT NULL, ALTER COLUMN payee_account_id DROP NOT NULL,
    ADD COLUMN bill_id uuid REFERENCES payout.bill,
    ADD COLUMN ended_txn_id uuid,
    ADD COLUMN reason text,
    ADD CONSTRAINT payment_payee CHECK ((member_id IS NULL) <> (bill_id IS NULL) AND (bill_id IS NULL OR payee_account_id IS NULL)),
    ADD CONSTRAINT payment_placed CHECK (batch_id IS NOT NULL OR (retries IS NOT NULL AND state IN ('queued', 'cancelled'))),
    ADD CONSTRAINT payment_account CHECK (batch_id IS NULL OR member_id IS NULL OR payee_account_id IS NOT NULL),
    DROP CONSTRAINT payment_batch_id_member_id_key,
    DROP CONSTRAINT payment_retries_key;
DROP INDEX payout.payment_live;
CREATE UNIQUE INDEX payment_live ON payout.payment (member_id) WHERE state = 'queued' AND retries IS NULL;
CREATE UNIQUE INDEX payment_once ON payout.payment (batch_id, member_id) WHERE retries IS NULL;
CREATE UNIQUE INDEX payment_retry ON payout.payment (retries) WHERE state <> 'cancelled';
CREATE UNIQUE INDEX payment_bill ON payout.payment (bill_id) WHERE state IN ('queued', 'in_flight', 'booked');
CREATE INDEX payment_batch ON payout.payment (batch_id, id);
CREATE INDEX payment_waiting ON payout.payment (id) WHERE batch_id IS NULL AND state = 'queued';
COMMENT ON INDEX payout.payment_live IS 'a member waits in one batch only, new attempts aside: two drafts cannot promise the same payable';
COMMENT ON COLUMN payout.payment.batch_id IS 'empty: a new attempt that waits for the next batch';
COMMENT ON COLUMN payout.payment.ended_txn_id IS 'of a returned or rejected one: the transaction that held the money again';
COMMENT ON COLUMN payout.payment.reason IS 'the bank''s reason code, or the rail''s words';

-- -- the rail --

CREATE TABLE payout.submission (
    batch_id uuid NOT NULL REFERENCES payout.batch,
    step text NOT NULL CHECK (step IN ('begun', 'accepted', 'refused', 'unknown')),
    rail text NOT NULL,
    detail text,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (batch_id, step)
);
COMMENT ON TABLE payout.submission IS 'begun is committed before a rail is called: whoever finds it without an end asks the rail and never submits again unless the rail knows that nothing left';
SELECT payout.make_append_only('payout.submission'::regclass);

CREATE TABLE payout.batch_piece (
    batch_id uuid NOT NULL REFERENCES payout.batch,
    attempt uuid NOT NULL,
    no integer NOT NULL CHECK (no >= 0),
    bytes bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (batch_id, attempt, no)
);
COMMENT ON TABLE payout.batch_piece IS 'a file while it is being written, so that nobody holds it whole; freezing joins the pieces and deletes them';

CREATE TRIGGER approval_fits BEFORE INSERT ON payout.approval FOR EACH ROW EXECUTE FUNCTION payout.check_approval();
ALTER TABLE payout.approval ENABLE ALWAYS TRIGGER approval_fits;

RESET ROLE;
