-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: hands the amount of a step on: to a fund, the next run, one recipient, or the recipients of a split.
-- Outcomes: {entry: members of the step's entry, flags, leftover, carried}.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.give_step(p_no integer, p_step jsonb, p_run_id text, p_amount numeric) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_split jsonb := '{}';
    v_fund text := COALESCE(p_step->>'to', p_step->>'leftover_to');
    v_minor numeric := p_amount;
BEGIN
    CASE p_step->>'kind'
    WHEN 'carry' THEN
        RETURN pg_catalog.jsonb_build_object('carried', p_amount);
    WHEN 'assign' THEN
        INSERT INTO audit.work_given (step, id, minor) SELECT p_no, p_step->>'recipient', p_amount WHERE p_amount > 0;
        RETURN pg_catalog.jsonb_build_object('entry', pg_catalog.jsonb_build_object('to', p_step->>'recipient'));
    WHEN 'split' THEN
        v_split := audit.share_split(p_no, p_step, p_run_id, p_amount);
        v_minor := (v_split->>'leftover')::numeric;
    ELSE
        NULL;
    END CASE;
    INSERT INTO audit.work_fund AS f (path, minor) VALUES (v_fund, v_minor) ON CONFLICT (path) DO UPDATE SET minor = f.minor + EXCLUDED.minor;
    RETURN pg_catalog.jsonb_build_object('entry', pg_catalog.jsonb_build_object('to', v_fund) || (v_split - 'flags'), 'flags', v_split->'flags', 'leftover', v_split->'leftover');
END
$$;
