-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Rating, invoices, their VAT and the slices of pool and month that are paid and then distributed.
SET LOCAL ROLE ch_payout_owner;

CREATE TABLE payout.invoice_series (
    kind text NOT NULL CHECK (kind IN ('INV', 'CRN')),
    year integer NOT NULL CHECK (year BETWEEN 2000 AND 9999),
    last_no bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, year)
);
COMMENT ON TABLE payout.invoice_series IS 'the row is locked while a number is given, so numbers have no gaps';

CREATE TABLE payout.invoice (
    id uuid PRIMARY KEY,
    kind text NOT NULL DEFAULT 'INV' CHECK (kind IN ('INV', 'CRN')),
    series text,
    no bigint CHECK (no > 0),
    licensee uuid NOT NULL,
    grant_id uuid,
    service_month date,
    state text NOT NULL CHECK (state IN ('draft', 'issued', 'part_paid', 'paid', 'credited', 'written_off')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    issued_on date,
    due_on date,
    due_days integer NOT NULL DEFAULT 30 CHECK (due_days BETWEEN 0 AND 366),
    net bigint NOT NULL CHECK (net BETWEEN 1 AND 9007199254740991),
    vat bigint NOT NULL CHECK (vat BETWEEN 0 AND 9007199254740991),
    gross bigint NOT NULL CHECK (gross BETWEEN 1 AND 9007199254740991),
    vat_country text NOT NULL CHECK (vat_country ~ '^[A-Z]{2}$'),
    buyer jsonb NOT NULL,
    seller jsonb NOT NULL,
    doc_sha256 text REFERENCES payout.evidence (sha256),
    reference text UNIQUE,
    txn_id uuid,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    created_by uuid,
    issued_by uuid,
    UNIQUE (series, no),
    CONSTRAINT invoice_gross CHECK (gross = net + vat),
    CONSTRAINT invoice_issued CHECK ((state = 'draft') = (no IS NULL) AND (no IS NULL) = (series IS NULL)
        AND (no IS NULL) = (doc_sha256 IS NULL) AND (no IS NULL) = (issued_on IS NULL) AND (no IS NULL) = (reference IS NULL))
);
CREATE UNIQUE INDEX invoice_rated ON payout.invoice (grant_id, service_month) WHERE service_month IS NOT NULL AND kind = 'INV';
CREATE INDEX invoice_licensee ON payout.invoice (licensee, id);
CREATE INDEX invoice_open ON payout.invoice (gross) WHERE state IN ('issued', 'part_paid');
COMMENT ON COLUMN payout.invoice.service_month IS 'set on invoices made by rating: one for each grant and month';
COMMENT ON COLUMN payout.invoice.buyer IS 'name, country, VAT id, address, as on the day the draft was made';
COMMENT ON COLUMN payout.invoice.reference IS 'RF creditor reference, ISO 11649';

CREATE TABLE payout.invoice_line (
    invoice_id uuid NOT NULL REFERENCES payout.invoice,
    line integer NOT NULL CHECK (line > 0),
    text text NOT NULL,
    charge text,
    class text CHECK (class IN ('SAMPLE', 'FIXED', 'GRACE', 'VARIABLE', 'CAPPED')),
    units bigint NOT NULL CHECK (units >= 0),
    net bigint NOT NULL CHECK (net BETWEEN 0 AND 9007199254740991),
    vat_category text NOT NULL CHECK (vat_category IN ('S', 'Z', 'E', 'AE', 'O')),
    vat_ppm integer NOT NULL CHECK (vat_ppm BETWEEN 0 AND 1000000),
    vat bigint NOT NULL CHECK (vat >= 0),
    usage_sha256 text CHECK (usage_sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (invoice_id, line),
    CONSTRAINT line_rate CHECK (vat_category = 'S' OR vat_ppm = 0)
);
CREATE TABLE payout.invoice_vat (
    invoice_id uuid NOT NULL REFERENCES payout.invoice,
    vat_category text NOT NULL,
    vat_ppm integer NOT NULL,
    base bigint NOT NULL,
    tax bigint NOT NULL,
    PRIMARY KEY (invoice_id, vat_category, vat_ppm)
);
CREATE TABLE payout.revenue_slice (
    invoice_id uuid NOT NULL,
    line integer NOT NULL,
    pool_id uuid NOT NULL,
    service_month date NOT NULL CHECK (pg_catalog.date_part('day', service_month) = 1),
    pool text NOT NULL CHECK (pool ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    net bigint NOT NULL CHECK (net > 0),
    PRIMARY KEY (invoice_id, line, pool_id, service_month),
    FOREIGN KEY (invoice_id, line) REFERENCES payout.invoice_line
);
COMMENT ON COLUMN payout.revenue_slice.pool IS 'the pool''s ref, as in account paths';

CREATE TABLE payout.receipt (
    txn_id uuid PRIMARY KEY,
    entry_id uuid NOT NULL,
    first_txn_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    gross bigint NOT NULL CHECK (gross > 0),
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0)
);
COMMENT ON TABLE payout.receipt IS 'a receipt matched to invoices (event 2)';
COMMENT ON COLUMN payout.receipt.received_at IS 'recorded_at of the transaction that first booked the bank entry: decides the rule';

CREATE TABLE payout.receipt_slice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    txn_id uuid NOT NULL REFERENCES payout.receipt,
    invoice_id uuid NOT NULL,
    line integer NOT NULL,
    pool_id uuid,
    service_month date,
    pool text,
    minor bigint NOT NULL CHECK (minor > 0),
    UNIQUE NULLS NOT DISTINCT (txn_id, invoice_id, line, pool_id, service_month),
    CONSTRAINT slice_or_vat CHECK ((line = 0) = (pool_id IS NULL) AND (line = 0) = (service_month IS NULL) AND (line = 0) = (pool IS NULL))
);
CREATE INDEX receipt_slice_scope ON payout.receipt_slice (pool_id, service_month);
CREATE INDEX receipt_slice_invoice ON payout.receipt_slice (invoice_id);
COMMENT ON TABLE payout.receipt_slice IS 'how a receipt was spread over open slices; line 0 is the part that pays VAT';

CREATE TABLE payout.rating (
    pool_id uuid NOT NULL,
    month date NOT NULL,
    grant_id uuid NOT NULL,
    plan_sha256 text NOT NULL REFERENCES payout.evidence (sha256),
    usage_sha256 text NOT NULL REFERENCES payout.evidence (sha256),
    result_sha256 text NOT NULL REFERENCES payout.evidence (sha256),
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    invoice_id uuid REFERENCES payout.invoice,
    rated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, month, grant_id),
    CONSTRAINT rating_billed CHECK ((total_minor > 0) = (invoice_id IS NOT NULL))
);
COMMENT ON TABLE payout.rating IS 'sealed usage priced by the grant''s plan; the three documents are evidence';

