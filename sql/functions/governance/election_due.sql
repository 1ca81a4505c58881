-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: when the seats of a body, of one class where it is of classes, are to be filled anew: with the end of the term that an election gave; the
--          first time at 1/3, 2/3 and 3/3 of the founding boards term for U, W and C, and for the council when the bootstrap clause ends. A date that a
--          whole term has passed since is moved by terms. NULL while the bootstrap clause runs.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.election_due(p_body text, p_class text, p_term interval) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.due + p_term * GREATEST(0, pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - d.due) / EXTRACT(epoch FROM p_term))::double precision)
    FROM (SELECT COALESCE((SELECT pg_catalog.max((v.effect ->> 'until')::timestamptz) FROM governance.proposal AS p
                      JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
                      WHERE p.type = p_body || '_election' AND p.state IN ('in_force', 'superseded') AND v.effect ->> 'class' IS NOT DISTINCT FROM p_class),
                  CASE p_body WHEN 'council' THEN b.ended_at ELSE c.founded_at + p_term * pg_catalog.strpos('UWC', p_class) / 3 END) AS due
          FROM governance.charter AS c CROSS JOIN governance.bootstrap_end AS b) AS d;
$$;
