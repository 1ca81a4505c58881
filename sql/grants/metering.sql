-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema metering. One line per right.
SET LOCAL ROLE ch_metering_owner;

-- partitions for now and the next months: a fresh database delivers at once
SELECT metering.make_partitions();

-- payout rates and distributes by these; the auditor recounts from the rows
GRANT SELECT ON metering.sealed_usage_overview, metering.seal_overview, metering.usage_day_overview
    TO ch_payout_owner, ch_payout, ch_portal_owner, ch_worker, ch_audit, ch_audit_owner;
GRANT SELECT ON metering.batch_overview, metering.delivery, metering.usage_event, metering.sealed_usage, metering.seal, metering.usage_day TO ch_audit;
GRANT SELECT ON metering.query_usage, metering.closed_month, metering.usage_hour, metering.quota, metering.quota_lease, metering.quarantine, metering.clock TO ch_audit;
GRANT EXECUTE ON FUNCTION metering.check_usage(), metering.count_day(uuid, date), metering.spread_usage(uuid, date),
    metering.place_usage(uuid, date, timestamptz) TO ch_audit;

-- the HTTP role: deliveries
GRANT EXECUTE ON FUNCTION metering.load_delivery(uuid, text, bigint, text[], bytea, uuid), metering.drop_delivery(uuid, uuid, uuid),
    metering.beat_deliveries(uuid[], uuid[]),
    metering.begin_batch(uuid, uuid, uuid, text[], bigint, bigint, bigint, bigint, bigint),
    metering.open_delivery(uuid, uuid, text, uuid, uuid, text, text, uuid, integer, bigint),
    metering.store_batch(uuid, uuid, integer, uuid, bigint, bigint, integer, integer, bigint, bytea, bigint, bigint, bigint[], integer[], integer, bytea),
    metering.end_delivery(uuid, uuid, integer, text, text, bigint, bigint, text), metering.get_delivery(uuid, uuid),
    metering.list_deliveries(uuid, uuid, integer, uuid), metering.get_grant_usage(uuid, uuid, date, date), metering.quota_state(uuid),
    metering.take_quota(uuid, uuid, text, bigint), metering.get_month_receipt(uuid, uuid, date),
    metering.charge_class(uuid), metering.counted_batches(uuid, uuid, bigint, integer) TO ch_metering;
-- the HTTP role: who adds usage in a transaction of several statements
GRANT EXECUTE ON FUNCTION metering.lock_usage(uuid) TO ch_metering;
-- the HTTP role: events of other data planes
GRANT SELECT ON metering.source_overview TO ch_metering;
GRANT INSERT ON metering.usage_event TO ch_metering;
GRANT EXECUTE ON FUNCTION metering.close_events(integer[], uuid[], uuid[], uuid[], bigint[], uuid[], bigint[], uuid[], date[], uuid[], text[], uuid[], bigint[]),
    metering.store_events(integer[], uuid[], bigint[], uuid[], bigint[], integer[], uuid[], uuid[], uuid[], text[], bigint[], uuid[], bigint[], text[],
        text[], text[]),
    metering.register_source(uuid, text, jsonb), metering.list_sources(uuid, integer, integer),
    metering.list_quarantine(uuid, uuid, integer, uuid) TO ch_metering;
-- the HTTP role: aggregates
GRANT EXECUTE ON FUNCTION metering.load_query(uuid, text, bigint, text[], boolean), metering.begin_query(uuid, uuid, uuid),
    metering.earlier_answers(uuid, uuid, uuid),
    metering.store_query(uuid, uuid, uuid, text[], bigint, bigint, bigint, bigint, text, integer, bigint, boolean, uuid, bytea, uuid[], bigint[])
    TO ch_metering;
GRANT SELECT ON metering.query_overview TO ch_audit;
-- the HTTP role: people
GRANT EXECUTE ON FUNCTION metering.seal_month(uuid, jsonb, boolean), metering.list_usage(uuid, text, date, date, integer, text),
    metering.list_own_usage(uuid, date, date, integer, text), metering.list_totals(text, date, date, integer, text) TO ch_metering;

-- the worker
GRANT EXECUTE ON FUNCTION metering.tick(), metering.fold_usage(boolean), metering.log_hours(), metering.seal_due(), metering.publish_due() TO ch_worker;
GRANT SELECT ON metering.grant_key, metering.batch_overview TO ch_worker;
GRANT EXECUTE ON FUNCTION metering.delivered_batches(uuid, uuid, bigint[], bigint, bigint) TO ch_worker;
-- licensing asks under which grants something was delivered
GRANT SELECT (grant_id) ON metering.grant_key TO ch_licensing_owner;
RESET ROLE;
