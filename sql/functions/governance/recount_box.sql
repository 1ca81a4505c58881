-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands against the ballots of a closed box, from the rows: votes_differ when a class has another number of ballots than voted flags, or
--          a ballot was neither opened nor spoiled, or both; commit_differs when an opened one is not what it committed to; NULL when all is well.
--          That none is opened twice is a primary key.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.recount_box(p_id uuid, p_reading integer) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_box text := p_id || '/' || p_reading;
    v_opened bigint := (SELECT pg_catalog.count(*) FROM governance.opened_choice AS o WHERE o.box = v_box);
    v_merged bigint := (SELECT COALESCE(pg_catalog.sum(m.count), 0) FROM governance.opened_merged AS m WHERE m.box = v_box);
    v_spoiled bigint := (SELECT pg_catalog.count(*) FROM governance.spoiled_ballot AS s WHERE s.box = v_box);
BEGIN
    IF EXISTS (SELECT FROM (SELECT pg_catalog.convert_from(b.record, 'UTF8')::jsonb ->> 'class' AS class, pg_catalog.count(*) AS n
                            FROM governance.ballot AS b WHERE b.box = v_box GROUP BY 1) AS c
               FULL JOIN (SELECT r.class::text AS class, pg_catalog.count(*) AS n FROM governance.roll AS r
                          WHERE r.proposal_id = p_id AND r.reading = p_reading AND r.voted GROUP BY 1) AS v USING (class)
               WHERE c.n IS DISTINCT FROM v.n) THEN
        RETURN 'votes_differ';
    ELSIF v_opened + v_merged + v_spoiled <> (SELECT pg_catalog.count(*) FROM governance.ballot AS b WHERE b.box = v_box) OR (v_opened > 0 AND v_merged > 0)
          OR EXISTS (SELECT FROM governance.opened_choice AS o JOIN governance.spoiled_ballot AS s USING (box, record_sha256) WHERE o.box = v_box) THEN
        RETURN 'votes_differ';
    ELSIF EXISTS (SELECT FROM governance.opened_choice AS o JOIN governance.ballot AS b USING (box, record_sha256) WHERE o.box = v_box
               AND pg_catalog.sha256(pg_catalog.convert_to('commonhold-choice/1', 'UTF8') || o.key || pg_catalog.convert_to(o.choice, 'UTF8')) IS DISTINCT FROM
                   pg_catalog.decode(pg_catalog.translate(pg_catalog.convert_from(b.record, 'UTF8')::jsonb ->> 'commit', '-_', '+/') || '=', 'base64')) THEN
        RETURN 'commit_differs';
    END IF;
    RETURN NULL;
END
$$;
