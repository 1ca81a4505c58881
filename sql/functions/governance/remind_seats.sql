-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: at three quarters of the time of a council case or of an appeals panel, reminds the seats that have not voted, once.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.remind_seats() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_from timestamptz := pg_catalog.clock_timestamp() + governance.duration('council_case_seconds') / 4;
BEGIN
    PERFORM governance.notify_members(ARRAY(SELECT v.member_id FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name
            AND v.choice IS NULL AND v.conflict IS NULL), 'case ' || c.id, CASE c.body_name WHEN 'board' THEN 'case_due_2' ELSE 'case_due' END,
        pg_catalog.jsonb_build_object('case_id', c.id, 'closes_at', log.time_text(c.closes_at)))
    FROM governance.council_case AS c WHERE c.state = 'open' AND c.closes_at <= v_from;
    PERFORM governance.notify_members(ARRAY(SELECT s.member_id FROM governance.panel_of(a.id) AS s WHERE s.choice IS NULL),
        'appeal ' || a.id || '/' || a.round, 'case_due', pg_catalog.jsonb_build_object('appeal_id', a.id, 'closes_at', log.time_text(a.closes_at)))
    FROM governance.panel_case AS a WHERE a.state = 'panel' AND a.closes_at <= v_from;
END
$$;
