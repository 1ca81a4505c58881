-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a witness cosigned a checkpoint that covers a leaf (NULL: no leaf).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.is_cosigned(p_index bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM log.cosignature AS s JOIN log.checkpoint AS c ON c.size = s.size AND c.root = s.root WHERE s.size > p_index);
$$;
