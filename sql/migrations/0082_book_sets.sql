-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Sets: bookings as rows instead of documents, what is asked of each row of a bank file asked once for all of them, and staged files that are not rewritten while they
-- are matched.
-- needs: functions/payout/wake_grants.sql
-- needs: functions/payout/keep_unpaid.sql
-- needs: functions/payout/check_parent.sql
SET LOCAL ROLE ch_payout_owner;

-- ---- journal ----

CREATE TYPE payout.ref_draft AS (n integer, kind text, external_ref text);
COMMENT ON TYPE payout.ref_draft IS 'an outside event on its way into the journal: n is the place of its transaction in the call, from 1';
DROP FUNCTION IF EXISTS payout.check_draft(jsonb, payout.line_draft[]), payout.check_reversals(jsonb, payout.line_draft[]), payout.check_reserve(jsonb, payout.line_draft[]),
    payout.read_txns(jsonb, payout.line_draft[]);

-- What regular expressions said, without them: they were a quarter of what writing a header took.
ALTER TABLE payout.txn DROP CONSTRAINT txn_kind_check, DROP CONSTRAINT txn_evidence_sha256_check,
    ADD CONSTRAINT txn_kind CHECK (pg_catalog.length(kind) <= 48 AND pg_catalog.left(kind, 1) COLLATE "C" BETWEEN 'a' AND 'z'
        AND pg_catalog.ltrim(kind, 'abcdefghijklmnopqrstuvwxyz0123456789_') = ''),
    ADD CONSTRAINT txn_evidence CHECK (pg_catalog.length(evidence_sha256) = 64 AND pg_catalog.ltrim(evidence_sha256, '0123456789abcdef') = '');
