-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what somebody is told for whom a grant's quotas of some meters have not p_units left: of those that stand in the way the one that begins
--          anew last (with the grant: never), and after how many seconds to ask again. Units that deliveries under way have leased come back
--          with their end or 30 s after their last heartbeat, so that asking again is worth while then.
-- Outcomes: quota_reached; ok where nothing stands in the way.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.quota_refusal(p_grant uuid, p_meters text[], p_units bigint) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_full jsonb;
    v_wait bigint;
    v_leased boolean;
BEGIN
    SELECT q.v, (q.v ->> 'left')::bigint >= p_units INTO v_full, v_leased
    FROM pg_catalog.jsonb_array_elements(metering.quota_state(p_grant)) AS q (v)
    WHERE q.v ->> 'meter' = ANY (p_meters) AND (q.v ->> 'left')::bigint - (q.v ->> 'leased')::bigint < p_units
    ORDER BY (q.v ->> 'left')::bigint >= p_units, q.v ->> 'reset_at' DESC NULLS FIRST LIMIT 1;
    IF NOT FOUND THEN
        RETURN log.answer('ok');
    END IF;
    v_wait := pg_catalog.ceil(EXTRACT(EPOCH FROM (v_full ->> 'reset_at')::timestamptz - pg_catalog.clock_timestamp()))::bigint;
    RETURN log.answer('quota_reached', pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'detail', CASE WHEN v_leased THEN 'what is left of the ' || (v_full ->> 'period') || '''s ' || (v_full ->> 'meter') || ' is held by deliveries under way'
                  ELSE 'the ' || (v_full ->> 'period') || '''s ' || (v_full ->> 'meter') || ' are used up' END,
        'retry_after', GREATEST(CASE WHEN v_leased THEN LEAST(v_wait, 30) ELSE v_wait END, 1)))
        || pg_catalog.jsonb_build_object('quota', v_full));
END
$$;
