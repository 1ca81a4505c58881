-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the offer an id stands for: its own, or the newest of an application.
-- Outcomes: none; NULL when there is none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.standing_offer(p_id uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.id FROM licensing.offer AS o WHERE o.id = p_id OR o.application_id = p_id ORDER BY o.at DESC, o.id DESC LIMIT 1;
$$;
