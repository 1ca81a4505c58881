-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the newest checkpoint, and which of the witnesses of the policy (p_vkeys) are to be asked for it now: those that have not cosigned it, each
--          with the size it cosigned last. Witnesses that are not in the policy any more are forgotten.
-- Outcomes: ok with size, root, text and witnesses; not_yet_logged before the first checkpoint.
-- Locks: rows of log.witness.
CREATE OR REPLACE FUNCTION log.due_witnesses(p_origin text, p_vkeys text[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last log.checkpoint;
BEGIN
    DELETE FROM log.witness AS w WHERE w.origin <> p_origin OR w.vkey <> ALL (p_vkeys);
    INSERT INTO log.witness (vkey, origin) SELECT v.vkey, p_origin FROM pg_catalog.unnest(p_vkeys) AS v (vkey) ON CONFLICT DO NOTHING;
    SELECT * INTO v_last FROM log.checkpoint ORDER BY size DESC LIMIT 1;
    IF v_last.size IS NULL THEN
        RETURN log.refusal('not_yet_logged', 'nothing has been signed yet');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('size', v_last.size, 'root', pg_catalog.encode(v_last.root, 'hex'), 'text', v_last.text,
        'witnesses', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('vkey', w.vkey, 'size', w.size)), '[]')
                      FROM log.witness AS w WHERE w.size < v_last.size AND w.next_at <= pg_catalog.clock_timestamp())));
END
$$;
