-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the rows an effect stands for, with their leaves. Called in the transaction that brings the proposal into
--          force; the guards of the tables check that.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.apply_effect(p_id uuid, p_effect jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d jsonb := p_effect -> 'document';
    v_canonical text := CASE WHEN d IS NOT NULL THEN log.canonical(d) END;
    v_hash text := governance.hash_text(v_canonical);
    v_now timestamptz := pg_catalog.now();
    v_public jsonb := pg_catalog.jsonb_build_object('version', d -> 'version', 'proposal', p_id);
    v_version integer;
BEGIN
    CASE p_effect ->> 'schema'
    WHEN 'terms_version' THEN
        INSERT INTO governance.terms_version (id, pool, version, doc, canonical, sha256, proposal_id, from_at)
        VALUES (log.new_id(), d ->> 'pool', (d ->> 'version')::integer, d, v_canonical, v_hash, p_id, v_now);
        PERFORM log.append_leaf('terms', 'terms:' || (d ->> 'pool'), v_hash, v_public);
    WHEN 'pool_charter' THEN
        INSERT INTO governance.pool_charter (id, pool, version, doc, canonical, sha256, proposal_id, from_at)
        VALUES (log.new_id(), d ->> 'pool', (d ->> 'version')::integer, d, v_canonical, v_hash, p_id, v_now);
        PERFORM log.append_leaf('terms', 'pool_charter:' || (d ->> 'pool'), v_hash, v_public);
    WHEN 'benefit_rule' THEN
        INSERT INTO governance.benefit_rule (id, rule, version, doc, canonical, sha256, proposal_id, from_at)
        VALUES (log.new_id(), d ->> 'rule', (d ->> 'version')::integer, d, v_canonical, v_hash, p_id, v_now);
        PERFORM log.append_leaf('rule', 'benefit_rule:' || (d ->> 'rule'), v_hash, v_public);
    WHEN 'prohibition_add' THEN
        PERFORM governance.write_prohibition(p_effect, p_id);
        PERFORM licensing.rescreen(NULL, p_effect ->> 'purpose');
    WHEN 'prohibition_lift' THEN
        INSERT INTO governance.prohibition_lift (prohibition_id, at, proposal_id)
        SELECT f.id, v_now, p_id FROM governance.prohibition_in_force AS f
        WHERE f.purpose = p_effect ->> 'purpose' AND (f.until_at IS NULL OR f.until_at > v_now);
        PERFORM log.append_leaf('prohibition', l.prohibition_id::text, governance.hash_text(log.canonical(p_effect)),
            pg_catalog.jsonb_build_object('purpose', p_effect ->> 'purpose', 'version', 2, 'proposal', p_id, 'lifted_by', p_id))
        FROM governance.prohibition_lift AS l WHERE l.proposal_id = p_id;
        PERFORM licensing.rescreen(NULL, p_effect ->> 'purpose');
    WHEN 'policy_text' THEN
        INSERT INTO governance.policy (id, title, body_text, spend, from_at, until_at, proposal_id)
        SELECT log.new_id(), v.title, p_effect ->> 'text', COALESCE(p_effect -> 'spend', '[]'), v_now, (p_effect ->> 'until')::timestamptz, p_id
        FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version WHERE p.id = p_id;
        PERFORM log.append_leaf('rule', 'policy:' || o.id, governance.hash_policy(o), pg_catalog.jsonb_build_object('version', 1, 'proposal', p_id))
        FROM governance.policy AS o WHERE o.proposal_id = p_id;
        INSERT INTO governance.grant_order (id, proposal_id, n, grant_id, act, cause, at)
        SELECT log.new_id(), p_id, o.n, (o.v ->> 'grant')::uuid, o.v ->> 'act', o.v ->> 'cause', v_now
        FROM pg_catalog.jsonb_array_elements(COALESCE(p_effect -> 'grant_orders', '[]')) WITH ORDINALITY AS o (v, n);
        PERFORM pg_catalog.pg_notify('board_order', p_id::text) WHERE p_effect ? 'grant_orders';
    WHEN 'asset_register' THEN
        PERFORM governance.write_asset(p_effect, p_id);
    WHEN 'asset_succession' THEN
        PERFORM governance.pass_asset(p_effect, p_id);
    WHEN 'rule_row' THEN
        PERFORM governance.write_rule(p_effect -> 'rule', p_id);
    WHEN 'bylaw_text' THEN
        INSERT INTO governance.bylaw_version (clause, version, title, body_text, entrenched, sha256, proposal_id, from_at)
        SELECT p_effect ->> 'clause', COALESCE(pg_catalog.max(b.version), 0) + 1, p_effect ->> 'title', p_effect ->> 'text',
               (p_effect ->> 'entrenched')::boolean, governance.hash_text(log.canonical(p_effect - 'schema')), p_id, v_now
        FROM governance.bylaw_version AS b WHERE b.clause = p_effect ->> 'clause'
        RETURNING version INTO v_version;
        PERFORM log.append_leaf('rule', 'bylaw:' || (p_effect ->> 'clause'), governance.hash_text(log.canonical(p_effect - 'schema')),
            pg_catalog.jsonb_build_object('version', v_version, 'proposal', p_id));
    WHEN 'appointment' THEN
        PERFORM governance.apply_appointment(p_id, p_effect);
    WHEN 'seats' THEN
        PERFORM governance.apply_seats(p_id, p_effect);
    WHEN 'budget_awards' THEN
        PERFORM governance.apply_awards(p_id, p_effect);
    WHEN 'recall' THEN
        PERFORM governance.end_office((p_effect ->> 'office_id')::uuid, 'recalled', p_id);
    WHEN 'expulsion' THEN
        PERFORM governance.expel_member((p_effect ->> 'member_id')::uuid);
    WHEN 'sanction' THEN
        PERFORM governance.write_sanction(p_effect, p_id, NULL);
    END CASE;
END
$$;
