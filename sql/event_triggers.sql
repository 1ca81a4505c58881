-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The lock on schema governance: nobody changes its tables, functions, types and rights but `commonhold migrate`, whoever they are. Loaded by every
-- migrate that loads functions, as the administrator, to whom schema migrate belongs. Event triggers need a superuser: without one they are missing,
-- and migrate, found, /readyz and the register of assets say so (migrate.missing_guards).

-- A transaction is migrate's when it wrote the hash of its script first: into migrate.applied or migrate.loaded, with its leaf for the log. Transaction
-- ids begin anew in a restored database, so the row must be of this transaction itself too.
CREATE OR REPLACE FUNCTION migrate.is_migrating() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM (SELECT a.xact, a.xmin, a.sha256, a.leaf FROM migrate.applied AS a
                     UNION ALL SELECT l.xact, l.xmin, l.sha256, l.leaf FROM migrate.loaded AS l) AS s
        JOIN log.outbox AS o ON o.id = s.leaf AND o.topic = 'leaf' AND o.payload ->> 'type' = 'schema' AND o.payload ->> 'sha256' = s.sha256
        WHERE s.xact = pg_catalog.pg_current_xact_id() AND pg_catalog.age(s.xmin) <= 0);
$$;

-- The relation that an object is, or is part of.
CREATE OR REPLACE FUNCTION migrate.relation_of(p_class oid, p_object oid) RETURNS oid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_class WHEN 'pg_class'::regclass THEN p_object
        WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = p_object)
        WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite WHERE oid = p_object)
        WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = p_object)
        WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = p_object) END;
$$;

-- Whether what a command made or changed belongs to governance: by its schema, or by its owner when it was moved out of it.
CREATE OR REPLACE FUNCTION migrate.is_governed(p_class oid, p_object oid, p_schema text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH owned AS (
        SELECT relnamespace AS space, relowner AS owner FROM pg_class WHERE oid = migrate.relation_of(p_class, p_object) AND relpersistence <> 't'
        UNION ALL SELECT pronamespace, proowner FROM pg_proc WHERE p_class = 'pg_proc'::regclass AND oid = p_object
        UNION ALL SELECT typnamespace, typowner FROM pg_type WHERE p_class = 'pg_type'::regclass AND oid = p_object
        UNION ALL SELECT connamespace, NULL FROM pg_constraint WHERE p_class = 'pg_constraint'::regclass AND oid = p_object
        UNION ALL SELECT oid, nspowner FROM pg_namespace WHERE p_class = 'pg_namespace'::regclass AND oid = p_object)
    SELECT COALESCE(p_schema = 'governance', false) OR EXISTS (
        SELECT FROM owned AS o JOIN pg_namespace AS n ON n.oid = o.space
        WHERE n.nspname = 'governance' OR (o.owner = to_regrole('ch_governance_owner') AND n.nspname !~ '^pg_'));
$$;

-- Whether this transaction changed a right or an owner in schema governance: GRANT and its like do not say of what.
CREATE OR REPLACE FUNCTION migrate.rights_changed() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH space AS (SELECT n.oid, n.xmin FROM pg_namespace AS n WHERE n.nspname = 'governance'),
    changed AS (
        SELECT s.xmin FROM space AS s
        UNION ALL SELECT c.xmin FROM pg_class AS c JOIN space AS s ON s.oid = c.relnamespace
        UNION ALL SELECT a.xmin FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN space AS s ON s.oid = c.relnamespace WHERE a.attacl IS NOT NULL
        UNION ALL SELECT p.xmin FROM pg_proc AS p JOIN space AS s ON s.oid = p.pronamespace
        UNION ALL SELECT t.xmin FROM pg_type AS t JOIN space AS s ON s.oid = t.typnamespace
        UNION ALL SELECT d.xmin FROM pg_default_acl AS d WHERE d.defaclrole = to_regrole('ch_governance_owner') OR d.defaclnamespace IN (SELECT s.oid FROM space AS s))
    SELECT EXISTS (SELECT FROM changed AS c WHERE age(c.xmin) <= 0) OR NOT EXISTS (SELECT FROM space);
$$;

-- A box is a partition of governance.ballot_box. Whoever makes one arms it in the same transaction, and nobody touches it later.
CREATE OR REPLACE FUNCTION migrate.is_new_box(p_relation oid, p_tag text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_tag IN ('CREATE TABLE', 'CREATE TRIGGER', 'ALTER TABLE')
        AND EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = p_relation AND i.inhparent = to_regclass('governance.ballot_box') AND age(i.xmin) <= 0)
        AND (p_tag <> 'ALTER TABLE' OR NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = p_relation AND t.tgenabled <> 'A'));
$$;

-- Lets a change of schema governance pass in a transaction of migrate alone.
CREATE OR REPLACE FUNCTION migrate.refuse_others(p_tag text, p_what text) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT migrate.is_migrating() THEN
        RAISE EXCEPTION '%: schema governance is changed by commonhold migrate alone (%)', p_tag, left(p_what, 200) USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION migrate.guard_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_what text;
