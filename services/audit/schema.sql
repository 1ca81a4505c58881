-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a database consists of, object by object, each with a hash of everything that makes it what it is: G2 compares it with the declaration.
-- It stands in the auditor's program and not in the database, which could otherwise say of itself what it likes. The connection pins search_path
-- to pg_catalog, so that names of all else come out qualified.
-- A table that is made while the trust lives (a month's partition, the rows of a pool, the box of a vote) has a model: what it is called there, and its definition,
-- hold for all of its kind. Names of its indexes and constraints are not part of it, because PostgreSQL chooses them.
WITH role AS (
    -- Whoever migrates is called something else in every house.
    SELECT r.oid, CASE WHEN r.rolname ~ '^ch_' THEN r.rolname::text WHEN r.rolsuper OR r.oid = d.datdba THEN 'migrator' ELSE r.rolname::text END AS name
    FROM pg_roles AS r CROSS JOIN pg_database AS d WHERE d.datname = current_database()
    UNION ALL SELECT 0, 'everybody'),
space AS (
    SELECT n.oid, n.nspname::text AS name, n.nspowner, n.nspacl FROM pg_namespace AS n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
relation AS (
    SELECT c.*, s.name || '.' || c.relname AS name, s.name = 'pooldata' AS pooled,
        CASE WHEN s.name = 'pooldata' AND c.relname ~ '^p_[0-9a-z]{26}(_row)?$' THEN 'pooldata.p_*' || substr(c.relname, 29)
            WHEN c.relispartition AND s.name = 'governance' AND c.relname ~ '^box_[0-9a-f]{32}_[12]$' THEN 'governance.box_*'
            WHEN c.relispartition AND c.relname ~ '_[0-9]{6}$' THEN s.name || '.' || regexp_replace(c.relname, '_[0-9]{6}$', '_*') END AS model
    FROM pg_class AS c JOIN space AS s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')),
-- What is not of an extension: nobody but somebody with all rights makes things in pg_catalog.
own_function AS (
    SELECT p.* FROM pg_proc AS p LEFT JOIN space AS s ON s.oid = p.pronamespace WHERE s.oid IS NOT NULL OR p.oid >= 16384),
acl AS (
    SELECT 'relation' AS of, c.oid, 0 AS sub, COALESCE(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner)) AS acl FROM relation AS c WHERE c.relkind <> 'c'
    UNION ALL SELECT 'relation', a.attrelid, a.attnum, a.attacl FROM pg_attribute AS a JOIN relation AS c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL
    UNION ALL SELECT 'function', p.oid, 0, COALESCE(p.proacl, acldefault('f', p.proowner)) FROM own_function AS p
    UNION ALL SELECT 'schema', s.oid, 0, COALESCE(s.nspacl, acldefault('n', s.nspowner)) FROM space AS s
    UNION ALL SELECT 'default', d.oid, 0, d.defaclacl FROM pg_default_acl AS d),
rights AS (
    SELECT a.of, a.oid, a.sub, string_agg(COALESCE(r.name, 'nobody') || ' ' || x.privilege_type || CASE WHEN x.is_grantable THEN ' to give on' ELSE '' END, ', '
            ORDER BY r.name COLLATE "C", x.privilege_type, x.is_grantable) AS text
    FROM acl AS a CROSS JOIN LATERAL aclexplode(a.acl) AS x LEFT JOIN role AS r ON r.oid = x.grantee
    WHERE x.privilege_type <> 'MAINTAIN' GROUP BY a.of, a.oid, a.sub),
columns AS (
    SELECT c.oid, string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END, NULLIF(a.attidentity, ''), NULLIF(a.attgenerated, ''),
            pg_get_expr(d.adbin, d.adrelid), CASE WHEN a.attcollation NOT IN (0, 100) THEN 'collate ' || a.attcollation::regcollation END, '(' || g.text || ')'), ', ' ORDER BY a.attnum) AS text
    FROM relation AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum LEFT JOIN rights AS g ON g.of = 'relation' AND g.oid = a.attrelid AND g.sub = a.attnum
    -- A pool's own columns are what its members voted.
    WHERE c.relkind <> 'S' AND (NOT c.pooled OR a.attnum <= 3 OR a.attacl IS NOT NULL) GROUP BY c.oid),
