-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first half of saving a draft (p_id NULL: a new one): the answer of an earlier save with this key, or what C compares the
--          draft with. Only the latter has the member new_notice.
-- Outcomes: those of log.replay and licensing.load_terms_context.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.load_terms_draft(p_actor uuid, p_key text, p_id uuid, p_pool text, p_canonical text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'save_terms ' || COALESCE(p_id::text, 'new'), p_canonical::jsonb);
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    RETURN licensing.load_terms_context(p_actor, p_pool);
END
$$;
