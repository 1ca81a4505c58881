-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands against a proposal that touches the asset lock, of type succession or entrenched: NULL, or the reason. It has come into force in
--          this transaction with the text, effect and rule row that were frozen; that row was the one in force and stands on the floors; two readings
--          carried on two rolls, by the recount; after each the cooling was sat out.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.judge_lock(p_id uuid, p_type text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN p.id IS NULL OR p.type <> p_type OR p.rule_type <> p_type THEN 'there is no such ' || p_type
        WHEN p.state <> 'in_force' OR p.in_force_at <> pg_catalog.now() THEN 'it does not come into force now'
        WHEN NOT governance.keeps_lock(p.rule) THEN 'its rule row is under the floor'
        WHEN NOT EXISTS (SELECT FROM governance.rule_version AS r WHERE r.type = p_type AND r.version = p.rule_version AND r.rule = p.rule)
            THEN 'its rule row was not in force'
        WHEN (p.rule_sha256, p.effect_sha256, p.text_sha256, p.proposal_sha256) IS DISTINCT FROM (h.rule, h.effect, h.text, governance.hash_text(log.canonical(
                pg_catalog.jsonb_build_object('id', p.id, 'version', p.version, 'type', p.type, 'text_sha256', h.text, 'effect_sha256', h.effect, 'rule_sha256', h.rule))))
            THEN 'it is not what was frozen'
        WHEN p.reading <> 2 THEN 'a reading is missing'
        WHEN EXISTS (SELECT FROM pg_catalog.generate_series(1, p.reading) AS n
                LEFT JOIN governance.tally AS t ON t.proposal_id = p.id AND t.reading = n
                LEFT JOIN governance.roll_head AS later ON later.proposal_id = p.id AND later.reading = n + 1
                WHERE (governance.add_seconds(t.at, p.rule, 'cooling_seconds') <= COALESCE(later.taken_at, pg_catalog.clock_timestamp())) IS NOT TRUE)
            THEN 'the cooling is not over'
        WHEN governance.recount(p.id) IS DISTINCT FROM 'carried' THEN 'its votes do not carry it'
    END
    FROM (SELECT p_id AS asked) AS a LEFT JOIN governance.proposal AS p ON p.id = a.asked
    LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
    CROSS JOIN LATERAL (SELECT governance.hash_text(log.canonical(p.rule)) AS rule, governance.hash_text(v.effect_canonical) AS effect,
        governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('title', v.title, 'text', v.body_text))) AS text) AS h;
$$;
