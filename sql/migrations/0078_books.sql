-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Books: credit notes, bad debt, disputes, and what of a paid slice may still be distributed.
-- needs: functions/payout/refuse_dispute_change.sql
SET LOCAL ROLE ch_payout_owner;

-- ---- journal ----

ALTER TABLE payout.txn ADD COLUMN claws_back uuid;
COMMENT ON COLUMN payout.txn.claws_back IS 'the distribution a clawback takes from: what it credited to the reserve may be debited again, once';
CREATE INDEX txn_clawback ON payout.txn (claws_back) WHERE claws_back IS NOT NULL;
CREATE INDEX txn_resolution ON payout.txn (resolution) WHERE resolution IS NOT NULL;
CREATE INDEX txn_day ON payout.txn (occurred_on, txn_no);
DROP INDEX payout.posting_txn;
CREATE INDEX posting_txn ON payout.posting (txn_id, line);
CREATE TYPE payout.txn_draft AS (n integer, txn_id uuid, month date, occurred_on date, kind text, actor uuid, approvals jsonb, evidence_sha256 text, resolution text,
    concerns date, reverses uuid, claws_back uuid, postings integer, debit_minor bigint);
COMMENT ON TYPE payout.txn_draft IS 'a header on its way into the journal: n is its place in the call, from 1';

ALTER TABLE payout.chart ADD COLUMN by_hand boolean NOT NULL DEFAULT false;
UPDATE payout.chart SET by_hand = true WHERE kind IN ('income', 'expense') OR shape IN ('Assets:Transit', 'Assets:Suspense:Debit', 'Liabilities:VAT:*', 'Liabilities:Withholding:*',
    'Liabilities:Creditor:*', 'Equity:Reserve:Legal', 'Equity:Fund:*');
COMMENT ON COLUMN payout.chart.by_hand IS 'a resolution may move it; the others follow documents: bank entries, invoices, runs, batches, commitments';

-- ---- invoices ----

ALTER TABLE payout.invoice ADD COLUMN credits uuid REFERENCES payout.invoice, ADD COLUMN reason text CHECK (pg_catalog.length(reason) BETWEEN 1 AND 1000);
ALTER TABLE payout.invoice ADD CONSTRAINT invoice_credit_note CHECK ((kind = 'CRN') = (credits IS NOT NULL) AND (kind = 'INV' OR state IN ('draft', 'issued')));
ALTER TABLE payout.invoice_line ADD COLUMN credited_line integer CHECK (credited_line > 0);
CREATE INDEX invoice_credits ON payout.invoice (credits) WHERE credits IS NOT NULL;
COMMENT ON COLUMN payout.invoice.credits IS 'a credit note (kind CRN) names the invoice it credits; its amounts are positive';
COMMENT ON COLUMN payout.invoice_line.credited_line IS 'of a credit note: the line of the invoice';

-- ---- disputes ----

CREATE TABLE payout.dispute (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('licensee', 'member')),
    state text NOT NULL DEFAULT 'opened' CHECK (state IN ('opened', 'won', 'lost')),
    invoice_id uuid REFERENCES payout.invoice,
    member_id uuid,
    run uuid REFERENCES payout.run,
    minor bigint NOT NULL CHECK (minor BETWEEN 1 AND 9007199254740991),
    grounds text NOT NULL CHECK (pg_catalog.length(grounds) BETWEEN 1 AND 4000),
    txn_id uuid NOT NULL UNIQUE,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    opened_by uuid NOT NULL,
    decision text CHECK (pg_catalog.length(decision) BETWEEN 1 AND 4000),
    settled_txn_id uuid UNIQUE,
    settled_at timestamptz,
    settled_by uuid,
    CONSTRAINT dispute_subject CHECK ((kind = 'licensee') = (invoice_id IS NOT NULL) AND (kind = 'member') = (member_id IS NOT NULL) AND (kind = 'member') = (run IS NOT NULL)),
    CONSTRAINT dispute_settled CHECK ((state = 'opened') = (settled_at IS NULL) AND (state = 'opened') = (settled_txn_id IS NULL)
        AND (state = 'opened') = (settled_by IS NULL) AND (state = 'opened') = (decision IS NULL))
);
CREATE INDEX dispute_invoice ON payout.dispute (invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX dispute_member ON payout.dispute (member_id) WHERE member_id IS NOT NULL;
CREATE UNIQUE INDEX dispute_line ON payout.dispute (run, member_id) WHERE state = 'opened' AND kind = 'member';
COMMENT ON TABLE payout.dispute IS 'money that waits for a decision: of a licensee about an invoice (event 15), of a member about a line (event 16)';
COMMENT ON COLUMN payout.dispute.state IS 'won and lost are the trust''s';
COMMENT ON COLUMN payout.dispute.minor IS 'net amount that waits';

CREATE TRIGGER dispute_once BEFORE UPDATE OR DELETE ON payout.dispute FOR EACH ROW EXECUTE FUNCTION payout.refuse_dispute_change();
ALTER TABLE payout.dispute ENABLE ALWAYS TRIGGER dispute_once;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.dispute FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.dispute ENABLE ALWAYS TRIGGER no_truncate;

CREATE TABLE payout.dispute_slice (
    dispute_id uuid NOT NULL REFERENCES payout.dispute,
    receipt_slice_id bigint NOT NULL REFERENCES payout.receipt_slice,
    minor bigint NOT NULL CHECK (minor > 0),
    PRIMARY KEY (dispute_id, receipt_slice_id)
);
CREATE INDEX dispute_slice_slice ON payout.dispute_slice (receipt_slice_id);
COMMENT ON TABLE payout.dispute_slice IS 'paid slices a licensee disputes: none of them is distributed meanwhile';

-- ---- what credit notes and write-offs take ----

CREATE TABLE payout.credit_slice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    credit_id uuid NOT NULL REFERENCES payout.invoice,
    invoice_id uuid NOT NULL REFERENCES payout.invoice,
    line integer NOT NULL CHECK (line >= 0),
    pool_id uuid,
    service_month date,
    pool text,
    source text NOT NULL CHECK (source IN ('open', 'received', 'disputed', 'distributed')),
    receipt_slice_id bigint REFERENCES payout.receipt_slice,
    minor bigint NOT NULL CHECK (minor > 0),
    CONSTRAINT credit_or_vat CHECK ((line = 0) = (pool_id IS NULL) AND (line = 0) = (service_month IS NULL) AND (line = 0) = (pool IS NULL)),
    CONSTRAINT credit_of_receipt CHECK ((source <> 'open' AND line > 0) = (receipt_slice_id IS NOT NULL))
);
CREATE INDEX credit_slice_credit ON payout.credit_slice (credit_id);
CREATE INDEX credit_slice_invoice ON payout.credit_slice (invoice_id);
CREATE INDEX credit_slice_receipt ON payout.credit_slice (receipt_slice_id) WHERE receipt_slice_id IS NOT NULL;
COMMENT ON TABLE payout.credit_slice IS 'where the money of a credit note comes from; line 0 is its VAT';
COMMENT ON COLUMN payout.credit_slice.source IS 'open: not paid yet; received: paid, not distributed; disputed: paid and waiting; distributed: a clawback run gets it back';

