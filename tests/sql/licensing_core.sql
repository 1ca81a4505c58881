-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Licensing's own rows: the tree and its trap, identifiers of pool tables, append-only tables, agreements and grants that the
-- constraints refuse. Runs on a migrated database, leaves nothing.
CREATE FUNCTION pg_temp.check_that(p_holds boolean, p_name text) RETURNS text LANGUAGE sql AS
$$ SELECT CASE WHEN p_holds THEN 'ok - licensing: ' ELSE 'not ok - licensing: ' END || p_name $$;
CREATE FUNCTION pg_temp.refused(p_text text) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN EXECUTE p_text; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$;
SET client_min_messages = warning;
BEGIN;

SELECT pg_temp.check_that((SELECT pg_catalog.count(*) = 26 FROM licensing.purpose), '25 codes and the grouping node');
SELECT pg_temp.check_that((SELECT pg_catalog.array_agg(ancestor ORDER BY ancestor) = ARRAY['ANY', 'COM', 'COM.MARKETING', 'X', 'X.ADS']
    FROM licensing.purpose_below WHERE code = 'X.ADS'), 'a code lies below all its parents');
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM licensing.purpose_below AS b JOIN licensing.purpose AS p USING (code)
    WHERE b.ancestor = 'PG' AND p.code ~ '^X'), 'nothing of X is a public good');
SAVEPOINT trap;
INSERT INTO licensing.purpose_edge VALUES ('X.SECURITY', 'PG');
SELECT pg_temp.check_that(pg_temp.refused('SELECT licensing.check_purpose_tree()') = '23514', 'surveillance below PG is refused');
ROLLBACK TO trap;
INSERT INTO licensing.purpose_edge VALUES ('RES.COM', 'PG');
SELECT pg_temp.check_that(pg_temp.refused('SELECT licensing.check_purpose_tree()') = '23514', 'PG and COM at once is refused');
ROLLBACK TO trap;
INSERT INTO licensing.purpose_edge VALUES ('ANY', 'PG');
SELECT pg_temp.check_that(pg_temp.refused('SELECT licensing.check_purpose_tree()') = '23514', 'a cycle is refused');
ROLLBACK TO trap;
SELECT pg_temp.check_that(pg_temp.refused($$SELECT licensing.load_reference('purposes', E'code,parents,assignable,default_tier,match,dpv,duo\nANY,,no,vote,exact,dpv:Purpose,\n')$$) = '23514',
    'the tree only grows');

SELECT pg_temp.check_that(pooldata.table_name('00000000-0000-0000-0000-000000000000') = 'p_00000000000000000000000000', 'zero');
SELECT pg_temp.check_that(pooldata.table_name('ffffffff-ffff-ffff-ffff-ffffffffffff') = 'p_7zzzzzzzzzzzzzzzzzzzzzzzzz', 'zero bits in front');
SELECT pg_temp.check_that(pg_temp.refused($$SELECT pooldata.make_table(log.new_id(), '[{"name":"a\"; DROP TABLE x; --","type":"string"}]')$$) = '23514', 'a column name with quotes');
SELECT pg_temp.check_that(pg_temp.refused($$SELECT pooldata.make_table(log.new_id(), '[{"name":"row_id","type":"string"}]')$$) = '23514', 'a column of the table''s own');
SELECT pg_temp.check_that(pg_temp.refused($$SELECT pooldata.make_table(log.new_id(), '[{"name":"a","type":"any"}]')$$) = '23514', 'a type outside the list');

SELECT pg_temp.check_that(pg_temp.refused(pg_catalog.format('TRUNCATE licensing.%I CASCADE', t)) = '23514', t || ' cannot be truncated')
FROM pg_catalog.unnest(ARRAY['consent_event', 'evaluation', 'agreement', 'agreement_signature', 'application_event', 'grant_event', 'tombstone', 'step']) AS t;
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM information_schema.table_privileges WHERE table_schema = 'licensing'
    AND grantee IN ('ch_governance', 'ch_licensing', 'ch_metering', 'ch_payout', 'ch_log', 'ch_portal', 'ch_worker', 'ch_audit')
    AND privilege_type <> 'SELECT'), 'no login role writes a table of licensing');
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM information_schema.routine_privileges WHERE specific_schema IN ('licensing', 'pooldata')
    AND grantee = 'PUBLIC'), 'nobody executes by accident');

SELECT pg_temp.check_that((SELECT pg_catalog.count(*) = 51 FROM licensing.step), 'the matrix has its rows');
SELECT pg_temp.check_that(licensing.check_quality('[{"check":"completeness","column":"a","weight":999999}]', '{"fields":[{"name":"a"}]}') <> '[]', 'weights sum to a million');
SELECT pg_temp.check_that(licensing.check_quality('[{"check":"completeness","column":"b","weight":1000000}]', '{"fields":[{"name":"a"}]}') <> '[]', 'checks name columns');
ROLLBACK;
