-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: GOV-A1: what keeps the asset lock is there and at work: the guards of the tables that it rests on, which fire always; the event triggers, which keep those guards
--          where they are; the domain of dispositions, which is closed. G2 compares the words of all of them; this says which of the lock's parts is off.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_lock(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH kept (relation, triggers) AS (VALUES
        ('asset', '{guard,no_delete,no_truncate}'::text[]), ('asset_event', '{append_only,guard,no_truncate}'), ('successor', '{append_only,enacted,no_truncate}'),
        ('proposal', '{guard,guard_new,no_delete,no_truncate}'), ('proposal_version', '{append_only,no_truncate}'), ('proposal_event', '{append_only,no_truncate}'),
        ('rule_version', '{append_only,enacted,guard,no_truncate}'), ('bylaw_version', '{append_only,enacted,guard,no_truncate}'), ('charter', '{append_only,no_truncate}'),
        ('bootstrap_end', '{append_only,no_truncate}'), ('roll_head', '{append_only,guard,no_truncate}'), ('roll', '{guard,no_delete,no_truncate}'), ('named_vote', '{append_only,guard,no_truncate}'),
        ('ballot', '{append_only,guard,no_truncate}'), ('ballot_box', '{append_only,no_truncate}'), ('opened_choice', '{append_only,guard,no_truncate,opening}'),
        ('opened_merged', '{append_only,no_truncate,opening}'), ('spoiled_ballot', '{append_only,no_truncate,opening}'), ('merged_box', '{append_only,no_truncate,opening}'),
        ('steward_key', '{guard,no_delete,no_truncate}'), ('tally', '{append_only,guard,no_truncate}'), ('office', '{append_only,enacted,guard,no_truncate}'),
        ('office_end', '{append_only,enacted,no_truncate}'))
    SELECT 'trigger', 'governance.' || k.relation || ' ' || n.name, 'state', 'always', CASE t.tgenabled WHEN 'O' THEN 'not in replica mode' WHEN 'R' THEN 'in replica mode alone' WHEN 'D' THEN 'disabled' ELSE 'none' END,
        'a guard of the asset lock is off: what was written meanwhile was not looked at'
    FROM kept AS k CROSS JOIN LATERAL pg_catalog.unnest(k.triggers) AS n (name)
    LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = pg_catalog.to_regclass('governance.' || k.relation) AND t.tgname = n.name AND NOT t.tgisinternal
    WHERE t.tgenabled IS DISTINCT FROM 'A'
    UNION ALL
    SELECT 'event trigger', n.name, 'state', 'always', CASE t.evtenabled WHEN 'O' THEN 'not in replica mode' WHEN 'R' THEN 'in replica mode alone' WHEN 'D' THEN 'disabled' ELSE 'none' END,
        'schema governance can be changed without commonhold migrate: run it as a superuser, and see what was changed meanwhile'
    FROM (VALUES ('commonhold_boxes'), ('commonhold_ddl'), ('commonhold_drop')) AS n (name) LEFT JOIN pg_catalog.pg_event_trigger AS t ON t.evtname = n.name
    WHERE t.evtenabled IS DISTINCT FROM 'A'
    UNION ALL
    SELECT 'type', 'governance.asset_disposition', 'values', 'held licensed_only succeeded', x.found, 'dispositions are closed: there is no value for sold, pledged or privatised'
    FROM (SELECT COALESCE(pg_catalog.string_agg(m.word[1], ' ' ORDER BY m.word[1] COLLATE "C"), 'any') AS found FROM pg_catalog.pg_constraint AS c
          CROSS JOIN LATERAL pg_catalog.regexp_matches(pg_catalog.pg_get_constraintdef(c.oid), '''([^'']*)''', 'g') AS m (word)
          WHERE c.contypid = pg_catalog.to_regtype('governance.asset_disposition')) AS x
    WHERE x.found <> 'held licensed_only succeeded';
$$;
