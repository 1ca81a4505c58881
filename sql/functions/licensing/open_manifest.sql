-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the release manifest that a delivery under a grant begins with: the open one for the grant's purpose, class, notice floor
--          and kind of consent, made now where the job has not come round yet. Its contributions are those that
--          licensing.covered_contribution gives at this consent epoch.
-- Outcomes: none; NULL where there is no such grant.
-- Locks: advisory lock of the pool, shared; the manifest's unique key.
CREATE OR REPLACE FUNCTION licensing.open_manifest(p_pool uuid, p_grant uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_epoch bigint := (licensing.lock_epochs(p_pool, p_grant)).consent_epoch;
    v_grant licensing.data_grant;
    v_id uuid;
BEGIN
    SELECT * INTO v_grant FROM licensing.data_grant AS g WHERE g.id = p_grant AND g.pool_id = p_pool;
    IF NOT FOUND OR v_epoch IS NULL THEN
        RETURN NULL;
    END IF;
    -- a consent may have reached its end since it was made, before the clock said so
    UPDATE licensing.release_manifest AS m SET closed_at = pg_catalog.clock_timestamp()
    WHERE m.pool_id = p_pool AND m.closed_at IS NULL AND m.until_at <= pg_catalog.clock_timestamp();
    FOR i IN 1..2 LOOP
        SELECT m.id INTO v_id FROM licensing.release_manifest AS m WHERE m.pool_id = p_pool AND m.purpose = v_grant.purpose
            AND m.recipient_class = v_grant.org_class AND m.notice_floor = v_grant.notice_floor AND m.explicit_only = v_grant.explicit_only
            AND m.closed_at IS NULL;
        EXIT WHEN FOUND;
        INSERT INTO licensing.release_manifest (id, pool_id, purpose, recipient_class, notice_floor, explicit_only, consent_epoch, contributions,
            members, rows, sha256, until_at)
        SELECT log.new_id(), p_pool, v_grant.purpose, v_grant.org_class, v_grant.notice_floor, v_grant.explicit_only, v_epoch,
            pg_catalog.count(*), pg_catalog.count(DISTINCT k.member_id), COALESCE(pg_catalog.sum(c.rows), 0),
            pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
                COALESCE(pg_catalog.string_agg(c.id::text || E'\n', '' ORDER BY c.id), ''), 'UTF8')), 'hex'), pg_catalog.min(k.until_at)
        FROM licensing.covered_contribution AS k JOIN licensing.contribution AS c ON c.id = k.contribution_id
        WHERE k.pool_id = p_pool AND k.purpose = v_grant.purpose AND k.recipient_class = v_grant.org_class
            AND k.notice >= v_grant.notice_floor AND (k.explicit OR NOT v_grant.explicit_only)
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN v_id;
END
$$;
