-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps what a batch of ballots opened to: p_opened [[hash, key, choice]], p_spoiled [hash], bytes in hex. What is kept already stays; each is
--          held against its commitment by the table itself.
-- Outcomes: ok; stale when the vote is not closed any more.
-- Locks: those of governance.begin_opening.
CREATE OR REPLACE FUNCTION governance.store_opened(p_id uuid, p_reading integer, p_opened jsonb, p_spoiled jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_refusal log.answer := governance.begin_opening(p_id, p_reading, p_spoiled);
    v_box text := p_id || '/' || p_reading;
BEGIN
    IF v_refusal.outcome IS NOT NULL THEN
        RETURN v_refusal;
    END IF;
    INSERT INTO governance.opened_choice (box, record_sha256, key, choice)
    SELECT v_box, pg_catalog.decode(o.value ->> 0, 'hex'), pg_catalog.decode(o.value ->> 1, 'hex'), o.value ->> 2
    FROM pg_catalog.jsonb_array_elements(p_opened) AS o ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', '{}');
END
$$;
