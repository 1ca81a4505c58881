-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes an endpoint live again that was disabled. What failed meanwhile is sent by hand.
-- Outcomes: ok (also when it is live already), not_found.
-- Locks: the endpoint's row.
CREATE OR REPLACE FUNCTION licensing.enable_webhook(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF licensing.own_webhook(licensing.organisation_of(p_actor), p_id) IS NULL THEN
        RETURN log.answer('not_found');
    END IF;
    UPDATE licensing.webhook_endpoint SET disabled_at = NULL, disabled_reason = NULL WHERE id = p_id;
    RETURN log.answer('ok', licensing.webhook_body(p_id));
END
$$;
