-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the partition that the ballots of one reading are cast into: governance.box_<proposal, 32 digits>_<reading>.
-- Outcomes: none.
-- Locks: governance.ballot_box, exclusive, until the transaction ends.
CREATE OR REPLACE FUNCTION governance.make_box(p_id uuid, p_reading integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name text := 'box_' || pg_catalog.replace(p_id::text, '-', '') || '_' || p_reading;
BEGIN
    EXECUTE pg_catalog.format('CREATE TABLE governance.%I PARTITION OF governance.ballot_box FOR VALUES IN (%L)', v_name, p_id || '/' || p_reading);
    EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.%I FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change()', v_name);
    EXECUTE pg_catalog.format('ALTER TABLE governance.%I ENABLE ALWAYS TRIGGER no_truncate', v_name);
END
$$;
