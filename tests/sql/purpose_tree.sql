-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The DPV trap, attacked by a changed purposes.csv and by changed rows: each time migrate's own function must refuse. Runs on a migrated
-- database, leaves nothing.
CREATE FUNCTION pg_temp.check_that(p_holds boolean, p_name text) RETURNS text LANGUAGE sql AS
$$ SELECT CASE WHEN p_holds THEN 'ok - purposes: ' ELSE 'not ok - purposes: ' END || p_name $$;
-- The file as it would have to be for the rows there are.
CREATE FUNCTION pg_temp.file() RETURNS text LANGUAGE sql AS
$$ SELECT E'code,parents,assignable,default_tier,match,dpv,duo\n' || string_agg(concat_ws(',', p.code,
    COALESCE((SELECT string_agg(e.parent, ' ' ORDER BY e.parent) FROM licensing.purpose_edge AS e WHERE e.child = p.code), ''),
    CASE WHEN p.assignable THEN 'yes' ELSE 'no' END, p.default_tier, p.match, array_to_string(p.dpv, ' '), COALESCE(p.duo, '')), E'\n' ORDER BY p.position)
   FROM licensing.purpose AS p $$;
-- What migrate says to a file; '' when it takes it. What it stored is rolled back.
CREATE FUNCTION pg_temp.load(p_csv text) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN
    PERFORM licensing.load_reference('purposes', p_csv);
    RAISE EXCEPTION 'taken' USING ERRCODE = 'P0001';
EXCEPTION WHEN OTHERS THEN RETURN CASE WHEN SQLSTATE = 'P0001' THEN '' ELSE SQLERRM END; END $$;
CREATE FUNCTION pg_temp.rows(p_change text) RETURNS text LANGUAGE plpgsql AS
$$ DECLARE v_file text := (SELECT f FROM pg_temp.file() AS f);
BEGIN
    INSERT INTO licensing.reference_version (name, version, sha256)
    SELECT 'purposes', max(version) + 1, encode(sha256(convert_to(v_file, 'UTF8')), 'hex') FROM licensing.reference_version WHERE name = 'purposes';
    PERFORM licensing.load_reference('purposes', v_file); -- the file is the one loaded last
    EXECUTE p_change;
    PERFORM licensing.load_reference('purposes', v_file);
    RAISE EXCEPTION 'taken' USING ERRCODE = 'P0001';
EXCEPTION WHEN OTHERS THEN RETURN CASE WHEN SQLSTATE = 'P0001' THEN '' ELSE SQLERRM END; END $$;
SET client_min_messages = warning;
BEGIN;

SELECT pg_temp.check_that(pg_temp.load(pg_temp.file()) = '', 'the list itself is taken');
SELECT pg_temp.check_that(pg_temp.load(pg_temp.file() || E'\nPG.RIVERS,PG,yes,free,own,,') = '', 'a new code is taken');
SELECT pg_temp.check_that(pg_temp.load(replace(pg_temp.file(), E'\nX.SECURITY,X,', E'\nX.SECURITY,PG X,')) LIKE '%X.SECURITY descends from PG and also%',
    'X.SECURITY below PG too');
SELECT pg_temp.check_that(pg_temp.load(replace(pg_temp.file(), E'\nRES.COM,COM RES,', E'\nRES.COM,COM PG RES,')) LIKE '%RES.COM descends from PG and also%',
    'commercial research below PG too');
SELECT pg_temp.check_that(pg_temp.load(replace(pg_temp.file(), E'\nX,ANY,', E'\nX,ANY PG,')) LIKE '%descends from PG and also%', 'all of X below PG');
SELECT pg_temp.check_that(pg_temp.load(pg_temp.file() || E'\nPG.SAFETY,PG,yes,free,exact,dpv:ProtectionOfPublicSecurity,') LIKE '%PG.SAFETY sits below PG%',
    'a new code for a security IRI below PG');
SELECT pg_temp.check_that(pg_temp.load(pg_temp.file() || E'\nPG.SAFETY,PG,no,free,own,,\nPG.SAFETY.A,PG.SAFETY,yes,free,related,ai:Other dpv:Counterterrorism,')
    LIKE '%PG.SAFETY.A sits below PG%', 'the same two levels down, and only related');
SELECT pg_temp.check_that(pg_temp.load(pg_temp.file() || E'\nPG.SAFETY,PG,yes,free,exact,https://w3id.org/dpv#Counterterrorism,') LIKE '%not written with a known prefix%',
    'the same IRI written out');
SELECT pg_temp.check_that(pg_temp.load(pg_temp.file() || E'\nPG.SAFETY,PG,yes,free,exact,DPV:Counterterrorism,') LIKE '%not written with a known prefix%',
    'the same IRI with another prefix');
SELECT pg_temp.check_that(pg_temp.load(pg_temp.file() || E'\nPG.AIR,PG,yes,free,exact,dpv:Marketing,') LIKE '%exact match of two codes%',
    'an IRI that would map to a free code and a commercial one');
SELECT pg_temp.check_that(pg_temp.load(replace(pg_temp.file(), E'\nX.WORK,X,', E'\nX.WORKERS,X,')) LIKE '%X.WORK is missing%', 'a code taken out');
SELECT pg_temp.check_that(pg_temp.load(replace(pg_temp.file(), E'\nCOM,ANY,', E'\nCOM,ANY COM.AI,')) LIKE '%is its own ancestor%', 'a cycle');

SELECT pg_temp.check_that(pg_temp.rows('SELECT 1') = '', 'untouched rows are taken again');
SELECT pg_temp.check_that(pg_temp.rows($$INSERT INTO licensing.purpose_edge VALUES ('X.SECURITY', 'PG')$$) LIKE '%X.SECURITY descends from PG%', 'an edge slipped in');
SELECT pg_temp.check_that(pg_temp.rows($$UPDATE licensing.purpose SET dpv = dpv || '{dpv:Counterterrorism}' WHERE code = 'PG.STATS'$$)
    LIKE '%PG.STATS sits below PG%', 'an IRI slipped in');
SELECT pg_temp.check_that(pg_temp.rows($$INSERT INTO licensing.purpose_closure VALUES ('PG', 'X.SECURITY')$$) LIKE '%closure%', 'a row of the closure slipped in');
SELECT pg_temp.check_that(pg_temp.rows($$DELETE FROM licensing.purpose_closure WHERE ancestor = 'X' AND code = 'X.ADS'$$) LIKE '%closure%', 'and one taken out');
ROLLBACK;
