-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: seals a month of a pool, and closes it before where that is still to do: writes its lines, their Merkle root, and the leaf of the
--          log. The leaves of the tree are metering.usage_leaf of each line, sorted as bytes; the text stands here a second time because a call
--          for each line costs more than all the rest. A month that is closed already is sealed without keeping anybody from adding.
-- Outcomes: sealed, already_sealed.
-- Locks: those of metering.close_usage; the month's row in closed_month.
CREATE OR REPLACE FUNCTION metering.seal_usage(p_pool uuid, p_ref text, p_month date, p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET work_mem = '64MB'
AS $$
DECLARE
    v_seal metering.seal;
    v_closed metering.closed_month;
    v_body jsonb;
    v_hashes bytea;
BEGIN
    IF NOT EXISTS (SELECT FROM metering.closed_month AS c WHERE c.pool_id = p_pool AND c.month = p_month) THEN
        PERFORM metering.close_usage(p_pool, p_ref, p_month, p_actor);
    END IF;
    SELECT * INTO STRICT v_closed FROM metering.closed_month AS c WHERE c.pool_id = p_pool AND c.month = p_month FOR UPDATE;
    SELECT * INTO v_seal FROM metering.seal AS s WHERE s.pool_id = p_pool AND s.month = p_month;
    IF FOUND THEN
        RETURN log.answer('already_sealed', metering.seal_body(v_seal));
    END IF;
    SELECT COALESCE(pg_catalog.sum(u.units), 0) INTO v_seal.late FROM metering.usage_day AS u
    WHERE u.pool_id = p_pool AND u.day >= p_month AND u.day < (p_month + interval '1 month')::date AND u.late IS NOT NULL;
    CREATE TEMPORARY TABLE sealing ON COMMIT DROP AS
        SELECT u.*, pg_catalog.concat('{"contribution":', COALESCE('"' || u.contribution_id || '"', 'null'), ',"grant":"', u.grant_id, '","meter":"', u.meter,
            '","month":"', pg_catalog.to_char(p_month, 'YYYY-MM'), '","pool":"', v_closed.pool, '","units":', u.units, '}') AS leaf
        FROM metering.spread_usage(p_pool, p_month) AS u;
    SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(s.units), 0), pg_catalog.string_agg(pg_catalog.sha256('\x00'::bytea || pg_catalog.convert_to(s.leaf, 'UTF8')),
        ''::bytea ORDER BY s.leaf COLLATE "C") INTO v_seal.lines, v_seal.units, v_hashes FROM pg_temp.sealing AS s;
    v_seal.root := metering.tree_root(v_hashes);
    v_seal.sealed_at := pg_catalog.clock_timestamp();
    v_body := pg_catalog.jsonb_build_object('pool', v_closed.pool, 'month', pg_catalog.to_char(p_month, 'YYYY-MM'), 'count', v_seal.lines,
        'units', v_seal.units, 'late', v_seal.late, 'root', v_seal.root);
    v_seal.sha256 := pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(v_body
        || pg_catalog.jsonb_build_object('sealed_at', log.time_text(v_seal.sealed_at))), 'UTF8')), 'hex');
    INSERT INTO metering.seal (pool_id, month, pool, lines, units, late, root, sha256, sealed_by, sealed_at)
    VALUES (p_pool, p_month, v_closed.pool, v_seal.lines, v_seal.units, v_seal.late, v_seal.root, v_seal.sha256, v_closed.closed_by, v_seal.sealed_at)
    RETURNING * INTO v_seal;
    INSERT INTO metering.sealed_usage (pool_id, month, grant_id, meter, contribution_id, units)
    SELECT p_pool, p_month, s.grant_id, s.meter, s.contribution_id, s.units FROM pg_temp.sealing AS s;
    DROP TABLE pg_temp.sealing;
    PERFORM log.append_leaf('usage', v_closed.pool || ':' || pg_catalog.to_char(p_month, 'YYYY-MM'), v_seal.sha256, v_body);
    RETURN log.answer('sealed', metering.seal_body(v_seal));
END
$$;
