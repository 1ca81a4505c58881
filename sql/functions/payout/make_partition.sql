-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the month's partitions of txn and posting, and its period row, if they are not there yet. Made ahead by payout.tick;
--          a booking far from today makes its own.
-- Outcomes: none.
-- Locks: advisory, so that two callers make one partition; the parents while it is made.
CREATE OR REPLACE FUNCTION payout.make_partition(p_month date) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_parent text;
    v_name text;
BEGIN
    IF EXISTS (SELECT FROM payout.period WHERE month = p_month) THEN
        RETURN;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout partition', 0));
    IF EXISTS (SELECT FROM payout.period WHERE month = p_month) THEN
        RETURN;
    END IF;
    FOREACH v_parent IN ARRAY ARRAY['txn', 'posting'] LOOP
        v_name := v_parent || pg_catalog.to_char(p_month, '_YYYYMM');
        EXECUTE pg_catalog.format('CREATE TABLE payout.%I PARTITION OF payout.%I FOR VALUES FROM (%L) TO (%L)',
            v_name, v_parent, p_month, (p_month + '1 month'::interval)::date);
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.%I FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change()', v_name);
        EXECUTE pg_catalog.format('ALTER TABLE payout.%I ENABLE ALWAYS TRIGGER no_truncate', v_name);
        EXECUTE pg_catalog.format('ALTER TABLE payout.%I ENABLE ALWAYS TRIGGER append_only', v_name);
        IF v_parent = 'txn' THEN
            EXECUTE pg_catalog.format('ALTER TABLE payout.%I ENABLE ALWAYS TRIGGER txn_balanced', v_name);
        ELSE
            EXECUTE pg_catalog.format('CREATE TRIGGER counted AFTER INSERT ON payout.%I REFERENCING NEW TABLE AS added
                FOR EACH STATEMENT EXECUTE FUNCTION payout.check_postings()', v_name);
            EXECUTE pg_catalog.format('ALTER TABLE payout.%I ENABLE ALWAYS TRIGGER counted', v_name);
        END IF;
    END LOOP;
    INSERT INTO payout.period (month) VALUES (p_month);
END
$$;
