-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a one-time code for a member (or a person of an organisation) to set a password with. The code is shown once and stored
--          as its hash only. An earlier unused invite of the same subject dies.
-- Outcomes: none; returns 26 characters of Crockford base32 alphabet (130 random bits).
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.make_invite(p_kind text, p_subject uuid, p_email_hash bytea, p_organisation uuid DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_random bytea := pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
    v_code text;
BEGIN
    SELECT pg_catalog.string_agg(pg_catalog.substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (pg_catalog.get_byte(v_random, i) & 31) + 1, 1), '' ORDER BY i)
    INTO v_code FROM pg_catalog.generate_series(0, 25) AS i;
    UPDATE portal.invite SET used_at = pg_catalog.clock_timestamp() WHERE subject = p_subject AND used_at IS NULL;
    INSERT INTO portal.invite (code_sha256, kind, subject, organisation, email_hash)
    VALUES (pg_catalog.sha256(pg_catalog.convert_to(v_code, 'UTF8')), p_kind, p_subject, p_organisation, p_email_hash);
    RETURN v_code;
END
$$;
