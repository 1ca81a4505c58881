-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: records that the sequencer refuses to sign, and why (NULL: that it signs again). /readyz of the log role tells it.
-- Outcomes: ok.
-- Locks: the one row of log.health.
CREATE OR REPLACE FUNCTION log.halt(p_reason text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_moved boolean;
BEGIN
    v_moved := p_reason IS DISTINCT FROM (SELECT reason FROM log.health);
    INSERT INTO log.health (one, reason, at) VALUES (true, p_reason, pg_catalog.clock_timestamp())
    ON CONFLICT (one) DO UPDATE SET reason = p_reason, at = pg_catalog.clock_timestamp();
    IF v_moved THEN
        PERFORM pg_catalog.pg_notify('log_health', COALESCE(p_reason, ''));
    END IF;
    RETURN log.answer('ok', '{}');
END
$$;
