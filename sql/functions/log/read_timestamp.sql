-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the timestamp of the checkpoint of a size.
-- Outcomes: ok with hex; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_timestamp(p_size bigint) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('hex', pg_catalog.encode(s.token, 'hex')))
                     FROM log.timestamp AS s JOIN log.checkpoint AS c ON c.size = s.size AND c.root = s.root WHERE s.size = p_size),
                    log.refusal('not_found', 'no checkpoint of this size was timestamped'));
$$;
