-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The journal: chart of accounts, balances, transactions and postings by month, evidence, periods.
SET LOCAL ROLE ch_payout_owner;

CREATE TABLE payout.chart (
    shape text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'equity', 'income', 'expense')),
    min_minor bigint NOT NULL,
    max_minor bigint NOT NULL,
    zero_at_close boolean NOT NULL DEFAULT false,
    about text NOT NULL,
    CHECK (min_minor <= max_minor)
);
COMMENT ON TABLE payout.chart IS 'which accounts there may be and their bounds; a variable component is written *, debit is positive';
COMMENT ON COLUMN payout.chart.zero_at_close IS 'a period closes only while every such account stands at zero';

INSERT INTO payout.chart (shape, kind, min_minor, max_minor, zero_at_close, about)
SELECT s.shape, s.kind,
       CASE s.bound WHEN '+' THEN 0 ELSE -9007199254740991 END,
       CASE s.bound WHEN '-' THEN 0 ELSE 9007199254740991 END,
       s.zero, s.about
FROM (VALUES
    ('Assets:Bank:*', 'asset', '+', false, 'last closing booked balance'),
    ('Assets:Receivable:*', 'asset', '+', false, 'open invoices of a licensee'),
    ('Assets:Receivable:Member:*', 'asset', '+', false, 'clawback owed by a member'),
    ('Assets:Transit', 'asset', '0', true, 'between own bank accounts'),
    ('Assets:Suspense:Debit', 'asset', '+', false, 'bank debits nobody has explained'),
    ('Liabilities:VAT:*', 'liability', '0', false, 'value added tax by country'),
    ('Liabilities:Withholding:*', 'liability', '-', false, 'tax withheld by country'),
    ('Liabilities:Suspense:Unmatched', 'liability', '-', false, 'receipts nobody has matched'),
    ('Liabilities:Pool:*:Invoiced', 'liability', '-', false, 'not yet paid by the licensee'),
    ('Liabilities:Pool:*:Received', 'liability', '-', false, 'distributable'),
    ('Liabilities:Pool:*:Disputed', 'liability', '-', false, 'disputed by a licensee'),
    ('Liabilities:Pool:*:Clawback', 'liability', '+', true, 'waits for a clawback run'),
    ('Liabilities:Refundable:*', 'liability', '-', false, 'credit notes on paid invoices'),
    ('Liabilities:Creditor:*', 'liability', '-', false, 'bills paid from a fund'),
    ('Liabilities:Member:*:Payable', 'liability', '-', false, 'owed to a member'),
    ('Liabilities:Member:*:Held:BankMissing', 'liability', '-', false, 'held: no usable account'),
    ('Liabilities:Member:*:Held:TaxForm', 'liability', '-', false, 'held: tax form missing'),
    ('Liabilities:Member:*:Held:Dispute', 'liability', '-', false, 'held: line disputed'),
    ('Liabilities:Member:*:Held:Returned', 'liability', '-', false, 'held: returned by the bank'),
    ('Liabilities:Member:*:Held:Rejected', 'liability', '-', false, 'held: rejected by the bank'),
    ('Liabilities:Member:*:Held:Consent', 'liability', '-', false, 'held: consent unclear'),
    ('Liabilities:Member:*:Held:Sanctions', 'liability', '-', false, 'held: sanctions check'),
    ('Liabilities:PayoutInFlight:*', 'liability', '-', false, 'sent, not yet on a statement'),
    ('Liabilities:Unclaimed', 'liability', '-', false, 'held past the limit'),
    ('Equity:Reserve:Legal', 'equity', '-', false, 'indivisible reserve'),
    ('Equity:Fund:*', 'equity', '-', false, 'voted fund, free part'),
    ('Equity:Committed:*', 'equity', '-', false, 'voted fund, promised part'),
    ('Income:OperationsShare', 'income', '-', false, 'the operations share'),
    ('Income:FeeRecovery', 'income', '-', false, 'rail fees recovered'),
    ('Income:Dues', 'income', '-', false, 'dues'),
    ('Income:Grants', 'income', '-', false, 'grants and gifts to the trust'),
    ('Income:Other', 'income', '-', false, 'interest and other'),
    ('Expenses:Fees:Rail', 'expense', '0', false, 'fees taken from receipts'),
    ('Expenses:Fees:Return', 'expense', '0', false, 'fees of returned payments'),
    ('Expenses:Fees:Bank', 'expense', '0', false, 'fees of the account'),
    ('Expenses:Fees:Refund', 'expense', '0', false, 'what a clawback could not recover'),
    ('Expenses:BadDebt', 'expense', '0', false, 'written off')) AS s (shape, kind, bound, zero, about);

