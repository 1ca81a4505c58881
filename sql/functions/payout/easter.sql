-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: Easter Sunday of a year (Gregorian computus of Meeus, Jones and Butcher).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.easter(p_year integer) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a integer := p_year % 19;
    b integer := p_year / 100;
    c integer := p_year % 100;
    h integer := (19 * a + b - b / 4 - (8 * b + 13) / 25 + 15) % 30;
    l integer := (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    n integer := h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
BEGIN
    RETURN pg_catalog.make_date(p_year, n / 31, n % 31 + 1);
END
$$;
