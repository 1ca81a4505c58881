-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: freezes text, effect and rule row under their hashes, when nothing holds the proposal back; what does is kept in
--          held. text_sha256 is over the canonical {text, title}, proposal_sha256 over the canonical {effect_sha256, id,
--          rule_sha256, text_sha256, type, version}.
-- Outcomes: none.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.freeze_proposal(p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v governance.proposal_version := (SELECT x FROM governance.proposal_version AS x WHERE x.proposal_id = p_id AND x.version = p.version);
    v_held jsonb := governance.freeze_hold(p, v.effect);
    v_text text := governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('title', v.title, 'text', v.body_text)));
    v_effect text;
    v_rule text := governance.hash_text(log.canonical(p.rule));
    v_whole text;
BEGIN
    IF v_held <> '[]' THEN
        UPDATE governance.proposal SET held = v_held WHERE id = p_id AND held IS DISTINCT FROM v_held;
        RETURN false;
    END IF;
    IF v.effect ->> 'schema' IN ('seats', 'budget_awards') THEN
        v := governance.fix_list(p);
        p.version := v.version;
    END IF;
    v_effect := governance.hash_text(v.effect_canonical);
    v_whole := governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('id', p_id, 'version', p.version, 'type', p.type,
        'text_sha256', v_text, 'effect_sha256', v_effect, 'rule_sha256', v_rule)));
    UPDATE governance.proposal SET text_sha256 = v_text, effect_sha256 = v_effect, rule_sha256 = v_rule, proposal_sha256 = v_whole,
        frozen_at = pg_catalog.now() WHERE id = p_id;
    PERFORM governance.move_proposal(p_id, 'frozen', NULL, NULL);
    PERFORM log.append_leaf('proposal', p_id::text, v_whole, pg_catalog.jsonb_build_object('type', p.type, 'version', p.version,
        'text_sha256', v_text, 'effect_sha256', v_effect, 'rule_sha256', v_rule));
    IF NOT governance.is_uncontested(governance.lock_proposal(p_id)) THEN
        PERFORM governance.notify_stewards(p_id, 'steward_key_due');
    END IF;
    RETURN true;
END
$$;
