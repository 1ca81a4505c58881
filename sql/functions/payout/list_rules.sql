-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: benefit rules enacted, the one voted last first, and one of them by its hash. from and until say when each counts, as payout.rule_at
--          decides: from its enactment or effective_from, whichever is later, until one voted after it has begun.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_rules(p_sha256 text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_items jsonb;
BEGIN
    WITH rule AS (
        SELECT b.*, GREATEST(b.from_at, ((b.doc->>'effective_from')::date)::timestamp AT TIME ZONE 'UTC') AS begins,
            pg_catalog.row_number() OVER (ORDER BY b.from_at DESC, b.version DESC) AS place
        FROM governance.benefit_rule_in_force AS b)
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', r.sha256, 'rule', r.rule, 'version', r.version, 'resolution', r.resolution,
            'from', log.time_text(r.begins), 'until', log.time_text(CASE WHEN n.begins IS NOT NULL THEN GREATEST(r.begins, n.begins) END), 'document', r.doc) ORDER BY r.place) INTO v_items
    FROM rule AS r CROSS JOIN LATERAL (SELECT pg_catalog.min(later.begins) AS begins FROM rule AS later WHERE later.place < r.place) AS n
    WHERE p_sha256 IS NULL OR r.sha256 = p_sha256;
    IF p_sha256 IS NULL THEN
        RETURN log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(v_items, '[]'), 'next', NULL));
    END IF;
    RETURN CASE WHEN v_items IS NULL THEN log.refusal('not_found', 'no rule has this hash') ELSE log.answer('ok', v_items->0) END;
END
$$;
