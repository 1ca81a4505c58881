-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how many payments the file of a batch puts into one PmtInf: what the first one says it holds.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.batch_block(p_batch uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(substring(pg_catalog.encode(pg_catalog.substr(e.bytes, 1, 8192), 'escape') FROM '<PmtInf>.*?<NbOfTxs>([0-9]{1,7})</NbOfTxs>')::bigint, b.count)
    FROM payout.batch AS b JOIN payout.evidence AS e ON e.sha256 = b.file_sha256 WHERE b.id = p_batch;
$$;
