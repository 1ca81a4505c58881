-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends the holds a clawback took of; what it left of one is held on for the same reason and since the same time.
-- Outcomes: none.
-- Locks: the holds.
CREATE OR REPLACE FUNCTION payout.reduce_holds(p_clawback uuid, p_txn uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH took AS MATERIALIZED (SELECT * FROM payout.clawback_holds(p_clawback)),
    ended AS (
        UPDATE payout.hold AS h SET released_txn_id = p_txn, released_at = pg_catalog.clock_timestamp() FROM took AS t WHERE h.id = t.hold RETURNING h.*)
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id, since, note, placed_by, run)
    SELECT log.new_id(), e.member_id, e.reason, t.rest, p_txn, e.since, e.note, e.placed_by, e.run FROM took AS t JOIN ended AS e ON e.id = t.hold WHERE t.rest > 0;
$$;
