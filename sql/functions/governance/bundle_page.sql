-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the next of the long parts of a bundle (p_part: opened, records), behind the key p_after, in the bundle's order: each as canonical JSON, put
--          together from texts that are canonical already. There may be a hundred thousand, of which no more than a page is made at once.
-- Outcomes: none; nothing before the vote is tallied, or for those who may not read its ballots.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.bundle_page(p_actor uuid, p_id uuid, p_reading integer, p_part text, p_after text, p_limit integer)
RETURNS TABLE (key text, item text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
    v_box text := p_id || '/' || p_reading;
    v_unlinked boolean := p.rule ->> 'board_mode' = 'unlinked';
    v_after bytea := CASE WHEN v_unlinked AND p_part = 'opened' THEN NULL ELSE pg_catalog.decode(p_after, 'hex') END;
BEGIN
    IF NOT governance.reads_ballots(p_actor, p) OR NOT EXISTS (SELECT FROM governance.tally AS t WHERE t.proposal_id = p_id AND t.reading = p_reading) THEN
        RETURN;
    ELSIF p_part = 'records' THEN
        RETURN QUERY SELECT pg_catalog.encode(b.record_sha256, 'hex'),
            CASE WHEN v_unlinked THEN '"' || pg_catalog.encode(b.record_sha256, 'hex') || '"' ELSE pg_catalog.convert_from(b.record, 'UTF8') END
        FROM governance.ballot AS b WHERE b.box = v_box AND b.record_sha256 > v_after ORDER BY b.record_sha256 LIMIT p_limit;
    ELSIF v_unlinked THEN
        RETURN QUERY SELECT m.key, '{"choice":' || pg_catalog.to_json(m.choice) || ',"class":"' || m.class || '","count":' || m.count || '}'
        FROM (SELECT x.choice, x.class, x.count, (x.choice || pg_catalog.strpos('UWC', x.class)) COLLATE "C" AS key FROM governance.opened_merged AS x WHERE x.box = v_box) AS m
        WHERE m.key > p_after COLLATE "C" ORDER BY m.key LIMIT p_limit;
    ELSE
        RETURN QUERY SELECT pg_catalog.encode(o.record_sha256, 'hex'), '{"choice":' || pg_catalog.to_json(o.choice) || ',"key":"' || governance.base64url(o.key)
            || '","record_sha256":"' || pg_catalog.encode(o.record_sha256, 'hex') || '"}'
        FROM governance.opened_choice AS o WHERE o.box = v_box AND o.record_sha256 > v_after ORDER BY o.record_sha256 LIMIT p_limit;
    END IF;
END
$$;
