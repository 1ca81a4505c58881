-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an offer with the agreement it would become and its hash, for the organisation and the licensing officer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_offer(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.offer;
BEGIN
    SELECT * INTO v_row FROM licensing.offer WHERE id = p_id;
    IF NOT FOUND OR licensing.application_role(p_actor, v_row.application_id) = '' THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('id', p_id, 'application', v_row.application_id, 'offer', v_row.body,
        'sha256', v_row.sha256, 'agreement', v_row.agreement, 'agreement_hash', v_row.agreement_hash,
        'valid_until', log.time_text(v_row.valid_until),
        'agreement_id', (SELECT a.id FROM licensing.agreement AS a WHERE a.offer_id = p_id)));
END
$$;
