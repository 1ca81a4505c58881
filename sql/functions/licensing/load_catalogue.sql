-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: all that a pool's Dataset tells but its counts: pool, charter, terms in force (canonical), the trust's prohibitions in
--          force, quality; and when it must be made again. The instant of the reading goes back to licensing.store_catalogue.
-- Outcomes: ok, not_found (no such pool, a draft).
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_catalogue(p_pool uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool;
    v_charter record;
    v_terms record;
    v_given record;
    v_now timestamptz := pg_catalog.statement_timestamp();
BEGIN
    SELECT * INTO v_pool FROM licensing.pool WHERE pool_id = p_pool AND state <> 'draft';
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT v.version, v.charter, v.from_at INTO v_charter FROM licensing.pool_version AS v WHERE v.pool_id = p_pool
    ORDER BY v.version DESC LIMIT 1;
    SELECT t.version, t.sha256, t.canonical, t.doc, t.from_at INTO v_terms FROM governance.terms_in_force AS t
    WHERE t.pool = v_pool.ref AND t.from_at <= v_now AND (t.until_at IS NULL OR t.until_at > v_now)
    ORDER BY t.from_at DESC, t.version DESC LIMIT 1;
    SELECT pg_catalog.count(DISTINCT c.member_id) AS members, pg_catalog.max(c.decided_at) AS at INTO v_given
    FROM licensing.contribution AS c WHERE c.pool_id = p_pool AND c.state = 'accepted';
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('pool_id', v_pool.pool_id, 'ref', v_pool.ref, 'state', v_pool.state,
        'schema', v_pool.schema, 'charter', v_charter.charter, 'charter_version', v_charter.version, 'terms', v_terms.canonical,
        'terms_version', v_terms.version, 'terms_id', (SELECT t.id FROM licensing.terms AS t WHERE t.sha256 = v_terms.sha256
                                                       ORDER BY t.submitted_at NULLS LAST, t.id LIMIT 1),
        'at', log.time_text(v_now), 'loaded_at', v_now, 'issued', log.time_text(COALESCE(v_pool.opened_at, v_pool.created_at)),
        'modified', log.time_text(GREATEST(v_pool.opened_at, v_charter.from_at, v_terms.from_at,
            pg_catalog.date_trunc('day', v_given.at, 'UTC'))),
        'contributors', v_given.members, 'quality_ppm', (licensing.get_quality(NULL, v_pool.ref)).body -> 'quality_ppm',
        'prohibitions', (SELECT COALESCE(pg_catalog.jsonb_agg(DISTINCT p.purpose ORDER BY p.purpose), '[]') FROM governance.prohibition_in_force AS p
                         WHERE p.from_at <= v_now AND (p.until_at IS NULL OR p.until_at > v_now)),
        'look_at', (SELECT LEAST(v_now + interval '6 hours', pg_catalog.min(b.at)) FROM (VALUES
            ((v_terms.doc #>> '{valid,from}')::timestamptz), ((v_terms.doc #>> '{valid,until}')::timestamptz)) AS b (at) WHERE b.at > v_now)));
END
$$;
