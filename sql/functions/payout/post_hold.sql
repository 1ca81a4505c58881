-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one transaction that moves an amount of a member from one account to another (events 4, 16, 18), with the document it rests on.
-- Outcomes: posted {"txn_id", "txn_no"}; those of payout.post.
-- Locks: those of payout.post.
CREATE OR REPLACE FUNCTION payout.post_hold(p_actor uuid, p_kind text, p_from text, p_to text, p_minor bigint, p_document jsonb, p_resolution text DEFAULT NULL) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN payout.post_document(pg_catalog.jsonb_build_object('kind', p_kind, 'occurred_on', payout.today(), 'actor', p_actor, 'resolution', p_resolution),
        p_document || pg_catalog.jsonb_build_object('amount', p_minor, 'by', p_actor, 'at', log.time_text(pg_catalog.clock_timestamp())),
        pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', p_from, 'minor', p_minor), pg_catalog.jsonb_build_object('path', p_to, 'minor', -p_minor)));
END
$$;