ALTER TABLE payout.invoice DROP CONSTRAINT invoice_currency_check, DROP CONSTRAINT invoice_vat_country_check,
    ADD CONSTRAINT invoice_currency CHECK (pg_catalog.length(currency) = 3 AND pg_catalog.ltrim(currency, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') = ''),
    ADD CONSTRAINT invoice_vat_country CHECK (pg_catalog.length(vat_country) = 2 AND pg_catalog.ltrim(vat_country, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') = '');

-- ---- invoices that are not paid in full ----

-- Apart from the invoices, so that no index of theirs speaks of the state: paying is then a change on the page, where there is room.
CREATE TABLE payout.unpaid (
    invoice_id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('issued', 'part_paid')),
    licensee uuid NOT NULL,
    grant_id uuid,
    gross bigint NOT NULL,
    due_on date NOT NULL
);
CREATE INDEX unpaid_licensee ON payout.unpaid (licensee);
CREATE INDEX unpaid_grant ON payout.unpaid (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX unpaid_gross ON payout.unpaid (gross) WHERE state = 'issued';
CREATE INDEX unpaid_part ON payout.unpaid (invoice_id) WHERE state = 'part_paid';
COMMENT ON TABLE payout.unpaid IS 'invoices issued and not paid in full: kept by a trigger behind each statement that writes invoices';
INSERT INTO payout.unpaid (invoice_id, state, licensee, grant_id, gross, due_on)
SELECT i.id, i.state, i.licensee, i.grant_id, i.gross, i.due_on FROM payout.invoice AS i WHERE i.kind = 'INV' AND i.state IN ('issued', 'part_paid');
CREATE TRIGGER keep_unpaid_new AFTER INSERT ON payout.invoice REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION payout.keep_unpaid();
CREATE TRIGGER keep_unpaid AFTER UPDATE ON payout.invoice REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION payout.keep_unpaid();
ALTER TABLE payout.invoice ENABLE ALWAYS TRIGGER keep_unpaid_new;
ALTER TABLE payout.invoice ENABLE ALWAYS TRIGGER keep_unpaid;
CREATE OR REPLACE VIEW payout.open_invoice AS
    SELECT u.invoice_id, u.licensee, u.grant_id, u.due_on FROM payout.unpaid AS u;
DROP INDEX payout.invoice_open, payout.invoice_open_grant, payout.invoice_open_licensee;
ALTER TABLE payout.invoice SET (fillfactor = 50);

-- ---- triggers that run once a statement ----

DROP TRIGGER wake_grants ON payout.invoice;
CREATE TRIGGER wake_grants AFTER UPDATE ON payout.invoice REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION payout.wake_grants();
COMMENT ON FUNCTION payout.wake_grants() IS 'invoices issued, paid or credited: licensing''s clock looks at their grants again';

ALTER TABLE payout.bank_entry DROP CONSTRAINT bank_entry_statement_id_fkey;
CREATE TRIGGER of_statement AFTER INSERT ON payout.bank_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION payout.check_parent('bank_statement', 'id', 'statement_id');
ALTER TABLE payout.entry_match DROP CONSTRAINT entry_match_entry_id_fkey;
CREATE TRIGGER of_entry AFTER INSERT ON payout.entry_match REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payout.check_parent('bank_entry', 'id', 'entry_id');
ALTER TABLE payout.receipt_slice DROP CONSTRAINT receipt_slice_txn_id_fkey;
CREATE TRIGGER of_receipt AFTER INSERT ON payout.receipt_slice REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payout.check_parent('receipt', 'txn_id', 'txn_id');
ALTER TABLE payout.bank_entry ENABLE ALWAYS TRIGGER of_statement;
ALTER TABLE payout.entry_match ENABLE ALWAYS TRIGGER of_entry;
ALTER TABLE payout.receipt_slice ENABLE ALWAYS TRIGGER of_receipt;

-- ---- a file while it is read: what is found is added beside the entries, which do not change ----

DROP TABLE payout.import_entry, payout.import_claim, payout.import_invoice, payout.import_slice, payout.import_payment;
DROP FUNCTION IF EXISTS payout.import_lines(uuid, integer, integer), payout.import_txns(uuid, uuid, text, integer, integer),
    payout.claim_invoices(uuid, uuid[]);

CREATE UNLOGGED TABLE payout.import_entry (
    import uuid NOT NULL,
    entry_id uuid NOT NULL,
    txn_id uuid NOT NULL,
    first_txn uuid,
    statement integer NOT NULL,
    ordinal integer NOT NULL,
    minor bigint NOT NULL,
    fee bigint NOT NULL,
    reversal boolean NOT NULL,
    booked_on date,
    value_on date,
    key text,
    servicer_ref text,
    reference text,
    return_reason text,
    refs text[],
    numbers text[],
    detail jsonb NOT NULL,
    PRIMARY KEY (import, statement, ordinal)
);
CREATE INDEX import_entry_id ON payout.import_entry (import, entry_id);
CREATE UNLOGGED TABLE payout.import_match (
    import uuid NOT NULL,
    entry_id uuid NOT NULL,
    kind text NOT NULL,
    rule text NOT NULL,
    fee bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (import, entry_id)
);
CREATE UNLOGGED TABLE payout.import_txn (
    import uuid NOT NULL,
    n integer NOT NULL,
    entry_id uuid NOT NULL,
    txn_id uuid NOT NULL,
    first_txn uuid,
    kind text NOT NULL,
    rule text NOT NULL,
    source text NOT NULL,
    booked_on date NOT NULL,
    minor bigint NOT NULL,
    fee bigint NOT NULL,
    PRIMARY KEY (import, n)
);
CREATE UNLOGGED TABLE payout.import_claim (
    import uuid NOT NULL,
    entry_id uuid NOT NULL,
    rank smallint NOT NULL,
    invoice_id uuid NOT NULL,
    shared boolean NOT NULL DEFAULT false,
    PRIMARY KEY (import, entry_id, rank, invoice_id)
);
CREATE UNLOGGED TABLE payout.import_slice (
    import uuid NOT NULL,
    invoice_id uuid NOT NULL,
    line integer NOT NULL,
    pool_id uuid,
    service_month date,
    pool text,
    licensee uuid NOT NULL,
    open bigint NOT NULL
);
CREATE INDEX import_slice_invoice ON payout.import_slice (import, invoice_id);
CREATE UNLOGGED TABLE payout.import_invoice (
    import uuid NOT NULL,
    invoice_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    PRIMARY KEY (import, invoice_id)
);
CREATE INDEX import_invoice_entry ON payout.import_invoice (import, entry_id);
CREATE UNLOGGED TABLE payout.import_payment (
    import uuid NOT NULL,
    entry_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    reason text,
    PRIMARY KEY (import, payment_id, entry_id)
);
CREATE INDEX import_payment_entry ON payout.import_payment (import, entry_id);
COMMENT ON COLUMN payout.import_entry.first_txn IS 'set when the entry is in the book already and waits in suspense: a notice told more of it';
COMMENT ON TABLE payout.import_match IS 'entries a rule of the ladder has found the meaning of; fee: what of the charges they name the bank took out';
COMMENT ON TABLE payout.import_txn IS 'the transactions of a matched file in the order they are booked: in a statement the credits come before the debits';
COMMENT ON COLUMN payout.import_txn.source IS 'the account the money comes from: the bank, or suspense for what was there already';
COMMENT ON TABLE payout.import_claim IS 'invoices an entry names: rank 1 by creditor reference, 2 by number';
COMMENT ON COLUMN payout.import_claim.shared IS 'an invoice its entry names is named by another entry too: the earlier one is judged first';
COMMENT ON TABLE payout.import_slice IS 'what is open of the invoices named';
COMMENT ON TABLE payout.import_invoice IS 'invoices and the entries that pay them';

-- Figures for the planner, from a small sample: all that matters is how many rows there are.
DO $$
DECLARE
    v_column record;
BEGIN
    FOR v_column IN SELECT c.table_name, c.column_name FROM information_schema.columns AS c WHERE c.table_schema = 'payout' AND c.table_name IN (
            'import_entry', 'import_match', 'import_txn', 'import_claim', 'import_slice', 'import_invoice', 'import_payment') LOOP
        EXECUTE pg_catalog.format('ALTER TABLE payout.%I ALTER COLUMN %I SET STATISTICS %s', v_column.table_name, v_column.column_name,
            CASE WHEN v_column.column_name IN ('import', 'entry_id', 'invoice_id', 'payment_id', 'n') THEN 10 ELSE 0 END);
    END LOOP;
END
$$;

RESET ROLE;
