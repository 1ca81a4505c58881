-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an import answers: the statements of a file and how many entries were matched how, or how many notices it held.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.import_json(p_sha256 text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('file_sha256', p_sha256,
        'statements', (SELECT COALESCE(pg_catalog.jsonb_agg(payout.statement_json(s.id) ORDER BY s.no), '[]') FROM payout.bank_statement AS s WHERE s.file_sha256 = p_sha256),
        'notices', (SELECT pg_catalog.count(*) FROM payout.bank_notice AS n WHERE n.file_sha256 = p_sha256));
$$;
