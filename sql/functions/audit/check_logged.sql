-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: T2 for some of its units: each version of an object has one leaf, with its hash, and each leaf is about something that is there. Reports are
--          logged by auditors whose tables may lie elsewhere, so their leaves are not looked for; nor are those of types that this check does not
--          know, nor of consents (audit.check_forgotten).
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_logged(p_units text[])
RETURNS TABLE (unit text, object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH known AS (SELECT t.type FROM pg_catalog.unnest(ARRAY['charter', 'schema', 'proposal', 'roll', 'ballots', 'vote_result', 'rule', 'terms', 'prohibition', 'office',
            'asset', 'council_case', 'sanction', 'appeal', 'dispute', 'agreement', 'grant', 'usage', 'invoice', 'txn', 'bank_statement', 'run_inputs', 'run_result', 'payee_account', 'batch',
            'approval', 'batch_event', 'period', 'key_event']) AS t (type)),
    logged AS MATERIALIZED (SELECT * FROM audit.logged())
    SELECT 'logged ' || l.month, l.type, l.object_id, x.aspect, x.expected, x.found, x.about
    FROM logged AS l CROSS JOIN LATERAL (VALUES
        ('object', l.objects = 0 AND l.type IN (SELECT k.type FROM known AS k), 'an object', 'none', 'the log was told of something that is not in the books: it was removed later'),
        ('leaves', NOT l.loose AND l.objects > 0 AND l.objects <> l.leaves, l.objects::text, l.leaves::text,
            'each version must be in the log once: find out which of its leaves is missing or too many'),
        ('hash', NOT l.loose AND l.objects = l.leaves AND l.object_hashes <> l.leaf_hashes, l.object_hashes, l.leaf_hashes, 'it was changed after the log was told of it'))
        AS x (aspect, wrong, expected, found, about)
    WHERE x.wrong AND 'logged ' || l.month = ANY (p_units);
$$;
