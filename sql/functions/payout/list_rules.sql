-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: benefit rules that are or were in force, newest first, and one of them by its hash.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_rules(p_sha256 text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_items jsonb;
BEGIN
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', b.sha256, 'rule', b.rule, 'version', b.version, 'resolution', b.resolution,
        'from', log.time_text(b.from_at), 'until', log.time_text(b.until_at), 'document', b.doc) ORDER BY b.from_at DESC) INTO v_items
    FROM governance.benefit_rule_in_force AS b WHERE p_sha256 IS NULL OR b.sha256 = p_sha256;
    IF p_sha256 IS NULL THEN
        RETURN log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(v_items, '[]'), 'next', NULL));
    END IF;
    RETURN CASE WHEN v_items IS NULL THEN log.refusal('not_found', 'no rule has this hash') ELSE log.answer('ok', v_items->0) END;
END
$$;
