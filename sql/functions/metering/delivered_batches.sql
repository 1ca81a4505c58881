-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for tombstones: batches of a grant that may hold rows of some contributions (by number), of consent epochs above p_after up
--          to p_to. Whatever their state: what was committed may have left.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.delivered_batches(p_pool uuid, p_grant uuid, p_contributions bigint[], p_after bigint, p_to bigint)
RETURNS TABLE (consent_epoch bigint, first_row bigint, last_row bigint, contributions bigint[], runs bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.consent_epoch, b.first_row, b.last_row, b.contributions, b.runs
    FROM metering.delivery AS d JOIN metering.batch AS b ON b.pool_id = d.pool_id AND b.delivery_id = d.id
    WHERE d.grant_id = p_grant AND d.pool_id = p_pool AND b.consent_epoch > p_after AND b.consent_epoch <= p_to
        AND (b.contributions && p_contributions OR b.repeated > 0);
$$;