constraints AS (
    SELECT c.oid, string_agg(x.text, ', ' ORDER BY x.text COLLATE "C") AS text
    FROM relation AS c JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND (k.conparentid = 0 OR c.relispartition)
    CROSS JOIN LATERAL (SELECT concat_ws(' ', CASE WHEN c.model IS NULL THEN k.conname END, pg_get_constraintdef(k.oid)) AS text) AS x GROUP BY c.oid),
indexes AS (
    SELECT c.oid, string_agg(x.text, ', ' ORDER BY x.text COLLATE "C") AS text
    FROM relation AS c JOIN pg_index AS i ON i.indrelid = c.oid
    CROSS JOIN LATERAL (SELECT concat_ws(' ', CASE WHEN c.model IS NULL THEN pg_get_indexdef(i.indexrelid) ELSE regexp_replace(pg_get_indexdef(i.indexrelid), '^(CREATE [A-Z ]*INDEX )\S+ ', '\1')
        END, CASE WHEN NOT i.indisvalid OR NOT i.indisready OR NOT i.indimmediate THEN 'not at work' END) AS text) AS x GROUP BY c.oid),
triggers AS (
    SELECT c.oid, string_agg(DISTINCT x.text, ', ' ORDER BY x.text) AS text
    FROM relation AS c JOIN pg_trigger AS t ON t.tgrelid = c.oid
    CROSS JOIN LATERAL (SELECT CASE t.tgenabled WHEN 'O' THEN 'enabled ' WHEN 'A' THEN 'always ' WHEN 'R' THEN 'replica ' ELSE 'DISABLED ' END
        || CASE WHEN t.tgisinternal THEN concat(t.tgfoid::regproc, ' ', t.tgtype) ELSE pg_get_triggerdef(t.oid) END COLLATE "C" AS text) AS x GROUP BY c.oid),
rules AS (
    SELECT c.oid, string_agg(concat(w.ev_enabled, ' ', pg_get_ruledef(w.oid)), ', ' ORDER BY w.rulename) AS text
    FROM relation AS c JOIN pg_rewrite AS w ON w.ev_class = c.oid AND w.rulename <> '_RETURN' GROUP BY c.oid),
policies AS (
    SELECT c.oid, string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid), ARRAY(SELECT r.name FROM role AS r
            WHERE r.oid = ANY (p.polroles) ORDER BY 1)), ', ' ORDER BY p.polname) AS text
    FROM relation AS c JOIN pg_policy AS p ON p.polrelid = c.oid GROUP BY c.oid),
