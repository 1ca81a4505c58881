-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a digest of all that O1 to O5 read of a batch: its row, file, approvals with keys and offices, events, payments with their payees' accounts and
--          what they try again, what was posted and what the bank's entries were matched to.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.digest_batch(p_batch uuid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH batch AS (SELECT b.* FROM payout.batch AS b WHERE b.id = p_batch),
    payment AS MATERIALIZED (SELECT p.* FROM payout.payment AS p WHERE p.batch_id = p_batch)
    SELECT audit.digest(pg_catalog.concat_ws('|', (SELECT b::text FROM batch AS b),
        (SELECT pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') FROM batch AS b JOIN payout.evidence AS e ON e.sha256 = b.file_sha256),
        (SELECT pg_catalog.string_agg(n.object_sha256, ',' ORDER BY n.index) FROM log.entry AS n WHERE n.type = 'batch' AND n.object_id = p_batch::text),
        (SELECT pg_catalog.string_agg(v::text || k::text || COALESCE(o::text, ''), ',' ORDER BY v.id) FROM payout.approval AS v JOIN payout.approver_key AS k ON k.id = v.key_id
            LEFT JOIN governance.office_in_force AS o ON o.office_id = v.office_id WHERE v.batch_id = p_batch),
        (SELECT pg_catalog.string_agg(e::text, ',' ORDER BY e.no) FROM payout.batch_event AS e WHERE e.batch_id = p_batch),
        (SELECT pg_catalog.string_agg(s::text, ',' ORDER BY s.step) FROM payout.submission AS s WHERE s.batch_id = p_batch),
        (SELECT pg_catalog.string_agg(r::text, ',' ORDER BY r.kind, r.external_ref) FROM payout.txn_ref AS r WHERE r.kind = 'batch_release' AND r.external_ref = p_batch::text),
        (SELECT pg_catalog.string_agg(t::text, ',' ORDER BY t.txn_id) FROM payout.txn AS t WHERE t.txn_id = (SELECT b.txn_id FROM batch AS b)),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(q, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(q, 1), 1))) FROM payout.posting AS q WHERE q.txn_id = (SELECT b.txn_id FROM batch AS b)),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p, 1), 1))) FROM payment AS p),
        (SELECT pg_catalog.string_agg(l::text, ',' ORDER BY l.id) FROM (SELECT l.id, l.path, l.minor, l.iban_hint FROM payout.bill AS l WHERE l.id IN (SELECT p.bill_id FROM payment AS p)) AS l),
        (SELECT pg_catalog.string_agg(o::text, ',' ORDER BY o.id) FROM payout.payment AS o WHERE o.id IN (SELECT p.retries FROM payment AS p)),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(ROW(a.id, a.member_id, a.version, a.iban_hint, a.proposed_at, e), 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(ROW(a.id, a.member_id, a.version, a.iban_hint, a.proposed_at, e), 1), 1)))
            FROM payout.payee_account AS a LEFT JOIN payout.payee_account_event AS e ON e.id = a.id WHERE a.member_id IN (SELECT p.member_id FROM payment AS p)),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(ROW(m.entry_id, m.step, m.kind, m.txn_id, t.kind), 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(ROW(m.entry_id, m.step, m.kind, m.txn_id, t.kind), 1), 1))) FROM payout.txn AS t
            LEFT JOIN payout.entry_match AS m ON m.txn_id = t.txn_id WHERE t.txn_id IN (SELECT p.booked_txn_id FROM payment AS p UNION SELECT p.ended_txn_id FROM payment AS p))));
$$;
