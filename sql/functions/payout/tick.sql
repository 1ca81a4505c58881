-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: once a second: partitions ahead, rating jobs for months that were sealed, runs that can move on, proofs of results, clawbacks of credit
--          notes, holds that have aged, estimates.
-- Outcomes: none.
-- Locks: none but those of what it calls.
CREATE OR REPLACE FUNCTION payout.tick() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM payout.make_partition((pg_catalog.date_trunc('month', payout.today()::timestamp) + g * '1 month'::interval)::date) FROM pg_catalog.generate_series(0, 2) AS g;
    PERFORM job.enqueue('rate_month', s.pool_id || ' ' || s.month, pg_catalog.jsonb_build_object('pool', s.pool_id, 'month', s.month))
    FROM metering.seal_overview AS s WHERE NOT EXISTS (SELECT FROM payout.rated_seal AS r WHERE r.pool_id = s.pool_id AND r.month = s.month)
        -- What a person must look at is not asked for every second.
        AND (s.sealed_at > pg_catalog.clock_timestamp() - '1 minute'::interval OR pg_catalog.date_part('second', pg_catalog.clock_timestamp()) < 2);
    PERFORM job.enqueue('advance_run', r.id::text, pg_catalog.jsonb_build_object('run', r.id))
    FROM payout.run AS r
    WHERE (r.state = 'open' AND payout.is_countable(r.pool_id, r.service_month)) OR r.state IN ('numbered', 'computed') OR (r.state = 'review' AND r.confirmed_at IS NOT NULL)
        OR (r.state = 'inputs_frozen' AND EXISTS (SELECT FROM log.entry AS e WHERE e.type = 'run_inputs' AND e.object_id = r.id::text
            AND EXISTS (SELECT FROM log.checkpoint AS c WHERE c.size > e.index)));
    PERFORM payout.prove_runs();
    PERFORM payout.open_clawbacks();
    PERFORM job.enqueue('claw_back', c.id::text, pg_catalog.jsonb_build_object('clawback', c.id)) FROM payout.clawback AS c WHERE c.state = 'open'
        AND NOT EXISTS (SELECT FROM payout.clawback AS e WHERE e.run = c.run AND e.state = 'open' AND e.id < c.id);
    PERFORM job.enqueue('age_holds', 'holds', '{}') WHERE EXISTS (SELECT FROM payout.hold AS h WHERE h.released_at IS NULL AND h.reason NOT IN ('Unclaimed', 'Dispute', 'Sanctions')
        AND h.since < pg_catalog.now() - payout.unclaimed_after());
    PERFORM job.enqueue('read_inbox', 'inbox', '{}') WHERE pg_catalog.date_part('second', pg_catalog.clock_timestamp())::integer % 15 = 0;
    -- What an upload that broke off has staged.
    PERFORM payout.drop_import(p.import) FROM (SELECT i.import FROM payout.import_piece AS i GROUP BY i.import
        HAVING pg_catalog.max(i.at) < pg_catalog.clock_timestamp() - '1 hour'::interval) AS p;
    -- Of freezes whose process died on the way.
    DELETE FROM payout.batch_piece WHERE at < pg_catalog.clock_timestamp() - '1 hour'::interval;
    PERFORM job.enqueue('send_batch', b.id::text, pg_catalog.jsonb_build_object('batch', b.id)) FROM payout.batch AS b WHERE b.state = 'releasing';
    PERFORM job.enqueue('rate_estimate', d.pool_id::text, pg_catalog.jsonb_build_object('pool', d.pool_id, 'month', pg_catalog.date_trunc('month', payout.today()::timestamp)::date))
    FROM (SELECT DISTINCT pool_id FROM metering.usage_day_overview WHERE day >= pg_catalog.date_trunc('month', payout.today()::timestamp)::date) AS d
    WHERE NOT EXISTS (SELECT FROM payout.estimate AS e JOIN licensing.grant_overview AS g ON g.grant_id = e.grant_id
        WHERE g.pool_id = d.pool_id AND e.at > pg_catalog.clock_timestamp() - '1 minute'::interval);
END
$$;
