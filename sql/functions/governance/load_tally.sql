-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the worker decides on: the rule row of a closed proposal and its counts; of elections and budget rounds also what there was
--          to choose from, the choices and the seed of their lots.
-- Outcomes: ok, not_allowed_here.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.load_tally(p_id uuid, p_reading integer) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
BEGIN
    IF p.state IS DISTINCT FROM 'closed' OR p.reading <> p_reading THEN
        RETURN log.refusal('not_allowed_here', 'proposal ' || p_id || ' is in state ' || COALESCE(p.state, 'none') || ', reading ' || COALESCE(p.reading, 0));
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rule', p.rule, 'counts', governance.count_votes(p_id, p_reading))
        || CASE WHEN p.rule ->> 'method' = 'rule' THEN '{}' ELSE pg_catalog.jsonb_build_object('effect', governance.effect_of(p_id),
               'lot_seed', governance.seed_of_box(p_id || '/' || p_reading), 'choices', governance.merge_choices(p_id || '/' || p_reading)) END);
END
$$;
