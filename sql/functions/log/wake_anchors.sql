-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a checkpoint was published: asks for a round of the witnesses, and for a timestamp where one is due, at once when a period was closed
--          since the last, else a week behind it.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.wake_anchors(p_witnesses boolean, p_timestamps boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_witnesses THEN
        PERFORM job.enqueue('ask_witnesses', 'log');
    END IF;
    IF p_timestamps THEN
        PERFORM job.enqueue('take_timestamp', 'period') WHERE log.timestamp_is_due(NULL);
        PERFORM job.enqueue('take_timestamp', 'week', '{}', (SELECT pg_catalog.max(s.at) + interval '7 days' FROM log.timestamp AS s));
    END IF;
    RETURN log.answer('ok', '{}');
END
$$;
