-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first statement of a query: takes the pool's lock and tells the epochs that the allowed set read behind it rests on, and how many answers
--          to the organisation are kept: metering.store_query looks again at all three. And how many contributions and rows the pool has, for the
--          plan of the query.
-- Outcomes: none.
-- Locks: advisory lock of the pool, shared.
CREATE OR REPLACE FUNCTION metering.begin_query(p_pool uuid, p_grant uuid, p_organisation uuid, OUT consent_epoch bigint, OUT grant_epoch bigint,
    OUT answers bigint, OUT accepted bigint, OUT pool_rows bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT e.consent_epoch, e.grant_epoch INTO begin_query.consent_epoch, begin_query.grant_epoch FROM licensing.lock_epochs(p_pool, p_grant) AS e;
    SELECT h.answers INTO begin_query.answers FROM metering.answer_history AS h
    WHERE h.pool_id = p_pool AND h.organisation_id = p_organisation;
    answers := COALESCE(answers, 0);
    SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(c.rows), 0) INTO begin_query.accepted, begin_query.pool_rows
    FROM licensing.contribution_overview AS c WHERE c.pool_id = p_pool AND c.rows > 0;
END
$$;
