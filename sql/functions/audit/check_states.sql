-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: O5 for one batch: its events are numbered, in time, steps of the machine, and the last one is its state; it was released once, by the
--          transaction it names; each payment stands where the bank's evidence and the batch put it; a new attempt is at a payment of the same payee
--          that failed, once, over no more. That stored ids follow from what they name is judged in C.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_states(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH batch AS (SELECT b.* FROM payout.batch AS b WHERE b.id = p_unit::uuid),
    event AS MATERIALIZED (
        SELECT e.no, e.state, e.at, COALESCE(pg_catalog.lag(e.state) OVER w, 'nothing') AS before, pg_catalog.lag(e.at) OVER w AS before_at, pg_catalog.row_number() OVER w AS place
        FROM payout.batch_event AS e WHERE e.batch_id = p_unit::uuid WINDOW w AS (ORDER BY e.no)),
    release AS (
        SELECT b.id, b.txn_id, b.total, EXISTS (SELECT FROM event AS e WHERE e.state = 'releasing') AS begun,
            (SELECT pg_catalog.string_agg(r.txn_id::text, ' ' ORDER BY r.txn_id) FROM payout.txn_ref AS r WHERE r.kind = 'batch_release' AND r.external_ref = p_unit) AS booked,
            (SELECT COALESCE(pg_catalog.sum(-q.minor), 0) FROM payout.account AS a JOIN payout.posting AS q USING (owner_id, account_id)
                WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = 'Liabilities:PayoutInFlight:' || b.id AND q.minor < 0) AS sent
        FROM batch AS b),
    payment AS MATERIALIZED (
        SELECT p.*, b.state AS batch_state, y.kind AS end_kind, p.booked_txn_id IS NOT NULL AND EXISTS (SELECT FROM payout.entry_match AS m JOIN payout.bank_entry AS n ON n.id = m.entry_id
                WHERE m.txn_id = p.booked_txn_id AND m.kind = 'payment' AND m.entry_id = p.entry_id AND n.minor < 0) AS booked,
            EXISTS (SELECT FROM payout.entry_match AS m WHERE m.txn_id = p.ended_txn_id AND m.kind = 'return') AS came_back
        FROM batch AS b JOIN payout.payment AS p ON p.batch_id = b.id LEFT JOIN payout.txn AS y ON y.txn_id = p.ended_txn_id),
    placed AS (
        SELECT p.*, CASE WHEN p.booked AND p.came_back AND p.end_kind = 'returned' THEN 'returned' WHEN p.booked THEN 'booked' WHEN p.end_kind = 'rejected' THEN 'rejected'
            WHEN p.batch_state = 'cancelled' THEN 'cancelled' WHEN p.batch_state IN ('draft', 'frozen', 'approved') THEN 'queued' ELSE 'in_flight' END AS due
        FROM payment AS p)
    SELECT 'batch', p_unit, x.aspect || ' ' || e.no, x.expected, x.found, x.delta, CASE WHEN x.delta IS NOT NULL THEN 'outside' END, x.about
    FROM event AS e CROSS JOIN batch AS b CROSS JOIN LATERAL (VALUES
        ('number of event', e.place = e.no, e.place::text, e.no::text, NULL::bigint, 'an event is missing, or one too many is there'),
        ('step of event', (e.before, e.state) IN (('nothing', 'draft'), ('draft', 'frozen'), ('draft', 'cancelled'), ('frozen', 'approved'), ('frozen', 'cancelled'), ('approved', 'releasing'),
            ('approved', 'cancelled'), ('releasing', 'sent'), ('releasing', 'refused'), ('releasing', 'unknown'), ('unknown', 'sent'), ('unknown', 'refused'), ('sent', 'closed'),
            ('refused', 'closed')), 'a step of the machine', e.before || ' to ' || e.state, CASE WHEN e.state = 'releasing' AND e.before <> 'approved' THEN b.total END,
            'a batch does not go this way: what was sent may have been sent again'),
        ('time of event', e.at >= COALESCE(e.before_at, e.at), '>= ' || e.before_at, e.at::text, NULL, 'the event is dated before the one in front of it'))
        AS x (aspect, good, expected, found, delta, about)
    WHERE NOT x.good
    UNION ALL
    SELECT 'batch', p_unit, 'state', COALESCE((SELECT e.state FROM event AS e ORDER BY e.no DESC LIMIT 1), 'no events'), b.state, NULL, NULL, 'the state is not what the events give'
    FROM batch AS b WHERE b.state IS DISTINCT FROM (SELECT e.state FROM event AS e ORDER BY e.no DESC LIMIT 1)
    UNION ALL
    SELECT 'batch', p_unit, x.aspect, x.expected, x.found, x.delta, CASE WHEN x.delta IS NOT NULL THEN 'outside' END, x.about
    FROM release AS r CROSS JOIN LATERAL (VALUES
        ('release', COALESCE(r.booked, 'none'), COALESCE(r.txn_id::text, 'none'), CASE WHEN r.booked IS NULL THEN r.total END,
            'the batch left without a release of its own: it was sent again under another id, or released twice'),
        ('released', CASE WHEN r.begun THEN r.total ELSE 0 END::text, r.sent::text, (r.sent - CASE WHEN r.begun THEN r.total ELSE 0 END)::bigint,
            'what went on its way is not the batch, once')) AS x (aspect, expected, found, delta, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT 'payment', p.id::text, 'state', p.due, p.state, CASE WHEN p.due IN ('in_flight', 'booked') AND p.state IN ('queued', 'cancelled', 'rejected', 'returned') THEN p.minor END,
        CASE WHEN p.due IN ('in_flight', 'booked') AND p.state IN ('queued', 'cancelled', 'rejected', 'returned') THEN 'outside' END,
        'the payment does not stand where the bank''s evidence puts it: what is sent or unknown is ended by the bank alone'
    FROM placed AS p WHERE p.due <> p.state
    UNION ALL
    SELECT 'batch', p_unit, 'open payments', '0', pg_catalog.count(*)::text, pg_catalog.sum(p.minor)::bigint, 'outside', 'the batch was closed before the bank had ended all its payments'
    FROM placed AS p WHERE p.batch_state = 'closed' AND p.due IN ('queued', 'in_flight') HAVING pg_catalog.count(*) > 0
    UNION ALL
    SELECT 'payment', p.id::text, 'retries', 'a payment of the same payee that failed, once', CASE WHEN o.id IS NULL THEN 'no payment' WHEN o.state NOT IN ('rejected', 'returned') THEN o.state
        WHEN (o.member_id, o.bill_id) IS DISTINCT FROM (p.member_id, p.bill_id) THEN 'another payee' WHEN p.minor > o.minor THEN p.minor || ' of ' || o.minor ELSE 'twice' END, p.minor, 'outside',
        'what is not known to have failed was tried again'
    FROM placed AS p LEFT JOIN payout.payment AS o ON o.id = p.retries
    WHERE p.retries IS NOT NULL AND p.state <> 'cancelled' AND (o.id IS NULL OR o.state NOT IN ('rejected', 'returned') OR (o.member_id, o.bill_id) IS DISTINCT FROM (p.member_id, p.bill_id)
        OR p.minor > o.minor OR EXISTS (SELECT FROM payout.payment AS r WHERE r.retries = p.retries AND r.id <> p.id AND r.state <> 'cancelled'));
$$;
