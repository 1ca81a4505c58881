-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether {"from","until"} are days, or instants, in order; p_open: until may be null, it goes on.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.is_period(p_value jsonb, p_open boolean) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_form CONSTANT text := '^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$';
BEGIN
    IF COALESCE(p_value ->> 'from' !~ v_form, true) OR NOT p_value ? 'until' THEN
        RETURN false;
    ELSIF p_value ->> 'until' IS NULL THEN
        RETURN p_open AND (p_value ->> 'from')::timestamptz IS NOT NULL;
    END IF;
    RETURN p_value ->> 'until' ~ v_form AND (p_value ->> 'from')::timestamptz <= (p_value ->> 'until')::timestamptz;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
    RETURN false;
END
$$;
