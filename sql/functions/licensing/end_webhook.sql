-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: deletes an endpoint: its keys go, nothing more is sent. An attempt that is under way cannot be called back.
-- Outcomes: no_content, not_found.
-- Locks: the endpoint's row, then its deliveries'.
CREATE OR REPLACE FUNCTION licensing.end_webhook(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF licensing.own_webhook(licensing.organisation_of(p_actor), p_id) IS NULL THEN
        RETURN log.answer('not_found');
    END IF;
    UPDATE licensing.webhook_endpoint SET ended_at = pg_catalog.clock_timestamp(), lease = NULL, lease_until = NULL WHERE id = p_id;
    DELETE FROM licensing.webhook_key WHERE endpoint_id = p_id;
    PERFORM licensing.settle_webhooks(p_id, 'the endpoint was deleted');
    RETURN log.answer('no_content', NULL);
END
$$;
