-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: state of one of the actor's uploads.
-- Outcomes: ok, not_found, gone.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_upload(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT CASE
            WHEN u.state = 'ended' OR u.state = 'open' AND u.expires_at <= pg_catalog.clock_timestamp()
                OR c.state NOT IN ('awaiting_upload', 'received', 'validating') THEN log.answer('gone')
            ELSE log.answer('ok', licensing.upload_body(u)) END
        FROM licensing.upload AS u JOIN licensing.contribution AS c ON c.id = u.contribution_id
        WHERE u.id = p_id AND u.member_id = p_actor), log.answer('not_found'));
$$;
