-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: behind each statement that writes lines of a result: they belong to runs that are being computed.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT run FROM added) AS a LEFT JOIN payout.run AS r ON r.id = a.run WHERE r.state IS DISTINCT FROM 'numbered') THEN
        RAISE EXCEPTION 'lines are written while their run is computed, and never again' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