CREATE TABLE payout.account (
    owner_id uuid NOT NULL,
    account_id bigint GENERATED ALWAYS AS IDENTITY,
    path text NOT NULL CHECK (path ~ '^(Assets|Liabilities|Equity|Income|Expenses)(:[A-Za-z0-9][A-Za-z0-9._-]{0,63}){1,4}$'),
    kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'equity', 'income', 'expense')),
    min_minor bigint NOT NULL CHECK (min_minor >= -9007199254740991),
    max_minor bigint NOT NULL CHECK (max_minor <= 9007199254740991),
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    closed_at timestamptz,
    PRIMARY KEY (owner_id, account_id),
    UNIQUE (owner_id, path)
);
CREATE INDEX account_number ON payout.account (account_id);
COMMENT ON COLUMN payout.account.owner_id IS 'the member, or all zeros for the accounts of the trust';

CREATE TABLE payout.balance (
    owner_id uuid NOT NULL,
    account_id bigint NOT NULL,
    minor bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    min_minor bigint NOT NULL,
    max_minor bigint NOT NULL,
    PRIMARY KEY (owner_id, account_id),
    CONSTRAINT balance_bound CHECK (minor BETWEEN min_minor AND max_minor)
) WITH (fillfactor = 80);
COMMENT ON COLUMN payout.balance.minor IS 'sum of the postings, debit positive';
COMMENT ON COLUMN payout.balance.version IS 'number of transactions that moved it';

CREATE TABLE payout.evidence (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    media_type text NOT NULL,
    bytes bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT evidence_hash CHECK (pg_catalog.encode(pg_catalog.sha256(bytes), 'hex') = sha256)
);
COMMENT ON TABLE payout.evidence IS 'documents transactions rest on, by their hash';

CREATE TABLE payout.txn (
    month date NOT NULL,
    txn_id uuid NOT NULL,
    txn_no bigint NOT NULL CHECK (txn_no > 0),
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,47}$'),
    occurred_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor uuid,
    approvals jsonb NOT NULL DEFAULT '[]',
    evidence_sha256 text NOT NULL CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
    resolution text,
    concerns date,
    reverses uuid,
    postings integer NOT NULL CHECK (postings >= 2),
    debit_minor bigint NOT NULL CHECK (debit_minor BETWEEN 1 AND 9007199254740991),
    PRIMARY KEY (month, txn_id),
    CONSTRAINT txn_month CHECK (month = (pg_catalog.date_trunc('month', occurred_on::timestamp))::date),
    CONSTRAINT txn_concerns CHECK (concerns IS NULL OR concerns < month)
) PARTITION BY RANGE (month);
CREATE INDEX txn_number ON payout.txn (txn_no);
CREATE INDEX txn_key ON payout.txn (txn_id);
COMMENT ON COLUMN payout.txn.txn_no IS 'gapless, in order of commit';
COMMENT ON COLUMN payout.txn.recorded_at IS 'the clock under the last lock: never goes back along txn_no';
COMMENT ON COLUMN payout.txn.concerns IS 'first of the closed month that late evidence belongs to';
COMMENT ON COLUMN payout.txn.approvals IS 'ids of the approvals it rests on';

CREATE TABLE payout.posting (
    month date NOT NULL,
    owner_id uuid NOT NULL,
    account_id bigint NOT NULL,
    txn_id uuid NOT NULL,
    line integer NOT NULL CHECK (line > 0),
    minor bigint NOT NULL CHECK (minor <> 0 AND minor BETWEEN -9007199254740991 AND 9007199254740991),
    after_minor bigint NOT NULL CHECK (after_minor BETWEEN -9007199254740991 AND 9007199254740991),
    PRIMARY KEY (month, owner_id, txn_id, line)
) PARTITION BY RANGE (month);
CREATE INDEX posting_txn ON payout.posting (txn_id);
CREATE INDEX posting_account ON payout.posting (account_id, month, txn_id)
    WHERE owner_id = '00000000-0000-0000-0000-000000000000';
COMMENT ON COLUMN payout.posting.after_minor IS 'balance of the account after this line';
COMMENT ON INDEX payout.posting_account IS 'the trust''s own accounts only: those of members are found by the primary key';

