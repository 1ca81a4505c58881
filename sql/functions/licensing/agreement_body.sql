-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an agreement with its signatures, its grant, what was said about ending it, and a new version that waits for an answer.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.agreement_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', a.id, 'agreement_hash', a.sha256, 'body', a.body, 'grant_id', g.id, 'grant_state', g.state,
        'organisation_id', a.organisation_id, 'over', s.over, 'at', log.time_text(a.at),
        'signatures', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('party', x.party, 'method', x.method, 'signed', x.signed,
            'signature', x.signature, 'at', log.time_text(x.at)) ORDER BY x.party) FROM licensing.agreement_signature AS x WHERE x.agreement_id = a.id),
        'events', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('seq', e.seq, 'kind', e.kind, 'party', e.party, 'cause', e.cause,
            'detail', e.detail, 'effective_at', log.time_text(e.effective_at), 'at', log.time_text(e.at)) ORDER BY e.seq), '[]')
            FROM licensing.agreement_event AS e WHERE e.agreement_id = a.id),
        'amendment', (SELECT pg_catalog.jsonb_build_object('id', m.id, 'cause', m.cause, 'terms_sha256', m.terms_sha256, 'ends_at', log.time_text(m.ends_at),
            'offer_id', (SELECT o.id FROM licensing.offer AS o WHERE o.replaces = a.id ORDER BY o.at DESC LIMIT 1))
            FROM licensing.amendment AS m WHERE m.agreement_id = a.id AND NOT s.over ORDER BY m.at DESC LIMIT 1))
    FROM licensing.agreement AS a JOIN licensing.agreement_state AS s ON s.agreement_id = a.id
    LEFT JOIN licensing.data_grant AS g ON g.agreement_id = a.id WHERE a.id = p_id;
$$;