CREATE TABLE payout.rated_seal (
    pool_id uuid NOT NULL,
    month date NOT NULL,
    rated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, month)
);

CREATE TABLE payout.estimate (
    grant_id uuid NOT NULL,
    month date NOT NULL,
    class text NOT NULL CHECK (class IN ('SAMPLE', 'FIXED', 'GRACE', 'VARIABLE', 'CAPPED')),
    units bigint NOT NULL,
    amount_minor bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (grant_id, month, class)
);
COMMENT ON TABLE payout.estimate IS 'usage of the running month priced so far; replaced by the worker, never booked';
CREATE VIEW payout.expected_charge AS
    SELECT grant_id, month, class, units, amount_minor FROM payout.estimate;

-- An issued invoice never changes, but for what paying it does to its state.
CREATE FUNCTION payout.refuse_invoice_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'invoices are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft'
       AND pg_catalog.to_jsonb(OLD) - 'state' IS DISTINCT FROM pg_catalog.to_jsonb(NEW) - 'state' THEN
        RAISE EXCEPTION 'invoice % is issued and does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'issued'), ('issued', 'part_paid'), ('issued', 'paid'),
        ('part_paid', 'paid'), ('issued', 'credited'), ('part_paid', 'credited'), ('paid', 'credited'), ('issued', 'written_off'),
        ('part_paid', 'written_off')) THEN
        RAISE EXCEPTION 'invoice % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER invoice_frozen BEFORE UPDATE OR DELETE ON payout.invoice
    FOR EACH ROW EXECUTE FUNCTION payout.refuse_invoice_change();
ALTER TABLE payout.invoice ENABLE ALWAYS TRIGGER invoice_frozen;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.invoice FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.invoice ENABLE ALWAYS TRIGGER no_truncate;

SELECT payout.make_append_only(t::regclass) FROM pg_catalog.unnest(ARRAY['payout.invoice_line', 'payout.invoice_vat',
    'payout.revenue_slice', 'payout.receipt', 'payout.receipt_slice', 'payout.rating', 'payout.rated_seal']) AS t;

RESET ROLE;
