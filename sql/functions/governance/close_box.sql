-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: empties a box at the close: its ballots, in the order of their hashes, go into governance.ballot, and its partition goes. What could link
--          them to those who cast them (transaction, place in the heap) goes with it.
-- Outcomes: none.
-- Locks: the caller has the proposal, exclusive; governance.ballot_box, exclusive, from the drop until the transaction ends: nobody casts in any vote
--        then, so the caller has done all else before.
CREATE OR REPLACE FUNCTION governance.close_box(p_id uuid, p_reading integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_box text := p_id || '/' || p_reading;
BEGIN
    INSERT INTO governance.ballot (box, record_sha256, record)
    SELECT b.box, b.record_sha256, b.record FROM governance.ballot_box AS b WHERE b.box = v_box ORDER BY b.record_sha256;
    IF EXISTS (SELECT FROM governance.ballot_box AS b WHERE b.box = v_box AND NOT EXISTS (
                   SELECT FROM governance.ballot AS c WHERE c.box = b.box AND c.record_sha256 = b.record_sha256)) THEN
        RAISE EXCEPTION 'governance.close_box: not all ballots of % were copied', v_box USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE pg_catalog.format('DROP TABLE governance.%I', 'box_' || pg_catalog.replace(p_id::text, '-', '') || '_' || p_reading);
END
$$;
