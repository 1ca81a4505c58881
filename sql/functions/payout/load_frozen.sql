-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where a run stands and what computing it reads: the rule's text, and the hash and length of its inputs (payout.read_document).
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_frozen(p_run uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('state', r.state, 'run_id', r.run_id, 'inputs', r.inputs_file_sha256,
        'length', (SELECT pg_catalog.octet_length(e.bytes) FROM payout.evidence AS e WHERE e.sha256 = r.inputs_file_sha256),
        'rule', (SELECT pg_catalog.convert_from(e.bytes, 'UTF8') FROM payout.evidence AS e WHERE e.sha256 = r.rule_sha256)))
    FROM payout.run AS r WHERE r.id = p_run;
$$;
