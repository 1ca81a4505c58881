-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether an effect can be applied to what is in force now: [] or [{pointer, detail}]. Asked at submission, at the
--          freeze and when it takes effect; its form was checked in C when it was written.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_effect(p_type text, p_effect jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_kind text := p_effect ->> 'schema';
    v_pointer text;
    v_detail text;
BEGIN
    IF v_kind <> ALL (governance.effects_of(p_type)) THEN
        v_pointer := '/effect/schema';
        v_detail := 'a ' || p_type || ' proposal carries one of: ' || pg_catalog.array_to_string(governance.effects_of(p_type), ', ');
    ELSIF v_kind = 'terms_version' THEN
        RETURN governance.check_document('licensing.check_terms(jsonb)', p_effect -> 'document', '/effect/document')
            || governance.check_next_version((SELECT pg_catalog.max(t.version) FROM governance.terms_version AS t
                WHERE t.pool = p_effect -> 'document' ->> 'pool'), p_effect -> 'document');
    ELSIF v_kind = 'pool_charter' THEN
        RETURN governance.check_document('licensing.check_pool_charter(jsonb)', p_effect -> 'document', '/effect/document')
            || governance.check_next_version((SELECT pg_catalog.max(t.version) FROM governance.pool_charter AS t
                WHERE t.pool = p_effect -> 'document' ->> 'pool'), p_effect -> 'document');
    ELSIF v_kind = 'benefit_rule' THEN
        RETURN governance.check_document('payout.check_benefit_rule(jsonb)', p_effect -> 'document', '/effect/document')
            || governance.check_next_version((SELECT pg_catalog.max(t.version) FROM governance.benefit_rule AS t
                WHERE t.rule = p_effect -> 'document' ->> 'rule'), p_effect -> 'document')
            || CASE WHEN p_effect -> 'document' ->> 'currency' IS DISTINCT FROM (SELECT c.currency FROM governance.charter AS c)
                THEN '[{"pointer": "/effect/document/currency", "detail": "not the currency of this trust"}]'::jsonb ELSE '[]' END;
    ELSIF v_kind = 'prohibition_add' AND EXISTS (SELECT FROM governance.prohibition_in_force AS p WHERE p.purpose = p_effect ->> 'purpose'
                  AND (p.until_at IS NULL OR p.until_at > pg_catalog.now())) THEN
        v_pointer := '/effect/purpose';
        v_detail := 'this purpose is prohibited already';
    ELSIF v_kind = 'prohibition_lift' AND NOT EXISTS (SELECT FROM governance.prohibition_in_force AS p WHERE p.purpose = p_effect ->> 'purpose'
                  AND (p.until_at IS NULL OR p.until_at > pg_catalog.now())) THEN
        v_pointer := '/effect/purpose';
        v_detail := 'this purpose is not prohibited';
    ELSIF v_kind = 'asset_register' AND EXISTS (SELECT FROM governance.asset AS a WHERE a.ref = p_effect ->> 'ref' AND (
                  (a.kind, a.title, a.provenance, a.sha256::text) IS DISTINCT FROM
                  (p_effect ->> 'kind', p_effect ->> 'title', p_effect ->> 'provenance', p_effect ->> 'sha256')
                  OR a.disposition::text IN (p_effect ->> 'disposition', 'succeeded'))) THEN
        v_pointer := '/effect/ref';
        v_detail := 'registered already: only its disposition can change, while the trust holds it';
    ELSIF v_kind = 'asset_succession' AND NOT EXISTS (SELECT FROM governance.asset AS a WHERE a.ref = p_effect ->> 'ref' AND a.disposition <> 'succeeded') THEN
        v_pointer := '/effect/ref';
        v_detail := 'the trust holds no such asset';
    ELSIF v_kind = 'bylaw_text' AND p_type <> 'entrenched' AND ((p_effect ->> 'entrenched')::boolean OR EXISTS (
                  SELECT FROM governance.bylaw_in_force AS b WHERE b.clause = p_effect ->> 'clause' AND b.until_at IS NULL AND b.entrenched)) THEN
        v_pointer := '/effect/clause';
        v_detail := 'an entrenched clause changes by an entrenched proposal only';
    ELSIF v_kind = 'rule_row' AND p_type <> 'entrenched' AND p_effect -> 'rule' ->> 'type' IN ('entrenched', 'succession') THEN
        v_pointer := '/effect/rule/type';
        v_detail := 'this rule row protects the asset lock: it changes by an entrenched proposal only';
    ELSIF v_kind = 'sanction' THEN
        RETURN governance.check_sanction(p_effect, '/effect');
    ELSIF v_kind = 'policy_text' THEN
        RETURN governance.check_orders(p_type, p_effect);
    ELSIF v_kind = 'budget_awards' AND (p_effect -> 'pot' ->> 'currency' <> (SELECT c.currency FROM governance.charter AS c)
                  OR (p_effect -> 'pot' ->> 'minor')::bigint < 1 OR p_effect ->> 'account' NOT LIKE 'Equity:Fund:_%') THEN
        v_pointer := '/effect';
        v_detail := 'the pot is more than nothing, in the currency of this trust, out of a fund (Equity:Fund:...)';
    ELSIF v_kind = 'recall' AND NOT EXISTS (SELECT FROM governance.office_in_force AS o JOIN governance.office AS w ON w.id = o.office_id
                  JOIN governance.member_now AS m ON m.member_id = o.member_id
                  WHERE o.office_id = (p_effect ->> 'office_id')::uuid AND o.until_at > pg_catalog.now() AND COALESCE(w.class, m.class) = p_effect ->> 'class') THEN
        v_pointer := '/effect/office_id';
        v_detail := 'nobody of this class holds such an office';
    ELSIF v_kind = 'expulsion' AND NOT EXISTS (SELECT FROM governance.member_now AS m WHERE m.member_id = (p_effect ->> 'member_id')::uuid
                  AND m.standing IN ('active', 'lapsed', 'suspended')) THEN
        v_pointer := '/effect/member_id';
        v_detail := 'no such member, or no longer one';
    ELSIF v_kind = 'appointment' THEN
        v_detail := governance.check_appointment(p_effect);
        v_pointer := '/effect/member_id';
    END IF;
    RETURN CASE WHEN v_detail IS NULL THEN '[]'::jsonb
        ELSE pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('pointer', v_pointer, 'detail', v_detail)) END;
END
$$;