CREATE TABLE payout.txn_counter (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    last_no bigint NOT NULL,
    last_at timestamptz NOT NULL
);
INSERT INTO payout.txn_counter VALUES (true, 0, '2000-01-01T00:00:00Z');
COMMENT ON TABLE payout.txn_counter IS 'the last lock of every booking';

CREATE TYPE payout.line_draft AS (n integer, line integer, owner_id uuid, path text, minor bigint);
COMMENT ON TYPE payout.line_draft IS 'a posting on its way into the journal: n is the place of its transaction in the call, from 1';

CREATE TABLE payout.txn_ref (
    kind text NOT NULL,
    external_ref text NOT NULL,
    txn_id uuid NOT NULL,
    PRIMARY KEY (kind, external_ref)
);
COMMENT ON TABLE payout.txn_ref IS 'one booking for each outside event';

CREATE TABLE payout.reversal (
    reverses uuid PRIMARY KEY,
    txn_id uuid NOT NULL UNIQUE
);

CREATE TABLE payout.period (
    month date PRIMARY KEY CHECK (pg_catalog.date_part('day', month) = 1),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'closed')),
    closed_at timestamptz,
    closed_by uuid,
    balance_sha256 text
);
CREATE TABLE payout.period_balance (
    month date NOT NULL,
    owner_id uuid NOT NULL,
    account_id bigint NOT NULL,
    minor bigint NOT NULL,
    PRIMARY KEY (month, owner_id, account_id)
);
COMMENT ON TABLE payout.period_balance IS 'trial balance frozen when the month was closed';

-- Triggers are part of the promise, so they live with the tables and not among the functions that may be reloaded.
CREATE FUNCTION payout.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: its rows never change', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION payout.refuse_period_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.month <> NEW.month
       OR (OLD.state, NEW.state) NOT IN (('open', 'closing'), ('closing', 'closed'), ('open', 'open')) THEN
        RAISE EXCEPTION 'period % cannot go from % to %', OLD.month, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER period_forward BEFORE UPDATE OR DELETE ON payout.period
    FOR EACH ROW EXECUTE FUNCTION payout.refuse_period_change();
ALTER TABLE payout.period ENABLE ALWAYS TRIGGER period_forward;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.period FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.period ENABLE ALWAYS TRIGGER no_truncate;

-- SECURITY DEFINER because it runs at commit, when the functions that booked are over.
-- At commit: the header's count and debit total are those of its postings, and they sum to zero.
CREATE FUNCTION payout.check_txn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_count bigint;
    v_sum numeric;
    v_debit numeric;
BEGIN
    SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(minor), 0), COALESCE(pg_catalog.sum(minor) FILTER (WHERE minor > 0), 0)
    INTO v_count, v_sum, v_debit
    FROM payout.posting WHERE month = NEW.month AND txn_id = NEW.txn_id;
    IF v_sum <> 0 OR v_count <> NEW.postings OR v_debit <> NEW.debit_minor THEN
        RAISE EXCEPTION 'transaction %: % postings, sum %, debit % do not agree with its header', NEW.txn_id, v_count, v_sum, v_debit
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER txn_balanced AFTER INSERT ON payout.txn DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payout.check_txn();
ALTER TABLE payout.txn ENABLE ALWAYS TRIGGER txn_balanced;

-- A posting without a header, or one more beside those a header counts, never reaches the check above: this one sees each statement.
CREATE FUNCTION payout.check_postings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txn uuid;
BEGIN
    SELECT a.txn_id INTO v_txn
    FROM (SELECT DISTINCT month, txn_id FROM added) AS a LEFT JOIN payout.txn AS t ON t.month = a.month AND t.txn_id = a.txn_id
    WHERE t.postings IS DISTINCT FROM (SELECT pg_catalog.count(*) FROM payout.posting AS p WHERE p.month = a.month AND p.txn_id = a.txn_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction %: its header does not count these postings', v_txn USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER counted AFTER INSERT ON payout.posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION payout.check_postings();
ALTER TABLE payout.posting ENABLE ALWAYS TRIGGER counted;

CREATE FUNCTION payout.make_append_only(p_table regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION payout.refuse_change()', p_table);
    EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change()', p_table);
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', p_table);
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER no_truncate', p_table);
END
$$;
SELECT payout.make_append_only(t::regclass) FROM pg_catalog.unnest(ARRAY['payout.txn', 'payout.posting', 'payout.txn_ref',
    'payout.reversal', 'payout.evidence', 'payout.period_balance']) AS t;

RESET ROLE;
