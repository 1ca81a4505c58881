-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member's part of a run's frozen inputs: the own row, the own contributions where a step of the rule weighs contributions, and the
--          rows of those who share in these.
-- Outcomes: {recipients, contributions}.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.own_part(p_run payout.run, p_rule jsonb, p_member uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_contributions jsonb := '[]';
    v_recipients jsonb;
BEGIN
    IF p_rule @? '$.steps[*].parts[*].then' THEN
        SELECT COALESCE(pg_catalog.jsonb_agg(x.item ORDER BY x.id) FILTER (WHERE x.item IS NOT NULL), '[]') INTO v_contributions
        FROM (SELECT c.contribution_id::text AS id, payout.find_item(p_run.inputs_file_sha256, p_run.places[1], p_run.places[2], '{"contributors":', c.contribution_id::text) AS item
            FROM licensing.contribution_overview AS c WHERE c.member_id = p_member AND c.pool_id = p_run.pool_id) AS x;
    END IF;
    SELECT COALESCE(pg_catalog.jsonb_agg(x.item ORDER BY x.id) FILTER (WHERE x.item IS NOT NULL), '[]') INTO v_recipients
    FROM (SELECT p.id, payout.find_item(p_run.inputs_file_sha256, p_run.places[3], p_run.places[4], '{"distinct_licensees":', p.id) AS item
        FROM (SELECT p_member::text AS id UNION SELECT o->>'recipient' FROM pg_catalog.jsonb_array_elements(v_contributions) AS c,
            LATERAL pg_catalog.jsonb_array_elements(c->'contributors') AS o) AS p) AS x;
    RETURN pg_catalog.jsonb_build_object('recipients', v_recipients, 'contributions', v_contributions);
END
$$;
