-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the ballots of a closed box were opened to: each choice, padded as it was cast, by class, with how many ballots it stands for.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.opened_in(p_box text) RETURNS TABLE (class text, choice text, times bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.convert_from(b.record, 'UTF8')::jsonb ->> 'class', o.choice, pg_catalog.count(*)
    FROM governance.opened_choice AS o JOIN governance.ballot AS b ON b.box = o.box AND b.record_sha256 = o.record_sha256 WHERE o.box = p_box GROUP BY 1, 2
    UNION ALL
    SELECT m.class, m.choice, m.count FROM governance.opened_merged AS m WHERE m.box = p_box;
$$;
