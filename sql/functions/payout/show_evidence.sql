-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the evidence of a transaction: {media_type, sha256, base64}.
-- Outcomes: ok, forbidden, not_found, too_large over 32 MiB.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_evidence(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_evidence payout.evidence;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads evidence');
    END IF;
    SELECT e.sha256, e.media_type, CASE WHEN pg_catalog.octet_length(e.bytes) <= 33554432 THEN e.bytes END INTO v_evidence.sha256, v_evidence.media_type, v_evidence.bytes
    FROM payout.txn AS t JOIN payout.evidence AS e ON e.sha256 = t.evidence_sha256 WHERE t.txn_id = p_id;
    IF v_evidence.sha256 IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such transaction');
    END IF;
    IF v_evidence.bytes IS NULL THEN
        RETURN log.refusal('too_large', 'evidence ' || v_evidence.sha256 || ' is over 32 MiB: read it where it came from');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('media_type', v_evidence.media_type, 'sha256', v_evidence.sha256,
        'base64', pg_catalog.translate(pg_catalog.encode(v_evidence.bytes, 'base64'), E'\n', '')));
END
$$;
