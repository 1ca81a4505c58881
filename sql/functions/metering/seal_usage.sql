-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: closes a month of a pool: folds what has been sent, writes its lines, their Merkle root, and the leaf of the log. The
--          leaves of the tree are metering.usage_leaf of each line, sorted as bytes. What is sent later is late usage of the next
--          open month.
-- Outcomes: sealed, already_sealed.
-- Locks: metering.pool_lock of the pool; those of metering.fold_pool.
CREATE OR REPLACE FUNCTION metering.seal_usage(p_pool uuid, p_ref text, p_month date, p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_seal metering.seal;
    v_body jsonb;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(metering.pool_lock(p_pool));
    SELECT * INTO v_seal FROM metering.seal AS s WHERE s.pool_id = p_pool AND s.month = p_month;
    IF FOUND THEN
        RETURN log.answer('already_sealed', metering.seal_body(v_seal));
    END IF;
    WHILE metering.fold_pool(p_pool, 1000) > 0 LOOP
    END LOOP;
    SELECT COALESCE(pg_catalog.sum(u.units), 0) INTO v_seal.late FROM metering.usage_day AS u
    WHERE u.pool_id = p_pool AND u.day >= p_month AND u.day < (p_month + interval '1 month')::date AND u.late IS NOT NULL;
    CREATE TEMPORARY TABLE sealing ON COMMIT DROP AS
        SELECT u.*, metering.usage_leaf(p_ref, p_month, u.grant_id, u.meter, u.contribution_id, u.units) AS leaf
        FROM metering.spread_usage(p_pool, p_month) AS u;
    SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(units), 0), metering.merkle_root(pg_catalog.array_agg(leaf ORDER BY leaf COLLATE "C"))
    INTO v_seal.lines, v_seal.units, v_seal.root FROM pg_temp.sealing;
    v_seal.pool_id := p_pool;
    v_seal.month := p_month;
    v_seal.pool := p_ref;
    v_seal.sealed_by := p_actor;
    v_seal.sealed_at := pg_catalog.clock_timestamp();
    v_body := pg_catalog.jsonb_build_object('pool', p_ref, 'month', pg_catalog.to_char(p_month, 'YYYY-MM'), 'count', v_seal.lines,
        'units', v_seal.units, 'late', v_seal.late, 'root', v_seal.root);
    v_seal.sha256 := pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(v_body
        || pg_catalog.jsonb_build_object('sealed_at', log.time_text(v_seal.sealed_at))), 'UTF8')), 'hex');
    INSERT INTO metering.seal (pool_id, month, pool, lines, units, late, root, sha256, sealed_by, sealed_at)
    VALUES (v_seal.pool_id, v_seal.month, v_seal.pool, v_seal.lines, v_seal.units, v_seal.late, v_seal.root, v_seal.sha256, v_seal.sealed_by, v_seal.sealed_at);
    INSERT INTO metering.sealed_usage (pool_id, month, grant_id, meter, contribution_id, units)
    SELECT p_pool, p_month, s.grant_id, s.meter, s.contribution_id, s.units FROM pg_temp.sealing AS s;
    DROP TABLE pg_temp.sealing;
    PERFORM log.append_leaf('usage', p_ref || ':' || pg_catalog.to_char(p_month, 'YYYY-MM'), v_seal.sha256, v_body);
    RETURN log.answer('sealed', metering.seal_body(v_seal));
END
$$;
