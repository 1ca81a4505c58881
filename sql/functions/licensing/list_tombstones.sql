-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a page of a grant's tombstones for its organisation, as lines of NDJSON; `acknowledged` and `last` frame the whole list.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_tombstones(p_organisation uuid, p_grant uuid, p_limit integer, p_after bigint) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.id = p_grant AND g.organisation_id = p_organisation) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'lines', COALESCE(pg_catalog.string_agg(pg_catalog.format(
                '{"seq":%s,"_row":"%s","kind":"%s","effective_at":"%s","ack_due":"%s"}' || E'\n', t.seq, t.row_ref, t.kind,
                log.time_text(t.effective_at), log.time_text(t.ack_due)), '' ORDER BY t.seq), ''),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN pg_catalog.max(t.seq) END,
            'last', COALESCE((SELECT pg_catalog.max(x.seq) FROM licensing.tombstone AS x WHERE x.grant_id = p_grant), 0),
            'acknowledged', COALESCE((SELECT pg_catalog.max(a.seq) FROM licensing.tombstone_ack AS a WHERE a.grant_id = p_grant), 0)))
        FROM (SELECT x.* FROM licensing.tombstone AS x WHERE x.grant_id = p_grant AND x.seq > COALESCE(p_after, 0)
              ORDER BY x.seq LIMIT p_limit) AS t);
END
$$;
