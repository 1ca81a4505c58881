-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what else stands against a submission: the boards decision that some types need, and the return of a lapsed text.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_admission(p_proposal governance.proposal, p_rule jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', e.pointer, 'detail', e.detail)), '[]') FROM (
        SELECT '/type' AS pointer, 'the board must first decide to put this draft forward (a board_decision in force whose policy_text names it in drafts)'
            || CASE WHEN p_proposal.type IN ('entrenched', 'succession') THEN ', with two thirds of its seats' ELSE '' END AS detail
        WHERE p_proposal.type IN ('permit_purpose', 'entrenched', 'succession') AND NOT EXISTS (
            SELECT FROM governance.proposal AS b JOIN governance.proposal_version AS v ON v.proposal_id = b.id AND v.version = b.version
            JOIN governance.tally AS t ON t.proposal_id = b.id
            JOIN governance.roll_head AS h ON h.proposal_id = b.id
            WHERE b.type = 'board_decision' AND b.state = 'in_force' AND v.effect -> 'drafts' ? p_proposal.id::text
              -- Of the seats that were held when the roll was taken: that a holder could not vote makes two thirds no smaller.
              AND (p_proposal.type = 'permit_purpose' OR (t.outcome -> 'totals' ->> 'yes')::bigint * 3 >= 2 * (SELECT pg_catalog.count(*)
                  FROM governance.office_in_force AS o WHERE o.body = 'board' AND o.from_at <= h.taken_at AND o.until_at > h.taken_at)))
        UNION ALL
        SELECT '/effect', 'a text on this subject has lapsed and come back once already'
        WHERE (SELECT pg_catalog.count(*) FROM governance.proposal AS l JOIN governance.proposal_version AS lv ON lv.proposal_id = l.id AND lv.version = l.version
               JOIN governance.proposal_version AS v ON v.proposal_id = p_proposal.id AND v.version = p_proposal.version
               WHERE l.id <> p_proposal.id AND l.state = 'lapsed' AND lv.effect = v.effect AND lv.body_text = v.body_text
                 AND l.state_at + governance.duration('retry_seconds') > pg_catalog.now()) >= 2
    ) AS e;
$$;
