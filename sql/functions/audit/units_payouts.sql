-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of O1 to O5: batches, each in the month in which it last moved: an event of its own, or a payment that was rejected or came back.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are) and the batch has ended.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_payouts(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH ended AS MATERIALIZED (
        SELECT p.batch_id, pg_catalog.max(t.recorded_at) AS at FROM payout.payment AS p JOIN payout.txn AS t ON t.txn_id = p.ended_txn_id GROUP BY p.batch_id),
    batch AS (
        SELECT b.id, b.state, audit.month_of(GREATEST(b.made_at, (SELECT pg_catalog.max(e.at) FROM payout.batch_event AS e WHERE e.batch_id = b.id), d.at)) AS month
        FROM payout.batch AS b LEFT JOIN ended AS d ON d.batch_id = b.id)
    SELECT b.id::text, b.month::text,
        CASE WHEN p_months IS NULL OR b.month = ANY (p_months) OR b.state NOT IN ('closed', 'cancelled') THEN audit.digest_batch(b.id) END
    FROM batch AS b;
$$;
