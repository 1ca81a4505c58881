-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the long parts of a bundle as canonical JSON, put together from texts that are canonical already: records, opened, spoiled. They may be a
--          hundred thousand ballots, of which no tree is made here.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.bundle_ballots(p_box text, p_unlinked boolean, OUT records text, OUT opened text, OUT spoiled text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (SELECT '[' || COALESCE(pg_catalog.string_agg(CASE WHEN p_unlinked THEN '"' || pg_catalog.encode(b.record_sha256, 'hex') || '"'
                       ELSE pg_catalog.convert_from(b.record, 'UTF8') END, ',' ORDER BY b.record_sha256), '') || ']'
            FROM governance.ballot AS b WHERE b.box = p_box),
           CASE WHEN p_unlinked THEN (
               SELECT '[' || COALESCE(pg_catalog.string_agg('{"choice":' || pg_catalog.to_json(m.choice) || ',"class":"' || m.class || '","count":' || m.count || '}', ','
                          ORDER BY m.choice COLLATE "C", pg_catalog.strpos('UWC', m.class)), '') || ']'
               FROM governance.opened_merged AS m WHERE m.box = p_box)
           ELSE (
               SELECT '[' || COALESCE(pg_catalog.string_agg('{"choice":' || pg_catalog.to_json(o.choice) || ',"key":"' || governance.base64url(o.key)
                          || '","record_sha256":"' || pg_catalog.encode(o.record_sha256, 'hex') || '"}', ',' ORDER BY o.record_sha256), '') || ']'
               FROM governance.opened_choice AS o WHERE o.box = p_box) END,
           (SELECT '[' || COALESCE(pg_catalog.string_agg('"' || pg_catalog.encode(s.record_sha256, 'hex') || '"', ',' ORDER BY s.record_sha256), '') || ']'
            FROM governance.spoiled_ballot AS s WHERE s.box = p_box);
$$;
