-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: leases notices for the sender of e-mail, with what it needs to write them: the sealed address, the title of the proposal, the
--          charter's name and language. Settled here, unsent: notices to whoever has no address here (persons of organisations, members who
--          were erased), and reminders of a vote that has closed or that the member has cast in the meantime.
-- Outcomes: ok.
-- Locks: those of log.take_notices.
CREATE OR REPLACE FUNCTION governance.take_notices(p_limit integer, p_hold integer) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_items jsonb;
    v_away bigint[];
    v_late bigint[];
    v_charter jsonb;
BEGIN
    WITH taken AS (
        SELECT t.id, t.payload, pe.member_id IS NOT NULL AND pe.erased_at IS NULL AS has_address,
            t.payload ->> 'kind' LIKE 'voting\_reminder%' AND NOT EXISTS (SELECT FROM governance.proposal AS p
                JOIN governance.roll AS r ON r.proposal_id = p.id AND r.reading = p.reading
                WHERE p.id = (t.payload -> 'body' ->> 'proposal_id')::uuid AND p.state = 'voting' AND p.closes_at > pg_catalog.clock_timestamp()
                  AND r.member_id = pe.member_id AND NOT r.voted) AS is_late
        FROM log.take_notices(p_limit, p_hold) AS t LEFT JOIN governance.person AS pe ON pe.member_id = (t.payload ->> 'member')::uuid)
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', t.id::text, 'kind', t.payload ->> 'kind', 'body', t.payload -> 'body',
               'title', (SELECT v.title FROM governance.proposal_version AS v WHERE v.proposal_id = (t.payload -> 'body' ->> 'proposal_id')::uuid
                         ORDER BY v.version DESC LIMIT 1),
               'sealed', governance.sealed_person((t.payload ->> 'member')::uuid, true)) ORDER BY t.id) FILTER (WHERE t.has_address AND NOT t.is_late), '[]'),
        pg_catalog.array_agg(t.id) FILTER (WHERE NOT t.has_address), pg_catalog.array_agg(t.id) FILTER (WHERE t.has_address AND t.is_late)
    INTO v_items, v_away, v_late FROM taken AS t;
    PERFORM log.settle_notices(v_away, 'no address'), log.settle_notices(v_late, 'not needed any more');
    SELECT c.doc INTO v_charter FROM governance.charter AS c;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('items', v_items, 'trust', v_charter ->> 'name', 'language', v_charter ->> 'language'));
END
$$;