BEGIN
    SELECT c.object_identity INTO v_what FROM pg_event_trigger_ddl_commands() AS c
    WHERE migrate.is_governed(c.classid, c.objid, c.schema_name) AND NOT migrate.is_new_box(migrate.relation_of(c.classid, c.objid), tg_tag) LIMIT 1;
    IF FOUND OR to_regnamespace('governance') IS NULL
       OR (tg_tag IN ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES', 'DROP OWNED', 'REASSIGN OWNED') AND migrate.rights_changed()) THEN
        PERFORM migrate.refuse_others(tg_tag, COALESCE(v_what, 'its rights'));
    END IF;
END
$$;

-- Which boxes have all their records in governance.ballot, written down before anything is dropped: {"table": "box"}.
CREATE OR REPLACE FUNCTION migrate.note_boxes() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_box record;
    v_missing boolean;
    v_copied jsonb := '{}';
BEGIN
    FOR v_box IN SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) FROM '''([^'']*)''') AS box
                 FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('governance.ballot_box') LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM governance.ballot WHERE box = $1) AND EXISTS (SELECT FROM governance.%1$I) OR EXISTS '
            '(SELECT box, record_sha256 FROM governance.%1$I EXCEPT SELECT box, record_sha256 FROM governance.ballot WHERE box = $1)', v_box.relname)
        INTO v_missing USING v_box.box;
        IF NOT v_missing THEN
            v_copied := v_copied || jsonb_build_object(v_box.relname, v_box.box);
        END IF;
    END LOOP;
    PERFORM set_config('commonhold.copied_boxes', v_copied::text, true);
END
$$;

-- Whether a dropped table was a box whose records are all in governance.ballot. Its lock is held by now: whoever voted meanwhile has a flag on the
-- roll, and there are as many records as flags.
CREATE OR REPLACE FUNCTION migrate.is_copied(p_table text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_box text := current_setting('commonhold.copied_boxes')::jsonb ->> p_table;
BEGIN
    RETURN v_box IS NOT NULL AND (SELECT count(*) FROM governance.ballot AS b WHERE b.box = v_box)
        = (SELECT count(*) FROM governance.roll AS r
           WHERE r.proposal_id = split_part(v_box, '/', 1)::uuid AND r.reading = split_part(v_box, '/', 2)::integer AND r.voted);
END
$$;

-- Of the constraints of others that name a table of governance, PostgreSQL keeps triggers on that table: those go with the constraint.
CREATE OR REPLACE FUNCTION migrate.guard_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_what text;
    v_box boolean;
BEGIN
    SELECT string_agg(d.object_identity, ', ' ORDER BY d.original DESC, d.object_identity),
        bool_and(CASE WHEN d.original THEN d.object_type = 'table' AND tg_tag = 'DROP TABLE' AND migrate.is_copied(d.object_name)
                      ELSE d.object_type IN ('index', 'type', 'table constraint', 'trigger', 'default value') END)
    INTO v_what, v_box
    FROM pg_event_trigger_dropped_objects() AS d
    WHERE NOT d.is_temporary AND (d.schema_name = 'governance' OR d.address_names[1] = 'governance')
      AND NOT (d.object_type = 'trigger' AND NOT d.original AND d.address_names[3] LIKE 'RI\_ConstraintTrigger\_%');
    IF v_what IS NOT NULL AND NOT v_box THEN
        PERFORM migrate.refuse_others(tg_tag, v_what);
    END IF;
END
$$;

-- Which of the event triggers do not stand guard; empty where all do.
CREATE OR REPLACE FUNCTION migrate.missing_guards() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(array_agg(g.name ORDER BY g.name), '{}')
    FROM (VALUES ('commonhold_boxes', 'ddl_command_start', 'migrate.note_boxes'), ('commonhold_ddl', 'ddl_command_end', 'migrate.guard_ddl'),
                 ('commonhold_drop', 'sql_drop', 'migrate.guard_drop')) AS g (name, event, routine)
    WHERE NOT EXISTS (SELECT FROM pg_event_trigger AS e WHERE e.evtname = g.name AND e.evtevent = g.event AND e.evtenabled = 'A'
                          AND e.evtfoid = to_regproc(g.routine));
$$;

DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR migrate.missing_guards() = '{}' THEN
        RETURN;
    END IF;
    DROP EVENT TRIGGER IF EXISTS commonhold_boxes;
    DROP EVENT TRIGGER IF EXISTS commonhold_ddl;
    DROP EVENT TRIGGER IF EXISTS commonhold_drop;
    CREATE EVENT TRIGGER commonhold_boxes ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION migrate.note_boxes();
    CREATE EVENT TRIGGER commonhold_ddl ON ddl_command_end EXECUTE FUNCTION migrate.guard_ddl();
    CREATE EVENT TRIGGER commonhold_drop ON sql_drop EXECUTE FUNCTION migrate.guard_drop();
    ALTER EVENT TRIGGER commonhold_boxes ENABLE ALWAYS;
    ALTER EVENT TRIGGER commonhold_ddl ENABLE ALWAYS;
    ALTER EVENT TRIGGER commonhold_drop ENABLE ALWAYS;
END
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrate FROM PUBLIC;
GRANT USAGE ON SCHEMA migrate TO ch_governance_owner, ch_governance;
GRANT EXECUTE ON FUNCTION migrate.missing_guards() TO ch_governance_owner, ch_governance;
