-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the trust signs of a sealed month of a grant, to hold against the invoice: sealed units by meter, of these the late ones, and the
--          seal they are part of.
-- Outcomes: ok, not_found, not_allowed_here (not sealed yet).
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.get_month_receipt(p_organisation uuid, p_grant uuid, p_month date) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_grant record;
    v_seal metering.seal;
BEGIN
    SELECT g.pool_id, g.pool, g.terms_sha256 INTO v_grant FROM licensing.grant_overview AS g
    WHERE g.grant_id = p_grant AND g.organisation_id = p_organisation;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT * INTO v_seal FROM metering.seal AS s WHERE s.pool_id = v_grant.pool_id AND s.month = p_month;
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'the month is not sealed yet');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('grant_id', p_grant, 'organisation_id', p_organisation, 'pool', v_grant.pool,
        'month', pg_catalog.to_char(p_month, 'YYYY-MM'), 'terms_sha256', v_grant.terms_sha256,
        'meters', (SELECT COALESCE(pg_catalog.jsonb_object_agg(x.meter, x.units), '{}') FROM (
            SELECT u.meter, pg_catalog.sum(u.units)::bigint AS units FROM metering.sealed_usage AS u
            WHERE u.pool_id = v_seal.pool_id AND u.month = p_month AND u.grant_id = p_grant GROUP BY u.meter) AS x),
        'late', (SELECT COALESCE(pg_catalog.jsonb_object_agg(x.meter, x.units), '{}') FROM (
            SELECT u.meter, pg_catalog.sum(u.units)::bigint AS units FROM metering.usage_day AS u
            WHERE u.pool_id = v_seal.pool_id AND u.grant_id = p_grant AND u.day >= p_month AND u.day < (p_month + interval '1 month')::date
                AND u.late IS NOT NULL GROUP BY u.meter) AS x),
        'seal', pg_catalog.jsonb_build_object('root', v_seal.root, 'sha256', v_seal.sha256, 'lines', v_seal.lines, 'units', v_seal.units,
            'sealed_at', log.time_text(v_seal.sealed_at))));
END
$$;
