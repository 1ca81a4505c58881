-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N4 for one grant, all but the signatures themselves: it gives what its agreement says, the agreement is what was offered, two
--          parties signed its hash, one terms hash is in all, and the evaluation permits, or asks for a council that approved.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_agreement(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'grant', g.id::text, x.aspect, COALESCE(x.expected, 'none'), COALESCE(x.found, 'none'), x.about
    FROM licensing.data_grant AS g
    LEFT JOIN licensing.agreement AS a ON a.id = g.agreement_id
    LEFT JOIN licensing.offer AS o ON o.id = a.offer_id
    LEFT JOIN licensing.evaluation AS e ON e.id = g.evaluation_id
    LEFT JOIN licensing.agreement_signature AS s ON s.agreement_id = a.id AND s.party = 'licensee'
    LEFT JOIN licensing.agreement_signature AS t ON t.agreement_id = a.id AND t.party = 'trust'
    LEFT JOIN governance.council_decision AS d ON d.case_id = o.case_id AND d.kind = 'application' AND d.subject = o.application_id
    CROSS JOIN LATERAL (VALUES
        ('agreement hash', audit.digest(a.canonical), a.sha256, 'the agreement''s text is not what its hash was made of'),
        ('agreement body', a.canonical, log.canonical(a.body), 'the agreement that is read is not the text that is hashed'),
        ('offered hash', o.agreement_hash, a.sha256, 'the agreement is not the one that was offered'),
        ('accepted hash', a.sha256, s.signed ->> 'agreement_hash', 'the licensee accepted another agreement, or none'),
        ('method', s.signed ->> 'method', s.method, 'the acceptance was given in another way than the row says'),
        ('signatory', s.signed ->> 'person', s.signer::text, 'somebody else accepted than the row says'),
        ('counter-signed hash', a.sha256, t.signed ->> 'agreement_hash', 'the trust signed another agreement, or none'),
        ('counter-signed acceptance', s.signed::text, (t.signed -> 'acceptance')::text, 'the trust signed another acceptance than the licensee gave'),
        ('evaluation', o.evaluation_id::text, g.evaluation_id::text, 'the grant rests on another evaluation than the offer'),
        ('terms of agreement', g.terms_sha256, a.body ->> 'terms_sha256', 'grant and agreement name different terms'),
        ('terms of evaluation', g.terms_sha256, e.terms_sha256, 'grant and evaluation name different terms'),
        ('decision', 'permit or council', CASE WHEN e.decision IN ('permit', 'council') THEN 'permit or council' ELSE e.decision END, 'the evaluation does not allow this grant'),
        ('council', 'approved', CASE WHEN d.approved OR o.case_id IS NULL AND e.decision = 'permit' THEN 'approved' ELSE COALESCE(d.state, 'no case') END,
            'a council decides on this grant, and no case approved it'),
        ('subject', o.application_id::text, CASE WHEN o.kind = 'first' THEN e.subject::text ELSE o.application_id::text END, 'the evaluation is about something else'),
        ('grant', (SELECT log.canonical(pg_catalog.jsonb_object_agg(k, a.body -> k)) FROM pg_catalog.unnest(ARRAY['rule', 'tier', 'purpose', 'org_class', 'actions', 'modes', 'columns',
                'notice_floor', 'min_cohort', 'special_category', 'quotas', 'price', 'not_before', 'not_after']) AS k),
            log.canonical(pg_catalog.jsonb_build_object('rule', g.rule, 'tier', g.tier, 'purpose', g.purpose, 'org_class', g.org_class, 'actions', g.actions, 'modes', g.modes, 'columns', g.plan,
                'notice_floor', g.notice_floor, 'min_cohort', g.min_cohort, 'special_category', g.explicit_only, 'quotas', g.quotas, 'price', g.price,
                'not_before', log.time_text(g.from_at), 'not_after', log.time_text(g.until_at))), 'the grant gives something else than the agreement says')
        ) AS x (aspect, expected, found, about)
    WHERE g.id::text = p_unit AND (x.expected IS NULL OR x.expected IS DISTINCT FROM x.found);
$$;
