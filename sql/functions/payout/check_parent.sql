-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: behind each statement that adds rows: what they belong to is there. For tables of many rows whose parents never change and are never deleted: there a foreign
--          key, which asks and locks for each row, holds no more than this. Arguments: the table of the parents, their column, the column here.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_parent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_missing boolean;
BEGIN
    EXECUTE pg_catalog.format('SELECT EXISTS (SELECT FROM (SELECT DISTINCT %I AS id FROM added) AS a WHERE NOT EXISTS (SELECT FROM payout.%I AS p WHERE p.%I = a.id))',
        TG_ARGV[2], TG_ARGV[0], TG_ARGV[1]) INTO v_missing;
    IF v_missing THEN
        RAISE EXCEPTION 'a row of payout.% belongs to no row of payout.%', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
