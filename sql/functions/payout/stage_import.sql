-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payout.stage_piece for a person who uploads.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.stage_import(p_actor uuid, p_import uuid, p_no integer, p_bytes bytea, p_doc jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer imports bank statements');
    END IF;
    RETURN payout.stage_piece(p_import, p_no, p_bytes, p_doc);
END
$$;