CREATE TABLE payout.write_off (
    invoice_id uuid PRIMARY KEY REFERENCES payout.invoice,
    net bigint NOT NULL CHECK (net >= 0),
    vat bigint NOT NULL CHECK (vat >= 0),
    vat_recoverable boolean NOT NULL,
    reason text NOT NULL CHECK (pg_catalog.length(reason) BETWEEN 1 AND 1000),
    txn_id uuid NOT NULL UNIQUE,
    written_off_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    written_off_by uuid NOT NULL
);
COMMENT ON TABLE payout.write_off IS 'bad debt (event 21): what was open of an invoice';

SELECT payout.make_append_only(t::regclass) FROM pg_catalog.unnest(ARRAY['payout.dispute_slice', 'payout.credit_slice', 'payout.write_off']) AS t;

CREATE VIEW payout.open_slice AS
    SELECT h.invoice_id, h.line, h.pool_id, h.service_month, h.pool, h.owed, p.paid, c.credited, h.owed - p.paid - c.from_open AS open
    FROM (SELECT i.id AS invoice_id, 0 AS line, NULL::uuid AS pool_id, NULL::date AS service_month, NULL::text AS pool, i.vat AS owed, i.kind
          FROM payout.invoice AS i
          UNION ALL
          SELECT s.invoice_id, s.line, s.pool_id, s.service_month, s.pool, s.net, 'INV' FROM payout.revenue_slice AS s) AS h
    CROSS JOIN LATERAL (SELECT COALESCE(pg_catalog.sum(r.minor), 0)::bigint AS paid FROM payout.paid_slice AS r
        WHERE r.invoice_id = h.invoice_id AND r.line = h.line AND r.pool_id IS NOT DISTINCT FROM h.pool_id AND r.service_month IS NOT DISTINCT FROM h.service_month) AS p
    CROSS JOIN LATERAL (SELECT COALESCE(pg_catalog.sum(k.minor), 0)::bigint AS credited, COALESCE(pg_catalog.sum(k.minor) FILTER (WHERE k.source = 'open'), 0)::bigint AS from_open
        FROM payout.credit_slice AS k
        WHERE k.invoice_id = h.invoice_id AND k.line = h.line AND k.pool_id IS NOT DISTINCT FROM h.pool_id AND k.service_month IS NOT DISTINCT FROM h.service_month) AS c
    WHERE h.kind = 'INV'; -- not in the branch above, which would then not be searched by invoice
COMMENT ON VIEW payout.open_slice IS 'each slice of an invoice, and its VAT as line 0: what is owed, paid, credited, and still open while the invoice is open';

CREATE VIEW payout.distributable_slice AS
    SELECT s.id AS receipt_slice_id, s.txn_id, s.invoice_id, s.line, s.pool_id, s.pool, s.service_month, i.licensee, r.received_at, s.minor - c.minor AS minor
    FROM payout.paid_slice AS s JOIN payout.receipt AS r ON r.txn_id = s.txn_id JOIN payout.invoice AS i ON i.id = s.invoice_id
    CROSS JOIN LATERAL (SELECT COALESCE(pg_catalog.sum(k.minor), 0)::bigint AS minor FROM payout.credit_slice AS k WHERE k.receipt_slice_id = s.id) AS c
    WHERE s.line > 0 AND s.minor > c.minor
        AND NOT EXISTS (SELECT FROM payout.run_receipt AS u WHERE u.receipt_slice_id = s.id)
        AND NOT EXISTS (SELECT FROM payout.dispute_slice AS d JOIN payout.dispute AS o ON o.id = d.dispute_id WHERE d.receipt_slice_id = s.id AND o.state = 'opened');
COMMENT ON VIEW payout.distributable_slice IS 'paid slices in no run, not credited and not disputed: minor is what a run may take of each, all of it';

RESET ROLE;

SET LOCAL ROLE ch_log_owner;
INSERT INTO log.entry_type (type, schema_name, about) VALUES ('dispute', 'payout', 'a dispute opened or settled') ON CONFLICT DO NOTHING;

RESET ROLE;
