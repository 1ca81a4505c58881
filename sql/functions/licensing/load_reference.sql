-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fills purpose and purpose_edge (name purposes) or region (name regions) from the CSV of sql/reference, and refuses a
--          tree that falls into the trap: no code may descend from PG and also from COM or X, and no security purpose may lie
--          below PG. The tree only grows. Rows whose file has not changed are checked all the same.
-- Outcomes: none; a bad tree raises, which stops migrate.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_reference(p_name text, p_csv text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hash text := pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_csv, 'UTF8')), 'hex');
    v_version integer;
    v_bad text;
BEGIN
    IF EXISTS (SELECT FROM licensing.reference_version AS r WHERE r.name = p_name AND r.sha256 = v_hash
               AND r.version = (SELECT pg_catalog.max(x.version) FROM licensing.reference_version AS x WHERE x.name = p_name)) THEN
        IF p_name = 'purposes' THEN
            PERFORM licensing.check_purpose_tree(); -- the file is as it was; the rows may not be
        END IF;
        RETURN;
    END IF;
    SELECT COALESCE(pg_catalog.max(version), 0) + 1 INTO v_version FROM licensing.reference_version WHERE name = p_name;
    IF p_name = 'regions' THEN
        INSERT INTO licensing.region AS r (code, groups)
        SELECT f[1], pg_catalog.string_to_array(f[2], ' ')
        FROM pg_catalog.regexp_split_to_table(p_csv, E'\r?\n') WITH ORDINALITY AS l (line, n),
            pg_catalog.string_to_array(l.line, ',') AS f
        WHERE l.n > 1 AND l.line <> ''
        ON CONFLICT (code) DO UPDATE SET groups = EXCLUDED.groups;
    ELSIF p_name = 'purposes' THEN
        CREATE TEMPORARY TABLE purpose_line ON COMMIT DROP AS
        SELECT f[1] AS code, pg_catalog.string_to_array(f[2], ' ') AS parents, f[3] = 'yes' AS assignable, f[4] AS default_tier,
            f[5] AS match, pg_catalog.string_to_array(f[6], ' ') AS dpv, NULLIF(f[7], '') AS duo, l.n::integer AS position
        FROM pg_catalog.regexp_split_to_table(p_csv, E'\r?\n') WITH ORDINALITY AS l (line, n),
            pg_catalog.string_to_array(l.line, ',') AS f
        WHERE l.n > 1 AND l.line <> '';
        SELECT p.code INTO v_bad FROM licensing.purpose AS p WHERE p.code NOT IN (SELECT x.code FROM pg_temp.purpose_line AS x) LIMIT 1;
        IF v_bad IS NOT NULL THEN
            RAISE EXCEPTION 'purposes.csv: % is missing; the tree only grows', v_bad USING ERRCODE = 'check_violation';
        END IF;
        INSERT INTO licensing.purpose AS p (code, assignable, default_tier, match, dpv, duo, position, since_version)
        SELECT code, assignable, default_tier, match, dpv, duo, position, v_version FROM pg_temp.purpose_line
        ON CONFLICT (code) DO UPDATE SET default_tier = EXCLUDED.default_tier, match = EXCLUDED.match, dpv = EXCLUDED.dpv,
            duo = EXCLUDED.duo, position = EXCLUDED.position;
        INSERT INTO licensing.purpose_edge (child, parent)
        SELECT l.code, q.parent FROM pg_temp.purpose_line AS l, pg_catalog.unnest(l.parents) AS q (parent) WHERE q.parent <> ''
        ON CONFLICT DO NOTHING;
        DROP TABLE pg_temp.purpose_line;
        DELETE FROM licensing.purpose_closure;
        INSERT INTO licensing.purpose_closure (ancestor, code) SELECT w.ancestor, w.code FROM licensing.purpose_walk AS w;
        PERFORM licensing.check_purpose_tree();
    ELSE
        RETURN;
    END IF;
    INSERT INTO licensing.reference_version (name, version, sha256) VALUES (p_name, v_version, v_hash);
END
$$;
