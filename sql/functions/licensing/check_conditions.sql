-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether conditions may be put on the offer that application p_subject would get: each is an object with an id and exactly
--          one of the members it narrows, and narrows what the conditions before it leave (so any of them may be left out).
-- Outcomes: none; {"errors":[{"pointer","detail"}]}.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_conditions(p_subject uuid, p_conditions jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.jsonb_build_object('errors', licensing.condition_errors(licensing.offer_base(p_subject), p_conditions));
END
$$;
