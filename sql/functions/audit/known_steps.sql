-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the matrix of licensing.md section 9 as the auditor knows it, so that an edited row of licensing.step changes nothing here. Behind
--          it the beginnings, and the revocation of a token, which raises the epoch alone.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.known_steps() RETURNS TABLE (object text, before text, command text, who text, after text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.object, s.before, pg_catalog.split_part(c.step, ' ', 1), pg_catalog.split_part(c.step, ' ', 2), a.after
    FROM (VALUES
        ('application', '', 'create AHYS>draft'),
        ('application', 'draft', 'edit AO>draft, copy_from A>draft, invite A>draft, submit A>screening, withdraw A>withdrawn, lapse Y>lapsed'),
        ('application', 'screening', 'match Y>screening, ask H>returned, refer HY>council_review, offer YH>offered, refuse Y>refused, withdraw A>withdrawn'),
        ('application', 'returned', 'edit AO>returned, submit A>screening, withdraw A>withdrawn, lapse Y>lapsed'),
        ('application', 'council_review', 'declare_conflict C>council_review, vote C>council_review, ask C>returned, decide Y>offered|refused, '
            || 'escalate Y>council_review, withdraw A>withdrawn'),
        ('application', 'offered', 'accept S>agreed, decline AS>withdrawn, rescind HY>screening, lapse Y>lapsed'),
        ('application', 'refused', 'appeal A>appealed'),
        ('application', 'appealed', 'uphold P>refused, reverse P>screening'),
        ('application', 'agreed', 'copy_from A>agreed'),
        ('application', 'withdrawn', 'copy_from A>withdrawn'),
        ('application', 'lapsed', 'copy_from A>lapsed'),
        ('grant', '', 'create Y>pending'),
        ('grant', 'pending', 'activate Y>active, waive_fee T>pending, cancel S>closed, lapse Y>expired'),
        ('grant', 'active', 'suspend BY>suspended, report A>active, renew A>active, acknowledge A>active, close S>closed, revoke B>revoked, expire Y>expired'),
        ('grant', 'suspended', 'resume BY>active, acknowledge A>suspended, close S>closed, revoke B>revoked, expire Y>expired'),
        ('grant', 'revoked', 'appeal S>revoked, reinstate P>active')) AS s (object, before, steps)
    CROSS JOIN LATERAL (SELECT s.object) AS o
    CROSS JOIN LATERAL pg_catalog.regexp_split_to_table(s.steps, ', ') AS w (word)
    CROSS JOIN LATERAL (SELECT pg_catalog.split_part(w.word, '>', 1)) AS c (step)
    CROSS JOIN LATERAL pg_catalog.regexp_split_to_table(pg_catalog.split_part(w.word, '>', 2), '[|]') AS a (after)
    UNION ALL
    SELECT 'grant', g.state, 'revoke_token', 'A', g.state FROM (VALUES ('pending'), ('active'), ('suspended'), ('closed'), ('revoked'), ('expired')) AS g (state);
$$;
