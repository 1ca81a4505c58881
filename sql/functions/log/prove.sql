-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the C2SP tlog-proof of a leaf (audit.md section 7), for those who keep proofs: of the first checkpoints over it that witnesses cosigned, under
--          the one that most did; under the newest where none did.
-- Outcomes: NULL while no checkpoint covers the leaf.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.prove(p_index bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last log.checkpoint;
BEGIN
    SELECT * INTO v_last FROM log.checkpoint WHERE size = COALESCE(
        (SELECT s.size FROM (SELECT x.size FROM log.cosignature AS x JOIN log.checkpoint AS k ON k.size = x.size AND k.root = x.root
                             WHERE x.size > p_index ORDER BY x.size LIMIT 300) AS s
         GROUP BY s.size ORDER BY pg_catalog.count(*) DESC, s.size LIMIT 1),
        (SELECT pg_catalog.max(m.size) FROM log.checkpoint AS m));
    RETURN CASE WHEN p_index < v_last.size THEN log.prove_under(p_index, v_last.size, log.cosigned(v_last.size, v_last.text)) END;
END
$$;
