-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A3: runs that were computed and not given up, oldest first. A digest holds the run, its documents, lines and postings, what the log was
--          told of its inputs and result, and the checkpoint it is numbered by.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_runs(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id::text, r.service_month::text, CASE WHEN p_months IS NULL OR r.service_month = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|', r::text,
        (SELECT pg_catalog.string_agg(pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex'), ',' ORDER BY e.sha256) FROM payout.evidence AS e
            WHERE e.sha256 IN (r.rule_sha256, r.inputs_file_sha256, r.result_file_sha256)),
        (SELECT pg_catalog.sum(('x' || pg_catalog.left(audit.digest(l::text), 15))::bit(60)::bigint) FROM payout.run_line AS l WHERE l.run = r.id),
        (SELECT pg_catalog.sum(('x' || pg_catalog.left(audit.digest(p::text), 15))::bit(60)::bigint) FROM payout.posting AS p WHERE p.txn_id = r.txn_id),
        (SELECT pg_catalog.string_agg(pg_catalog.encode(pg_catalog.sha256(n.bytes), 'hex'), ',' ORDER BY n.index) FROM log.entry AS n
            WHERE n.type = 'run_result' AND n.object_id = r.run_id OR n.type = 'run_inputs' AND n.object_id IN (SELECT o.id::text FROM payout.run AS o
                WHERE (o.pool_id, o.service_month, o.inputs_sha256) = (r.pool_id, r.service_month, r.inputs_sha256))),
        (SELECT c.root::text FROM log.checkpoint AS c WHERE c.size = r.numbered_size))) END
    FROM payout.run AS r WHERE r.result_hash IS NOT NULL AND r.state <> 'abandoned' ORDER BY r.opened_at, r.id;
$$;
