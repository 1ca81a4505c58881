-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where no e-mail is sent: settles the notices that are due; members read them in the portal.
-- Outcomes: ok.
-- Locks: the notices' rows.
CREATE OR REPLACE FUNCTION governance.skip_notices(p_why text) RETURNS log.answer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('settled', log.settle_notices(log.due_notices(10000), p_why)));
$$;
