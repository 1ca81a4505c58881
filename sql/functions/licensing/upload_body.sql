-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an upload as the tus handlers need it; expires is an HTTP date.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.upload_body(p_row licensing.upload) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', p_row.id, 'contribution', p_row.contribution_id, 'length', p_row.length,
        'received', p_row.received, 'metadata', p_row.metadata, 'state', p_row.state, 'lease', p_row.lease,
        'expires', pg_catalog.to_char(p_row.expires_at AT TIME ZONE 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "GMT"'));
$$;
