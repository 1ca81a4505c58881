-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: GOV-A1: every asset of the charter, and every one that a policy registered, is on the register, under the title and checksum it had; each of its dispositions is one that
--          a vote in force, or the charter, gave it, one behind the other, and the last one is what the register says. One that was passed on was so by a succession of this asset to this
--          successor, asset-locked and non-profit, under a rule row above the floors, in two readings on two rolls; nothing comes behind it. Ballots are GOV-T1's, times GOV-F1's.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_assets(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH due AS MATERIALIZED (
        SELECT x.d ->> 'ref' AS ref, x.d ->> 'kind' AS kind, x.d ->> 'disposition' AS disposition, NULL::uuid AS proposal_id, c.founded_at AS at, x.d AS told, NULL::jsonb AS rule, NULL::text AS type
        FROM governance.charter AS c CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(c.doc -> 'assets') AS x (d)
        UNION ALL
        SELECT v.effect ->> 'ref', v.effect ->> 'kind', CASE v.effect ->> 'schema' WHEN 'asset_succession' THEN 'succeeded' ELSE v.effect ->> 'disposition' END, p.id, p.in_force_at, v.effect, p.rule, p.type
        FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
        WHERE p.state IN ('in_force', 'superseded', 'expired') AND v.effect ->> 'schema' IN ('asset_register', 'asset_succession')),
    first AS (SELECT DISTINCT ON (d.ref) d.* FROM due AS d ORDER BY d.ref, d.at),
    event AS MATERIALIZED (
        SELECT e.*, a.ref, a.kind, a.successor_id, pg_catalog.row_number() OVER w AS place, pg_catalog.lag(e.disposition) OVER w AS before
        FROM governance.asset_event AS e JOIN governance.asset AS a ON a.id = e.asset_id WINDOW w AS (PARTITION BY e.asset_id ORDER BY e.seq))
    SELECT 'asset', f.ref, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM first AS f LEFT JOIN governance.asset AS a ON a.ref = f.ref LEFT JOIN LATERAL (SELECT e.* FROM event AS e WHERE e.asset_id = a.id ORDER BY e.seq DESC LIMIT 1) AS e ON true
    CROSS JOIN LATERAL (VALUES
        ('register', 'on the register', CASE WHEN a.id IS NOT NULL THEN 'on the register' END, 'an asset that is held in trust is not on the register any more'),
        ('kind', COALESCE(f.kind, a.kind), COALESCE(a.kind, f.kind), 'the register calls it something else than was registered'),
        ('title', COALESCE(f.told ->> 'title', a.title), COALESCE(a.title, f.told ->> 'title'), 'the register calls it something else than was registered'),
        ('provenance', COALESCE(f.told ->> 'provenance', a.provenance), COALESCE(a.provenance, f.told ->> 'provenance'), 'it is said to have come from elsewhere'),
        ('checksum', CASE WHEN a.id IS NOT NULL THEN f.told ->> 'sha256' END, a.sha256::text, 'it is not what was registered'),
        ('disposition', COALESCE(e.disposition::text, 'none'), COALESCE(a.disposition::text, 'none'), 'the register says otherwise than its history'),
        ('resolution', e.proposal_id::text, a.proposal_id::text, 'the register names another vote than its history')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'asset', a.ref, 'register', 'a charter or a vote in force that registered it', 'none', 'nothing put this asset on the register'
    FROM governance.asset AS a WHERE NOT EXISTS (SELECT FROM due AS d WHERE d.ref = a.ref)
    UNION ALL
    SELECT 'asset', COALESCE(e.ref, d.ref), 'disposition ' || COALESCE(e.disposition::text || ' of ' || COALESCE(e.proposal_id::text, 'charter'), d.disposition || ' of ' || COALESCE(d.proposal_id::text, 'charter')),
        CASE WHEN d.ref IS NULL THEN 'a charter or a vote in force that gave it' ELSE d.disposition END, CASE WHEN e.ref IS NULL THEN 'none' WHEN d.ref IS NULL THEN 'none' END,
        CASE WHEN d.ref IS NULL THEN 'no vote gave the asset this disposition' ELSE 'what was voted on the asset is not in its history' END
    FROM event AS e FULL JOIN due AS d ON d.ref = e.ref AND d.proposal_id IS NOT DISTINCT FROM e.proposal_id AND d.disposition = e.disposition AND e.at = d.at
    WHERE e.ref IS NULL OR d.ref IS NULL
    UNION ALL
    SELECT 'asset', e.ref, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM event AS e CROSS JOIN LATERAL (VALUES
        ('entry ' || e.place, 'number ' || e.place, 'number ' || e.seq, 'an entry of its history is missing'),
        ('entry ' || e.place, 'while it is held', CASE WHEN e.before = 'succeeded' THEN 'after it was passed on' ELSE 'while it is held' END, 'an asset that was passed on came back, or was passed on again')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'asset', e.ref, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM event AS e JOIN due AS d ON d.proposal_id = e.proposal_id LEFT JOIN governance.successor AS s ON s.id = e.successor_id
    CROSS JOIN LATERAL (VALUES
        ('type of vote', 'succession', d.type, 'an asset is passed on by a succession alone'),
        ('successor', log.canonical(d.told -> 'successor'), CASE WHEN s.proposal_id = e.proposal_id THEN log.canonical(pg_catalog.to_jsonb(s) - 'id' - 'proposal_id' - 'at') END, 'it went to another than was voted'),
        ('successor''s lock', 'asset-locked, non-profit', CASE WHEN s.asset_locked AND s.non_profit THEN 'asset-locked, non-profit' END, 'what was held in trust went where it can be sold, or bring a profit'),
        ('floors', 'kept', CASE WHEN audit.keeps_floors(d.rule) THEN 'kept' END, 'it was passed on under a rule row below the floors of the lock'),
        ('readings', '2 on 2 rolls', (SELECT pg_catalog.count(*) || ' on ' || pg_catalog.count(DISTINCT h.taken_at) || ' rolls' FROM governance.tally AS t JOIN governance.roll_head AS h
            ON h.proposal_id = t.proposal_id AND h.reading = t.reading WHERE t.proposal_id = e.proposal_id AND t.outcome ->> 'outcome' = 'carried'), 'it was not carried twice')) AS x (aspect, expected, found, about)
    WHERE e.disposition = 'succeeded' AND x.expected IS DISTINCT FROM x.found;
$$;
