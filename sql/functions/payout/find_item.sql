-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the item with an id in one of the sorted arrays of a run's stored inputs, whose items stand from byte p_from to before p_to and all
--          begin with p_head. The document is read at a few places only, by halving.
-- Outcomes: NULL when there is none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.find_item(p_sha256 text, p_from bigint, p_to bigint, p_head text, p_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_low bigint := p_from;
    v_high bigint := p_to;
    v_middle bigint;
    v_room integer := 2048;
    v_at integer;
    v_text text;
    v_id text;
BEGIN
    -- An item begins at v_low and one ends before v_high; the id wanted is between.
    WHILE v_high - v_low > 2 * v_room LOOP
        v_middle := v_low + (v_high - v_low) / 2;
        v_text := pg_catalog.convert_from(payout.read_document(p_sha256, v_middle, LEAST(v_room, v_high - v_middle)::integer), 'UTF8');
        v_at := pg_catalog.strpos(v_text, ',' || p_head);
        v_id := CASE WHEN v_at > 0 THEN pg_catalog.substring(pg_catalog.substr(v_text, v_at), '"id":"([^"]*)"') END;
        IF v_id IS NULL THEN
            v_room := 2 * v_room;
        ELSIF v_id COLLATE "C" > p_id THEN
            v_high := v_middle + v_at - 1;
        ELSE
            v_low := v_middle + v_at;
        END IF;
    END LOOP;
    v_text := pg_catalog.convert_from(payout.read_document(p_sha256, v_low, (v_high - v_low)::integer), 'UTF8');
    RETURN (SELECT e FROM pg_catalog.jsonb_array_elements(('[' || v_text || ']')::jsonb) AS e WHERE e->>'id' = p_id);
END
$$;
