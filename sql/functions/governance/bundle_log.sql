-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the log says of a sealed vote: {checkpoint, freeze, roll, records}, each of the last three {entry, proof}, all proofs under one checkpoint,
--          the newest, with the signatures of the log alone. NULL while one of them has no leaf under it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.bundle_log(p_id uuid, p_reading integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c log.checkpoint := (SELECT x FROM log.checkpoint AS x ORDER BY x.size DESC LIMIT 1);
    v_log jsonb := pg_catalog.jsonb_build_object('checkpoint', c.text);
    v_row record;
BEGIN
    FOR v_row IN
        SELECT w.name, e.index, e.bytes
        FROM (VALUES ('freeze', 'proposal', p_id::text, (SELECT p.proposal_sha256::text FROM governance.proposal AS p WHERE p.id = p_id)),
                     ('roll', 'roll', p_id || '/' || p_reading, (SELECT h.sha256::text FROM governance.roll_head AS h WHERE h.proposal_id = p_id AND h.reading = p_reading)),
                     ('records', 'ballots', p_id || '/' || p_reading, (SELECT b.sha256::text FROM governance.ballot_log AS b
                         WHERE b.proposal_id = p_id AND b.reading = p_reading ORDER BY b.no DESC LIMIT 1))) AS w (name, type, id, sha256)
        LEFT JOIN LATERAL (SELECT x.index, x.bytes FROM log.entry AS x WHERE x.type = w.type AND x.object_id = w.id AND x.object_sha256 = w.sha256
                               AND x.index < c.size ORDER BY x.index DESC LIMIT 1) AS e ON true LOOP
        IF v_row.index IS NULL THEN
            RETURN NULL;
        END IF;
        v_log := v_log || pg_catalog.jsonb_build_object(v_row.name, pg_catalog.jsonb_build_object(
            'entry', pg_catalog.convert_from(v_row.bytes, 'UTF8')::jsonb, 'proof', log.prove_under(v_row.index, c.size, c.text)));
    END LOOP;
    RETURN v_log;
END
$$;
