-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what rating a sealed month of a pool needs: per grant the price, the buyer and the units by meter, and a month's days. Grants in force in that month without usage are rated too, for their base price.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_rating(p_pool uuid, p_month date, p_estimate boolean) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('currency', payout.currency(), 'seller_name', (SELECT c.name FROM governance.charter_in_force AS c),
        'grants', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('grant_id', g.grant_id, 'licensee', g.organisation_id, 'pool', g.pool,
            'tier', g.tier, 'terms_version', g.terms_version, 'price', g.price, 'name', g.organisation_name,
            'buyer', (SELECT pg_catalog.jsonb_build_object('name', o.name, 'country', o.country, 'vat_id', o.vat_id, 'address', o.address)
                FROM licensing.organisation_overview AS o WHERE o.organisation_id = g.organisation_id),
            'meters', COALESCE((SELECT pg_catalog.jsonb_object_agg(u.meter, u.units) FROM (
                SELECT s.meter, pg_catalog.sum(s.units)::bigint AS units FROM metering.sealed_usage_overview AS s
                WHERE NOT p_estimate AND s.pool_id = p_pool AND s.month = p_month AND s.grant_id = g.grant_id GROUP BY s.meter
                UNION ALL
                SELECT d.meter, pg_catalog.sum(d.units)::bigint FROM metering.usage_day_overview AS d
                WHERE p_estimate AND d.pool_id = p_pool AND d.day >= p_month AND d.day < (p_month + '1 month'::interval)::date
                    AND d.grant_id = g.grant_id GROUP BY d.meter) AS u), '{}')) ORDER BY g.grant_id)
            FROM licensing.grant_overview AS g
            WHERE g.pool_id = p_pool AND g.price IS NOT NULL AND g.from_at < (p_month + '1 month'::interval) AT TIME ZONE 'UTC'
                AND (g.until_at IS NULL OR g.until_at > p_month::timestamp AT TIME ZONE 'UTC')
                AND (p_estimate OR NOT EXISTS (SELECT FROM payout.rating AS r WHERE r.pool_id = p_pool AND r.month = p_month AND r.grant_id = g.grant_id))), '[]')));
END
$$;
