-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the stored facts core/policy.c decides on: canonical terms in force, context (attestation, prohibitions, sanctions),
--          and the members covered now by notice floor. Consents enter as counts, since a pool has many.
-- Outcomes: none; NULL when no terms are in force.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.policy_facts(p_pool licensing.pool, p_organisation uuid, p_purpose text, p_class text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_terms record := licensing.terms_now(p_pool.ref);
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_explicit boolean := (v_terms.doc ->> 'special_category')::boolean; -- once, not for each of 100,000 consents
BEGIN
    IF v_terms.sha256 IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN pg_catalog.jsonb_build_object('terms', v_terms.canonical, 'terms_sha256', v_terms.sha256, 'terms_version', v_terms.version,
        'at', log.time_text(v_now),
        'attested_at', (SELECT log.time_text(pg_catalog.max(a.attested_at)) FROM licensing.attestation AS a
                        WHERE a.organisation_id = p_organisation AND a.kind = 'non_commercial'),
        'prohibitions', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', 'prohibition:' || p.id, 'purpose', p.purpose,
                'from', log.time_text(p.from_at), 'until', log.time_text(p.until_at)) ORDER BY p.from_at, p.id), '[]')
            FROM governance.prohibition_in_force AS p WHERE p.from_at <= v_now AND (p.until_at IS NULL OR p.until_at > v_now)),
        'sanctions', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', 'sanction:' || s.id,
                'organisation', 'org:' || s.organisation_id, 'purpose', s.purpose, 'from', log.time_text(s.from_at),
                'until', log.time_text(s.until_at)) ORDER BY s.from_at, s.id), '[]')
            FROM governance.sanction_in_force AS s WHERE s.organisation_id = p_organisation AND (s.pool IS NULL OR s.pool = p_pool.ref)
                AND s.from_at <= v_now AND (s.until_at IS NULL OR s.until_at > v_now)),
        'covered', (
            WITH given AS MATERIALIZED (
                SELECT c.notice, pg_catalog.count(*) AS members FROM licensing.consent_current AS c
                WHERE c.pool_id = p_pool.pool_id AND c.purpose = p_purpose AND c.recipient_class = p_class AND c.permits
                    AND (c.until IS NULL OR c.until > v_now) AND (c.explicit OR NOT v_explicit)
                GROUP BY c.notice)
            SELECT pg_catalog.jsonb_object_agg(f.floor::text,
                (SELECT COALESCE(pg_catalog.sum(g.members), 0)::bigint FROM given AS g WHERE g.notice >= f.floor))
            FROM (SELECT DISTINCT (r.v ->> 'notice_floor')::integer AS floor FROM pg_catalog.jsonb_array_elements(v_terms.doc -> 'rules') AS r (v)
                  WHERE r.v ? 'notice_floor') AS f));
END
$$;
