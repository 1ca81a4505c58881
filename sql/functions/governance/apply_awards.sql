-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives each project that a budget round selected its cost out of the round's fund, and tells every project what became of it. What a founding board
--          decided on has no ranking: the pot pays for what it can.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.apply_awards(p_id uuid, p_effect jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_selected jsonb := COALESCE((SELECT t.result -> 'selected' FROM governance.tally AS t WHERE t.proposal_id = p_id), governance.affordable(p_effect));
    v_project jsonb;
BEGIN
    FOR v_project IN SELECT x FROM pg_catalog.jsonb_array_elements(p_effect -> 'projects') AS x LOOP
        IF v_selected @> (v_project -> 'number') THEN
            INSERT INTO governance.budget_award (id, proposal_id, project_id, account, minor, currency, from_at, until_at)
            VALUES (log.new_id(), p_id, (v_project ->> 'project_id')::uuid, p_effect ->> 'account', (v_project ->> 'cost')::bigint, p_effect -> 'pot' ->> 'currency',
                pg_catalog.now(), (p_effect ->> 'until')::timestamptz);
        END IF;
        PERFORM governance.write_project_event((v_project ->> 'project_id')::uuid, CASE WHEN v_selected @> (v_project -> 'number') THEN 'selected' ELSE 'not_selected' END,
            NULL, NULL, p_id);
    END LOOP;
    PERFORM log.append_leaf('rule', 'budget:' || a.id, governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('id', a.id, 'project_id', a.project_id,
            'account', a.account, 'minor', a.minor, 'currency', a.currency, 'from', log.time_text(a.from_at), 'until', log.time_text(a.until_at), 'proposal', p_id))),
        pg_catalog.jsonb_build_object('version', 1, 'proposal', p_id))
    FROM governance.budget_award AS a WHERE a.proposal_id = p_id ORDER BY a.id;
END
$$;
