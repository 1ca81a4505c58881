-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the wrapped key of a member's account data; the first caller's proposal stays.
-- Outcomes: ok.
-- Locks: the primary key.
CREATE OR REPLACE FUNCTION payout.member_key(p_member uuid, p_wrapped bytea) RETURNS log.answer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.member_key (member_id, wrapped) VALUES (p_member, p_wrapped) ON CONFLICT DO NOTHING;
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('wrapped', pg_catalog.encode(k.wrapped, 'hex'))) FROM payout.member_key AS k WHERE k.member_id = p_member;
$$;
