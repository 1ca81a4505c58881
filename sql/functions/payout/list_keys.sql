-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the keys a person approves batches with, newest first, those taken back too.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_keys(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers approve batches');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'id', k.id, 'public_key', pg_catalog.translate(pg_catalog.encode(k.public_key, 'base64'), E'\n', ''), 'from', log.time_text(k.from_at),
            'revoked_at', log.time_text(k.revoked_at)) ORDER BY k.id DESC) FROM payout.approver_key AS k WHERE k.member_id = p_actor), '[]')));
END
$$;