object (kind, name, model, text) AS (
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END, c.name, c.model,
        -- What an attacker changes first stands first: a finding shows the beginning.
        regexp_replace(replace(concat_ws(E'\n', 'triggers: ' || t.text, 'rules: ' || u.text, 'policies: ' || o.text, 'rights: ' || g.text,
            concat_ws(' ', c.relkind, c.relpersistence, 'of', r.name, c.relrowsecurity, c.relforcerowsecurity, CASE WHEN c.relkind = 'v' THEN c.reloptions::text END),
            (SELECT concat_ws(' ', q.seqtypid::regtype, q.seqincrement, q.seqmin, q.seqmax, q.seqcycle) FROM pg_sequence AS q WHERE q.seqrelid = c.oid),
            'columns: ' || l.text, 'constraints: ' || k.text, 'indexes: ' || i.text, CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END),
            c.name, COALESCE(c.model, c.name)), CASE WHEN c.pooled THEN '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' ELSE '^$' END, '*', 'g')
    FROM relation AS c LEFT JOIN role AS r ON r.oid = c.relowner LEFT JOIN rights AS g ON g.of = 'relation' AND g.oid = c.oid AND g.sub = 0
    LEFT JOIN columns AS l ON l.oid = c.oid LEFT JOIN constraints AS k ON k.oid = c.oid LEFT JOIN indexes AS i ON i.oid = c.oid
    LEFT JOIN triggers AS t ON t.oid = c.oid LEFT JOIN rules AS u ON u.oid = c.oid LEFT JOIN policies AS o ON o.oid = c.oid
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, NULL, concat_ws(E'\n', 'rights: ' || g.text, concat_ws(' ', p.prokind, 'of', r.name, l.lanname, p.provolatile, p.prosecdef, p.proleakproof,
            p.proisstrict, p.proretset, p.proparallel, p.proconfig::text), pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.prosrc, p.probin, pg_get_function_sqlbody(p.oid))
    FROM own_function AS p JOIN pg_language AS l ON l.oid = p.prolang LEFT JOIN role AS r ON r.oid = p.proowner LEFT JOIN rights AS g ON g.of = 'function' AND g.oid = p.oid
    UNION ALL
    SELECT 'type', t.oid::regtype::text, NULL, concat_ws(' ', t.typtype, 'of', r.name, t.typbasetype::regtype, t.typnotnull, t.typdefault,
        (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
        (SELECT string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ', ' ORDER BY k.conname) FROM pg_constraint AS k WHERE k.contypid = t.oid))
    FROM pg_type AS t JOIN space AS s ON s.oid = t.typnamespace LEFT JOIN role AS r ON r.oid = t.typowner WHERE t.typtype IN ('d', 'e', 'r', 'b') AND t.typcategory <> 'A'
    UNION ALL
    SELECT 'schema', s.name, NULL, concat_ws(' ', 'of', r.name, 'rights:', g.text) FROM space AS s LEFT JOIN role AS r ON r.oid = s.nspowner LEFT JOIN rights AS g ON g.of = 'schema' AND g.oid = s.oid
    UNION ALL
    SELECT 'role', r.rolname::text, NULL, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls,
        'members:', (SELECT string_agg(x.name, ', ' ORDER BY x.name COLLATE "C") FROM pg_auth_members AS m JOIN role AS x ON x.oid = m.member WHERE m.roleid = r.oid AND x.name <> 'migrator'),
        'member of:', (SELECT string_agg(x.name, ', ' ORDER BY x.name COLLATE "C") FROM pg_auth_members AS m JOIN role AS x ON x.oid = m.roleid WHERE m.member = r.oid))
    FROM pg_roles AS r WHERE r.rolname ~ '^ch_'
    UNION ALL
    SELECT 'rights', concat(COALESCE(s.name, 'all'), ' ', d.defaclobjtype), NULL, concat_ws(' ', r.name, g.text)
    FROM pg_default_acl AS d LEFT JOIN space AS s ON s.oid = d.defaclnamespace LEFT JOIN role AS r ON r.oid = d.defaclrole LEFT JOIN rights AS g ON g.of = 'default' AND g.oid = d.oid
    UNION ALL
    SELECT 'event trigger', e.evtname::text, NULL, concat_ws(' ', e.evtenabled, e.evtevent, e.evttags, e.evtfoid::regproc) FROM pg_event_trigger AS e
    UNION ALL
    SELECT 'operator', o.oid::regoperator::text, NULL, o.oprcode::text FROM pg_operator AS o WHERE o.oid >= 16384
    UNION ALL
    SELECT 'cast', format_type(k.castsource, NULL) || ' as ' || format_type(k.casttarget, NULL), NULL, concat_ws(' ', k.castfunc::regproc, k.castcontext, k.castmethod) FROM pg_cast AS k WHERE k.oid >= 16384
    UNION ALL
    SELECT 'extension', x.extname::text, NULL, x.extname::text FROM pg_extension AS x
    UNION ALL
    SELECT 'setting', 'session_replication_role', NULL, current_setting('session_replication_role')
    UNION ALL
    SELECT 'setting', concat_ws(' ', split_part(v.value, '=', 1), 'of', COALESCE(r.name, 'everybody')), NULL, v.value
    FROM pg_db_role_setting AS z CROSS JOIN LATERAL unnest(z.setconfig) AS v (value) LEFT JOIN role AS r ON r.oid = z.setrole
    WHERE z.setdatabase IN (0, (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
        AND split_part(v.value, '=', 1) ~ '^(session_replication_role|search_path|row_security|event_triggers|.*_preload_libraries)$')
SELECT o.kind, o.name, COALESCE(o.model, o.name), encode(sha256(convert_to(o.text, 'UTF8')), 'hex'), o.text FROM object AS o
UNION ALL
SELECT 'migration', a.name, a.name, a.sha256, 'applied by ' || a.by || ' at ' || a.applied_at FROM migrate.applied AS a
ORDER BY 1, 2
