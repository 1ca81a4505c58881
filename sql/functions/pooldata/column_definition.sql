-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one place that builds a column of a pool table: the name whitelisted (a second time, core/ did it first) and quoted,
--          the type from a closed list.
-- Outcomes: none; a name or type outside the lists raises, because it is a bug of the caller.
-- Locks: none.
CREATE OR REPLACE FUNCTION pooldata.column_definition(p_field jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name text := p_field ->> 'name';
    v_type text := CASE p_field ->> 'type' WHEN 'string' THEN 'text' WHEN 'integer' THEN 'bigint' WHEN 'number' THEN 'numeric'
        WHEN 'boolean' THEN 'boolean' WHEN 'date' THEN 'date' WHEN 'datetime' THEN 'timestamptz' END;
BEGIN
    -- the table's own columns, and those every table of PostgreSQL has
    IF COALESCE(v_name !~ '^[a-z][a-z0-9_]{0,39}$', true)
        OR v_name IN ('pool_id', 'row_id', 'contribution_id', 'tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax') THEN
        RAISE EXCEPTION 'pooldata.column_definition: column name %', v_name USING ERRCODE = 'check_violation';
    ELSIF v_type IS NULL THEN
        RAISE EXCEPTION 'pooldata.column_definition: column type %', p_field ->> 'type' USING ERRCODE = 'check_violation';
    END IF;
    RETURN pg_catalog.format('%I %s', v_name, v_type);
END
$$;
