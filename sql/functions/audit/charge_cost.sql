-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what p_units billable units cost by one charge of a price plan, after a discount, rounded once: payout 8.5, step 2. p_keep is a million less the
--          discount. A volume charge looks up its tier at p_at.
-- Outcomes: minor units.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.charge_cost(p_charge jsonb, p_units numeric, p_at numeric, p_keep numeric, p_round text) RETURNS numeric
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH per AS (SELECT COALESCE((p_charge ->> 'per')::numeric, 1) AS per),
    tier AS (
        SELECT (t.v ->> 'unit_micro')::numeric AS micro, COALESCE((t.v ->> 'flat')::numeric, 0) AS flat, COALESCE((t.v ->> 'up_to')::numeric, 'Infinity') AS upto,
            COALESCE(pg_catalog.lag((t.v ->> 'up_to')::numeric) OVER (ORDER BY t.ordinality), 0) AS behind
        FROM pg_catalog.jsonb_array_elements(p_charge -> 'tiers') WITH ORDINALITY AS t (v)),
    -- Millionths of a minor unit, times per.
    cost AS (
        SELECT CASE p_charge ->> 'model'
            WHEN 'flat' THEN (p_charge ->> 'amount')::numeric * 1000000 * p.per
            WHEN 'per_unit' THEN p_units * (p_charge ->> 'unit_micro')::numeric
            WHEN 'package' THEN pg_catalog.ceil(p_units / (p_charge ->> 'size')::numeric) * (p_charge ->> 'price')::numeric * 1000000 * p.per
            WHEN 'percent' THEN p_units * (p_charge ->> 'rate_ppm')::numeric * p.per
            WHEN 'graduated' THEN (SELECT COALESCE(pg_catalog.sum((LEAST(p_units, t.upto) - t.behind) * t.micro + t.flat * 1000000 * p.per), 0) FROM tier AS t WHERE p_units > t.behind)
            WHEN 'volume' THEN (SELECT COALESCE(pg_catalog.sum(p_units * t.micro + t.flat * 1000000 * p.per), 0) FROM tier AS t WHERE p_units > 0 AND p_at > t.behind AND p_at <= t.upto)
            END AS cost, p.per FROM per AS p)
    SELECT CASE p_round WHEN 'down' THEN pg_catalog.div(c.cost * p_keep, c.per * 1000000000000) WHEN 'up' THEN (pg_catalog.div(c.cost * p_keep, c.per * 1000000000000)
            + (pg_catalog.mod(c.cost * p_keep, c.per * 1000000000000) > 0)::integer)
        ELSE pg_catalog.div(2 * c.cost * p_keep + c.per * 1000000000000, 2 * c.per * 1000000000000) END
    FROM cost AS c;
$$;
