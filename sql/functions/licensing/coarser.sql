-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether generalisation p_new means something for a column of type p_type and shows no more than p_old: the order of
--          licensing.md section 3.2, as ch_general_no_finer of core/generalise.c has it (tests compare the two).
-- Outcomes: none; false also for a text that is no generalisation.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.coarser(p_old text, p_new text, p_type text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_number CONSTANT text := '(0|-?[1-9][0-9]{0,17})';
    v_kind text := pg_catalog.split_part(p_new, ':', 1);
    v_old text := pg_catalog.substr(p_old, pg_catalog.length(v_kind) + 2);
    v_new text := pg_catalog.substr(p_new, pg_catalog.length(v_kind) + 2);
BEGIN
    IF p_new IN ('drop', 'keep') THEN
        RETURN p_new = 'drop' OR p_old = 'keep';
    ELSIF NOT COALESCE(CASE v_kind
            WHEN 'round' THEN p_type IN ('number', 'integer') AND v_new ~ '^(-?[1-6]|0)$'
            WHEN 'trunc' THEN p_type IN ('date', 'datetime') AND v_new IN ('year', 'quarter', 'month', 'week', 'day', 'hour', 'minute')
            WHEN 'prefix' THEN p_type = 'string' AND v_new ~ '^[1-9][0-9]{0,3}$'
            WHEN 'bin' THEN p_type IN ('number', 'integer') AND v_new ~ ('^[1-9][0-9]{0,17}(@' || c_number || ')?$') END, false) THEN
        RETURN false;
    ELSIF p_old = 'keep' THEN
        RETURN true;
    ELSIF pg_catalog.split_part(p_old, ':', 1) <> v_kind THEN
        RETURN false;
    END IF;
    RETURN CASE v_kind
        WHEN 'trunc' THEN v_new = v_old OR CASE WHEN v_new = 'week' THEN v_old IN ('day', 'hour', 'minute') WHEN v_old = 'week' THEN false
            ELSE pg_catalog.array_position(ARRAY['year', 'quarter', 'month', 'day', 'hour', 'minute'], v_new)
                <= pg_catalog.array_position(ARRAY['year', 'quarter', 'month', 'day', 'hour', 'minute'], v_old) END
        WHEN 'bin' THEN pg_catalog.split_part(v_new, '@', 1)::bigint % pg_catalog.split_part(v_old, '@', 1)::bigint = 0
            AND COALESCE(NULLIF(pg_catalog.split_part(v_new, '@', 2), ''), '0') = COALESCE(NULLIF(pg_catalog.split_part(v_old, '@', 2), ''), '0')
        ELSE v_new::integer <= v_old::integer END;
END
$$;
