-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: holds still what a group of events was judged by, and says whether it still is so: clients of the sources, epochs of the grants, and
--          of each pool the consent epoch where its contributions were looked at (NULL: not). Pools come in the order of their ids.
-- Outcomes: none; false: something has moved.
-- Locks: of each pool the lock of consent and grants and then metering.lock_usage, both shared.
CREATE OR REPLACE FUNCTION metering.lock_events(p_sources integer[], p_pools uuid[], p_consent_epochs bigint[], p_grants uuid[],
    p_grant_epochs bigint[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_epoch bigint;
BEGIN
    FOR i IN 1 .. pg_catalog.cardinality(p_pools) LOOP
        v_epoch := (licensing.lock_epochs(p_pools[i], NULL)).consent_epoch;
        IF v_epoch <> p_consent_epochs[i] THEN
            RETURN false;
        END IF;
    END LOOP;
    FOR i IN 1 .. pg_catalog.cardinality(p_pools) LOOP
        PERFORM metering.lock_usage(p_pools[i]);
    END LOOP;
    RETURN (SELECT pg_catalog.count(*) FROM unnest(p_grants, p_grant_epochs) AS x (id, epoch)
            JOIN licensing.grant_overview AS g ON g.grant_id = x.id AND g.epoch = x.epoch) = pg_catalog.cardinality(p_grants)
        AND (SELECT pg_catalog.count(*) FROM metering.source_overview AS s
             WHERE s.source_no = ANY (p_sources) AND s.ended_at IS NULL) = pg_catalog.cardinality(p_sources);
END
$$;
