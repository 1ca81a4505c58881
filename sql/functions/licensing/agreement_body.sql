-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an agreement with its signatures and grant.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.agreement_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', a.id, 'agreement_hash', a.sha256, 'body', a.body, 'grant_id', g.id, 'grant_state', g.state,
        'signatures', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('party', s.party, 'method', s.method, 'signed', s.signed,
            'signature', s.signature, 'at', log.time_text(s.at)) ORDER BY s.party) FROM licensing.agreement_signature AS s WHERE s.agreement_id = a.id))
    FROM licensing.agreement AS a LEFT JOIN licensing.data_grant AS g ON g.agreement_id = a.id WHERE a.id = p_id;
$$;
