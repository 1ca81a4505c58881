-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a notice was sent as e-mail (p_why NULL), or never is, and why.
-- Outcomes: ok.
-- Locks: the notice's row.
CREATE OR REPLACE FUNCTION governance.settle_notice(p_id bigint, p_why text) RETURNS log.answer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('settled', log.settle_notices(ARRAY[p_id], p_why)));
$$;
