-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who a live sign-in stands for: the claims of its signed token. NULL when it has ended.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.claims(p_token_sha256 bytea) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('kind', a.kind, 'subject', a.subject, 'organisation', a.organisation, 'csrf', s.csrf,
               'with_totp', s.with_totp, 'totp', t.confirmed_at IS NOT NULL,
               'auth_time', pg_catalog.floor(pg_catalog.date_part('epoch', s.started_at))::bigint,
               'until', log.time_text(pg_catalog.clock_timestamp() + interval '12 hours'))
    FROM portal.sign_in AS s JOIN portal.account AS a USING (account_id) LEFT JOIN portal.totp_key AS t USING (account_id)
    WHERE s.token_sha256 = p_token_sha256 AND s.ended_at IS NULL AND a.state = 'open'
        AND s.used_at > pg_catalog.clock_timestamp() - interval '12 hours';
$$;
