-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the agreements' part of licensing's clock: looks at those whose time has come (licensing.agreement_due), and at no others. One that
--          fails is named in the server's log and put off for a minute; the others go on. Half a second at a time.
-- Outcomes: none; how many agreements or grants ended.
-- Locks: those of licensing.review_agreement, pools in their order.
CREATE OR REPLACE FUNCTION licensing.end_agreements() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_start timestamptz := pg_catalog.clock_timestamp();
    v_id uuid;
    v_done integer := 0;
BEGIN
    SET CONSTRAINTS licensing.replay IMMEDIATE; -- what would fail at the commit fails at its agreement
    FOR v_id IN SELECT a.id FROM (SELECT d.agreement_id FROM licensing.agreement_due AS d WHERE d.due_at <= v_start ORDER BY d.due_at LIMIT 2000) AS d
        JOIN licensing.agreement AS a ON a.id = d.agreement_id GROUP BY a.pool_id, a.id ORDER BY a.pool_id, a.id LOOP
        BEGIN
            v_done := v_done + licensing.review_agreement(v_id)::integer;
        EXCEPTION
        WHEN deadlock_detected THEN
            NULL; -- nobody's fault: the next time
        WHEN OTHERS THEN
            RAISE WARNING 'licensing.end_agreements: agreement % is put off for a minute: % (%)', v_id, SQLERRM, SQLSTATE;
            DELETE FROM licensing.agreement_due WHERE agreement_id = v_id AND due_at <= v_start;
            INSERT INTO licensing.agreement_due (agreement_id, due_at) VALUES (v_id, v_start + interval '1 minute') ON CONFLICT DO NOTHING;
        END;
        EXIT WHEN pg_catalog.clock_timestamp() > v_start + interval '500 milliseconds';
    END LOOP;
    RETURN v_done;
END
$$;
