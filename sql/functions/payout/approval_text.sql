-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the lines an approver signs (commonhold-approval/1), each ended by LF: bytes, not a screen. NULL before the batch has a file.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.approval_text(p_batch payout.batch, p_office uuid, p_at text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_batch.file_sha256 IS NOT NULL THEN pg_catalog.format(
        E'commonhold-approval/1\nbatch %s\nfile %s\ntotal %s %s\ncount %s\napprover %s\nat %s\n',
        p_batch.id, p_batch.file_sha256, p_batch.total, p_batch.currency, p_batch.count, p_office, p_at) END;
$$;
