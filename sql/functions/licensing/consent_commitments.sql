-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: id and hash of the leaf of each consent event whose salt is still there, for the auditor: the salts stay here. The canonical text is put
--          together without log.canonical, which is too slow for millions of them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.consent_commitments() RETURNS TABLE (event_id uuid, at timestamptz, commitment text, sha256 text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.id, e.at, pg_catalog.encode(pg_catalog.sha256(s.salt || d.data), 'hex'), pg_catalog.encode(pg_catalog.sha256(d.data || s.salt), 'hex')
    FROM licensing.consent_event AS e JOIN licensing.consent_salt AS s ON s.event_id = e.id
    CROSS JOIN LATERAL pg_catalog.convert_to(pg_catalog.concat('{"at":"', log.time_text(e.at), '","id":"', e.id, '","member":"', e.member_id, '","notice":',
        COALESCE(e.notice::text, 'null'), ',"pool":"', e.pool_id, '","purpose":', pg_catalog.to_json(e.purpose), ',"recipient_class":', pg_catalog.to_json(e.recipient_class),
        ',"state":', pg_catalog.to_json(e.state), ',"type":', COALESCE(pg_catalog.to_json(e.type)::text, 'null'), ',"until":',
        COALESCE('"' || log.time_text(e.until) || '"', 'null'), '}'), 'UTF8') AS d (data);
$$;
