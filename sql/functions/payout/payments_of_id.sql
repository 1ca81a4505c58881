-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the payments a bank means by an id of our file: MsgId all of a batch, PmtInfId (MsgId, dash, number from 1) those of one block, which are in id order.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.payments_of_id(p_id text) RETURNS TABLE (id uuid, minor bigint, state text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT x.id, x.minor, x.state
    FROM (SELECT p.id, p.minor, p.state, pg_catalog.row_number() OVER (ORDER BY p.id) - 1 AS at, b.block
          FROM (SELECT c.id, c.message_id, payout.batch_block(c.id) AS block FROM payout.batch AS c WHERE c.message_id = pg_catalog.split_part(p_id, '-', 1) OFFSET 0) AS b
          JOIN payout.payment AS p ON p.batch_id = b.id) AS x
    WHERE p_id !~ '-' OR (p_id ~ '-[1-9][0-9]{0,5}$' AND x.at / x.block = pg_catalog.split_part(p_id, '-', 2)::bigint - 1);
$$;
