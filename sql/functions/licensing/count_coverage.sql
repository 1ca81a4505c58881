-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what consent covers now, per offered purpose: the members who consent to it for one of the classes it is offered to, the
--          rows of their accepted contributions, and how many of them gave such rows. p_offered: [{"purpose","org_class","floor"}].
--          Nothing is hidden here: that is decided in services/licensing/core/catalogue.c.
-- Outcomes: ok; a list in the order of the tree.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.count_coverage(p_pool uuid, p_offered jsonb, p_explicit boolean) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH offered AS MATERIALIZED (
        SELECT o.purpose, o.org_class, o.floor
        FROM pg_catalog.jsonb_to_recordset(p_offered) AS o (purpose text, org_class text, floor integer)),
    covered AS (
        SELECT DISTINCT o.purpose, c.member_id
        FROM offered AS o
        JOIN licensing.consent_current AS c ON c.pool_id = p_pool AND c.purpose = o.purpose AND c.recipient_class = o.org_class
        WHERE c.permits AND c.notice >= o.floor AND (c.until IS NULL OR c.until > pg_catalog.statement_timestamp())
            AND (c.explicit OR NOT p_explicit)),
    given AS (
        SELECT c.member_id, pg_catalog.sum(c.rows)::bigint AS rows FROM licensing.contribution AS c
        WHERE c.pool_id = p_pool AND c.state = 'accepted' AND c.rows > 0
        GROUP BY c.member_id),
    counted AS (
        SELECT v.purpose, pg_catalog.count(*) AS members, COALESCE(pg_catalog.sum(g.rows), 0)::bigint AS rows,
            pg_catalog.count(g.member_id) AS contributors
        FROM covered AS v LEFT JOIN given AS g USING (member_id)
        GROUP BY v.purpose)
    SELECT log.answer('ok', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('purpose', p.code, 'members', COALESCE(n.members, 0),
        'rows', COALESCE(n.rows, 0), 'contributors', COALESCE(n.contributors, 0)) ORDER BY p.position), '[]'))
    FROM licensing.purpose AS p LEFT JOIN counted AS n ON n.purpose = p.code
    WHERE p.code IN (SELECT o.purpose FROM offered AS o);
$$;
