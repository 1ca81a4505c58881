-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the bytes of a batch that is being released, for the rail.
-- Outcomes: ok, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_file(p_id uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN b.state = 'releasing' THEN log.answer('ok', pg_catalog.jsonb_build_object('message_id', b.message_id, 'sha256', b.file_sha256,
            'base64', pg_catalog.translate(pg_catalog.encode(e.bytes, 'base64'), E'\n', '')))
        ELSE log.refusal('not_allowed_here', 'the batch is ' || b.state) END
    FROM payout.batch AS b LEFT JOIN payout.evidence AS e ON e.sha256 = b.file_sha256 WHERE b.id = p_id;
$$;
