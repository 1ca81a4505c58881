-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a delivery of the caller's organisation with its batches; wrapped (the grant's key) is for the caller's process, which
--          makes resume tokens with it and takes it out of the answer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.get_delivery(p_organisation uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row metering.delivery;
    v_sent record;
BEGIN
    SELECT * INTO v_row FROM metering.delivery AS d WHERE d.id = p_id AND d.organisation_id = p_organisation;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    -- one that runs, or whose process died, has no figures of its own: those of the batches that are known to have arrived
    SELECT COALESCE(pg_catalog.sum(b.rows + b.repeated), 0)::bigint AS rows, COALESCE(pg_catalog.sum(b.bytes), 0)::bigint AS bytes,
        COALESCE(pg_catalog.sum(b.rows), 0)::bigint AS counted INTO v_sent
    FROM metering.batch AS b WHERE b.pool_id = v_row.pool_id AND b.delivery_id = v_row.id AND b.state = 'sent';
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('id', v_row.id, 'grant_id', v_row.grant_id, 'pool', v_row.pool, 'mode', v_row.mode,
        'state', v_row.state, 'reason', v_row.reason, 'plan_hash', v_row.plan_hash, 'terms_sha256', v_row.terms_sha256,
        'opened_at', log.time_text(v_row.opened_at), 'ended_at', log.time_text(v_row.ended_at), 'resumed_from', v_row.resumed_from,
        'manifest', (SELECT pg_catalog.jsonb_build_object('id', m.id, 'sha256', m.sha256, 'consent_epoch', m.consent_epoch, 'contributions', m.contributions)
                     FROM licensing.manifest_overview AS m WHERE m.id = v_row.manifest_id),
        'rows', COALESCE(v_row.rows, v_sent.rows), 'bytes', COALESCE(v_row.bytes, v_sent.bytes), 'body_sha256', v_row.body_sha256,
        'counted_rows', v_sent.counted,
        'quotas', metering.quota_state(v_row.grant_id), 'expected_charge', metering.charge_class(v_row.grant_id),
        'batches', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('no', b.no, 'rows', b.rows, 'repeated', b.repeated,
            'bytes', b.bytes, 'sha256', pg_catalog.encode(b.body_sha256, 'hex'), 'state', b.state, 'last_row', b.last_row) ORDER BY b.no), '[]')
            FROM metering.batch AS b WHERE b.pool_id = v_row.pool_id AND b.delivery_id = v_row.id),
        'wrapped', (SELECT pg_catalog.encode(k.wrapped, 'hex') FROM metering.grant_key AS k WHERE k.grant_id = v_row.grant_id)));
END
$$;
