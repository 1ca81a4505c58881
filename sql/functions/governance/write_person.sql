-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores what C sealed of a person.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_person(p_member uuid, p_sealed jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO governance.person (member_id, key_id, wrapped_key, display_name, email, email_hash)
    VALUES (p_member, p_sealed ->> 'key_id', pg_catalog.decode(p_sealed ->> 'wrapped_key', 'hex'), pg_catalog.decode(p_sealed ->> 'display_name', 'hex'),
            pg_catalog.decode(p_sealed ->> 'email', 'hex'), pg_catalog.decode(p_sealed ->> 'email_hash', 'hex'));
$$;
