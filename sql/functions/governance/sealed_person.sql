-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what C needs to open a persons name (and address); NULL when erased.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.sealed_person(p_member uuid, p_with_email boolean) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p.erased_at IS NULL THEN pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('member_id', p.member_id, 'key_id', p.key_id,
        'wrapped_key', pg_catalog.encode(p.wrapped_key, 'hex'), 'display_name', pg_catalog.encode(p.display_name, 'hex'),
        'email', CASE WHEN p_with_email THEN pg_catalog.encode(p.email, 'hex') END)) END
    FROM governance.person AS p WHERE p.member_id = p_member;
$$;
