-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a sign-in must be checked against. An unknown address answers ok with nulls, so that the check takes the same time.
-- Outcomes: ok; too_many_failures (10 failures an account or 50 an address in 15 minutes).
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.find_account(p_email_hash bytea, p_address text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_since timestamptz := pg_catalog.clock_timestamp() - interval '15 minutes';
    v_body jsonb;
BEGIN
    IF (SELECT pg_catalog.count(*) >= 10 FROM portal.failure WHERE email_hash = p_email_hash AND at > v_since)
        OR (SELECT pg_catalog.count(*) >= 50 FROM portal.failure WHERE address = p_address AND at > v_since) THEN
        RETURN log.refusal('too_many_failures', 'too many failed sign-ins; wait 15 minutes');
    END IF;
    SELECT pg_catalog.jsonb_build_object('account', a.account_id, 'subject', a.subject, 'password', a.password,
               'totp', CASE WHEN t.confirmed_at IS NOT NULL THEN pg_catalog.encode(t.sealed, 'hex') END,
               'last_step', COALESCE(t.last_step, 0))
    INTO v_body
    FROM portal.account AS a LEFT JOIN portal.totp_key AS t USING (account_id)
    WHERE a.email_hash = p_email_hash AND a.state = 'open';
    RETURN log.answer('ok', COALESCE(v_body, '{"account": null, "subject": null, "password": null, "totp": null, "last_step": 0}'));
END
$$;
