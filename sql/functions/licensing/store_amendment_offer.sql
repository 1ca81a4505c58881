-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: freezes the offer of a new version of an agreement (p_offer: made by core/conditions.c): it begins when the old version ends, runs as
--          long as the old one would have at most, and can be accepted until then.
-- Outcomes: ok; not_allowed_here where nothing would be left of its term.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.store_amendment_offer(p_id uuid, p_offer jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.amendment;
    v_old licensing.agreement;
    v_offer licensing.offer;
    v_id uuid := log.new_id();
BEGIN
    SELECT * INTO v_row FROM licensing.amendment WHERE id = p_id;
    SELECT * INTO v_old FROM licensing.agreement WHERE id = v_row.agreement_id;
    SELECT * INTO v_offer FROM licensing.offer WHERE id = v_old.offer_id;
    PERFORM FROM licensing.application WHERE id = v_offer.application_id FOR UPDATE;
    IF EXISTS (SELECT FROM licensing.offer AS o WHERE o.replaces = v_old.id) OR v_row.ends_at >= v_old.until_at
        OR v_row.ends_at >= (p_offer ->> 'limit_at')::timestamptz THEN
        RETURN log.answer('not_allowed_here');
    END IF;
    PERFORM licensing.freeze_offer(v_id, v_offer.application_id, v_offer.case_id, p_offer || pg_catalog.jsonb_build_object('limit_at',
            log.time_text(LEAST(v_old.until_at, (p_offer ->> 'limit_at')::timestamptz))), v_offer.body -> 'conditions', 'amendment', v_old.id, v_row.ends_at);
    RETURN log.answer('ok', '{}');
END
$$;
