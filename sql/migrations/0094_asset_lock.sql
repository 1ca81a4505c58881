-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The asset lock, whole: successors, the one way an asset is passed on, and guards that believe no row that another row cannot vouch for. What the
-- guards ask is in governance.judge_lock, governance.keeps_lock and governance.recount; event triggers (sql/event_triggers.sql) keep it there.
-- Behind it: dues that lapse by the clock, and voices of the conduct panel.
-- needs: functions/governance/dues_until.sql
SET LOCAL ROLE ch_governance_owner;

CREATE TABLE governance.successor (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    registration text NOT NULL,
    asset_locked boolean NOT NULL CONSTRAINT successor_locked CHECK (asset_locked),
    non_profit boolean NOT NULL CONSTRAINT successor_non_profit CHECK (non_profit),
    proposal_id uuid NOT NULL UNIQUE REFERENCES governance.proposal,
    at timestamptz NOT NULL
);
COMMENT ON TABLE governance.successor IS 'to whom a succession in force passed an asset: another trust whose assets are locked and which distributes no profit';
COMMENT ON COLUMN governance.successor.registration IS 'register and number it is found under';

ALTER TABLE governance.asset ADD COLUMN successor_id uuid REFERENCES governance.successor,
    ADD CONSTRAINT asset_succeeded CHECK ((disposition = 'succeeded') = (successor_id IS NOT NULL));
COMMENT ON COLUMN governance.asset.successor_id IS 'who holds it now; NULL: the trust';

-- A proposal moves along state_move only, now, by one state at a time; what was frozen stays; a vote is closed late, never early; cooling is sat out;
-- each reading has its number. Nothing carries or comes into force without a tally that the recount confirms.
CREATE OR REPLACE FUNCTION governance.guard_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.type <> OLD.type OR NEW.author IS DISTINCT FROM OLD.author OR NEW.created_at <> OLD.created_at
       OR (OLD.rule IS NOT NULL AND (NEW.rule, NEW.rule_type, NEW.rule_version) IS DISTINCT FROM (OLD.rule, OLD.rule_type, OLD.rule_version))
       OR (OLD.proposal_sha256 IS NOT NULL AND (NEW.version, NEW.subject, NEW.text_sha256, NEW.effect_sha256, NEW.rule_sha256, NEW.proposal_sha256)
            IS DISTINCT FROM (OLD.version, OLD.subject, OLD.text_sha256, OLD.effect_sha256, OLD.rule_sha256, OLD.proposal_sha256)) THEN
        RAISE EXCEPTION 'governance.proposal: % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.rule IS NULL AND NEW.rule IS NOT NULL AND NOT EXISTS (SELECT FROM governance.rule_version AS r
            WHERE r.type = NEW.rule_type AND r.version = NEW.rule_version AND r.rule = NEW.rule) THEN
        RAISE EXCEPTION 'governance.proposal: % has a rule row that is not in force', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        IF (OLD.state = 'voting' AND NEW IS DISTINCT FROM OLD)
           OR (NEW.state_at, NEW.reading, NEW.in_force_at) IS DISTINCT FROM (OLD.state_at, OLD.reading, OLD.in_force_at) THEN
            RAISE EXCEPTION 'governance.proposal: nothing changes while votes are cast, and a time or a reading with the state alone'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM governance.state_move AS m WHERE m.from_state = OLD.state AND m.to_state = NEW.state)
       OR NEW.state_at NOT BETWEEN pg_catalog.now() AND pg_catalog.clock_timestamp()
       OR NEW.reading <> OLD.reading + (NEW.state = 'second_reading')::integer THEN
        RAISE EXCEPTION 'governance.proposal: no move from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'closed' AND pg_catalog.clock_timestamp() < OLD.closes_at
       AND (OLD.rule_type <> 'board_decision' OR EXISTS (SELECT FROM governance.roll AS r
                WHERE r.proposal_id = OLD.id AND r.reading = OLD.reading AND NOT r.voted)) THEN
        RAISE EXCEPTION 'governance.proposal: voting on % is open', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'cooling' AND NEW.state <> 'annulled'
       AND (governance.add_seconds(OLD.state_at, OLD.rule, 'cooling_seconds') > pg_catalog.clock_timestamp()
            OR (NEW.state = 'in_force') <> (OLD.reading >= (OLD.rule ->> 'readings')::integer)) THEN
        RAISE EXCEPTION 'governance.proposal: % is cooling, or a reading remains', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IN ('carried', 'in_force') AND governance.recount(OLD.id) IS DISTINCT FROM 'carried' THEN
        RAISE EXCEPTION 'governance.proposal: the votes on % do not carry it', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- A roll is taken, and a tally stored, at their own time: nobody dates them back to have sat out a cooling.
CREATE FUNCTION governance.guard_reading() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF COALESCE((pg_catalog.to_jsonb(NEW) ->> TG_ARGV[0])::timestamptz, 'infinity') BETWEEN pg_catalog.now() AND pg_catalog.clock_timestamp()
       AND EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = NEW.proposal_id AND p.reading = NEW.reading AND p.state = ANY (TG_ARGV[1]::text[])) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.%: not the time for reading % of %', TG_TABLE_NAME, NEW.reading, NEW.proposal_id USING ERRCODE = 'check_violation';
END
$$;

-- Rule rows: what the vote wrote, and nothing else. Those that protect the asset lock have floors no vote lowers, and change by an entrenched
-- proposal that would pass as a succession does.
CREATE OR REPLACE FUNCTION governance.guard_rule() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.proposal_id IS NOT NULL AND governance.effect_of(NEW.proposal_id) -> 'rule' IS DISTINCT FROM NEW.rule THEN
        RAISE EXCEPTION 'governance.rule_version: this is not the row that was voted on' USING ERRCODE = 'check_violation';
    ELSIF NEW.type IN ('entrenched', 'succession') AND (NOT governance.keeps_lock(NEW.rule)
            OR (NEW.proposal_id IS NOT NULL AND governance.judge_lock(NEW.proposal_id, 'entrenched') IS NOT NULL)) THEN
        RAISE EXCEPTION 'governance.rule_version: % is under the floor of the asset lock, or was not voted on under it', NEW.type
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION governance.guard_bylaw() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_before boolean := (SELECT b.entrenched FROM governance.bylaw_version AS b WHERE b.clause = NEW.clause ORDER BY b.version DESC LIMIT 1);
    v_effect jsonb := governance.effect_of(NEW.proposal_id);
BEGIN
    IF NEW.proposal_id IS NOT NULL AND (v_effect ->> 'clause', v_effect ->> 'title', v_effect ->> 'text', (v_effect ->> 'entrenched')::boolean)
            IS DISTINCT FROM (NEW.clause, NEW.title, NEW.body_text, NEW.entrenched) THEN
        RAISE EXCEPTION 'governance.bylaw_version: this is not the text that was voted on' USING ERRCODE = 'check_violation';
    ELSIF NEW.proposal_id IS NOT NULL AND (COALESCE(v_before, false) OR NEW.entrenched) AND governance.judge_lock(NEW.proposal_id, 'entrenched') IS NOT NULL THEN
        RAISE EXCEPTION 'governance.bylaw_version: clause % is entrenched', NEW.clause USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- The asset lock. An asset is never taken off the register; its id, reference, kind, title, provenance and checksum never change. Its
-- disposition follows an asset_register effect in force; 'succeeded' is reached only by a succession that names this asset and this successor and
-- passes governance.judge_lock, and it is final.
CREATE OR REPLACE FUNCTION governance.guard_asset() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_effect jsonb := governance.effect_of(NEW.proposal_id);
    v_why text;
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.disposition = 'succeeded'
            OR (NEW.id, NEW.ref, NEW.kind, NEW.title, NEW.provenance, NEW.sha256, NEW.registered_at)
               IS DISTINCT FROM (OLD.id, OLD.ref, OLD.kind, OLD.title, OLD.provenance, OLD.sha256, OLD.registered_at)) THEN
        RAISE EXCEPTION 'governance.asset: % is held in trust', OLD.ref USING ERRCODE = 'restrict_violation';
    ELSIF NEW.disposition = 'succeeded' THEN
        v_why := CASE WHEN TG_OP = 'INSERT' THEN 'it is not on the register'
            WHEN v_effect ->> 'schema' IS DISTINCT FROM 'asset_succession' OR v_effect ->> 'ref' <> NEW.ref THEN 'no succession names it'
            WHEN NOT EXISTS (SELECT FROM governance.successor AS s WHERE s.id = NEW.successor_id AND s.proposal_id = NEW.proposal_id AND s.asset_locked
                    AND s.non_profit AND v_effect -> 'successor' = pg_catalog.to_jsonb(s) - 'id' - 'proposal_id' - 'at') THEN 'it goes to another than was voted'
            ELSE governance.judge_lock(NEW.proposal_id, 'succession') END;
        IF v_why IS NOT NULL THEN
            RAISE EXCEPTION 'governance.asset: % is passed on by a succession only: %', NEW.ref, v_why USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    ELSIF NEW.proposal_id IS NULL AND TG_OP = 'INSERT' AND EXISTS (SELECT FROM governance.charter WHERE founded_at = pg_catalog.now()) THEN
        RETURN NEW;
    ELSIF v_effect ->> 'schema' = 'asset_register' AND v_effect ->> 'ref' = NEW.ref AND v_effect ->> 'kind' = NEW.kind AND v_effect ->> 'disposition' = NEW.disposition
          AND EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = NEW.proposal_id AND p.state = 'in_force' AND p.in_force_at = pg_catalog.now() AND p.type = 'policy') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.asset: no policy in force registers % as %', NEW.ref, NEW.disposition USING ERRCODE = 'restrict_violation';
END
$$;

-- The history of an asset tells what the register says, when it begins to say it.
CREATE FUNCTION governance.guard_asset_event() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.at = pg_catalog.now() AND EXISTS (SELECT FROM governance.asset AS a WHERE a.id = NEW.asset_id AND a.disposition = NEW.disposition
            AND a.proposal_id IS NOT DISTINCT FROM NEW.proposal_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.asset_event: the register does not say so' USING ERRCODE = 'check_violation';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.successor FOR EACH ROW EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.successor FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER enacted BEFORE INSERT ON governance.successor FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{asset_succession}');
CREATE TRIGGER guard BEFORE INSERT ON governance.asset_event FOR EACH ROW EXECUTE FUNCTION governance.guard_asset_event();
CREATE TRIGGER guard BEFORE INSERT ON governance.roll_head FOR EACH ROW EXECUTE FUNCTION governance.guard_reading('taken_at', '{frozen,second_reading}');
CREATE TRIGGER guard BEFORE INSERT ON governance.tally FOR EACH ROW EXECUTE FUNCTION governance.guard_reading('at', '{closed}');
DO $$
DECLARE
    v_trigger record;
BEGIN
    FOR v_trigger IN SELECT t.tgname, t.tgrelid::pg_catalog.regclass AS table_name FROM pg_catalog.pg_trigger AS t
                     WHERE t.tgrelid = ANY ('{governance.successor,governance.asset_event,governance.roll_head,governance.tally}'::pg_catalog.regclass[])
                       AND NOT t.tgisinternal AND t.tgenabled <> 'A' LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', v_trigger.table_name, v_trigger.tgname);
    END LOOP;
END
$$;

-- The register tells who holds what has been passed on.
CREATE OR REPLACE VIEW governance.asset_register AS
    SELECT a.id, a.ref, a.kind, a.title, a.provenance, a.sha256::text AS sha256, a.disposition::text AS disposition, a.registered_at,
           (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('disposition', e.disposition, 'at', log.time_text(e.at),
                'origin', COALESCE(e.proposal_id::text, 'charter')) ORDER BY e.seq) FROM governance.asset_event AS e WHERE e.asset_id = a.id) AS history,
           (SELECT pg_catalog.jsonb_build_object('id', s.id, 'name', s.name, 'country', s.country, 'registration', s.registration)
            FROM governance.successor AS s WHERE s.id = a.successor_id) AS successor
    FROM governance.asset AS a;

-- ---- members: dues, and what officers and the conduct panel do ----

CREATE TABLE governance.dues_watch (
    member_id uuid PRIMARY KEY REFERENCES governance.member,
    at timestamptz NOT NULL
);
CREATE INDEX dues_watch_at ON governance.dues_watch (at);
COMMENT ON TABLE governance.dues_watch IS 'where dues are owed: when each active member lapses, at the end of what is covered and of the grace behind it';

CREATE TABLE governance.conduct_voice (
    member_id uuid NOT NULL REFERENCES governance.member,
    seq integer NOT NULL CHECK (seq > 0),
    act text NOT NULL CHECK (act IN ('suspend', 'reinstate')),
    seat text NOT NULL,
    by_member uuid NOT NULL REFERENCES governance.member,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (member_id, seq, act, seat),
    CHECK (by_member <> member_id)
);
COMMENT ON TABLE governance.conduct_voice IS 'who of the conduct panel wants a member suspended or reinstated: two that agree do it';
COMMENT ON COLUMN governance.conduct_voice.seq IS 'of the standing it is about: a voice counts for that one alone';

-- Whose dues ran out is told so at once, and lapses with the clock's next look.
CREATE OR REPLACE VIEW governance.member_eligibility AS
    SELECT n.member_id, n.class, n.standing, n.since_at, n.observer,
           CASE WHEN n.standing <> 'active' THEN 'not_active'
                WHEN n.observer THEN 'observer'
                WHEN NOT n.founder AND n.class_from_at + (c.doc -> 'durations' ->> 'min_tenure_seconds')::bigint * interval '1 second'
                     > pg_catalog.clock_timestamp() THEN 'min_tenure'
                WHEN EXISTS (SELECT FROM governance.dues_watch AS w WHERE w.member_id = n.member_id AND w.at <= pg_catalog.clock_timestamp()) THEN 'dues'
           END AS ineligible
    FROM governance.member_now AS n CROSS JOIN governance.charter AS c;

-- Whoever is active again, or has paid, is looked at when that runs out.
CREATE FUNCTION governance.watch_dues() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (SELECT (c.doc -> 'dues' -> 'amount' ->> 'minor')::bigint > 0 FROM governance.charter AS c)
       AND (TG_TABLE_NAME = 'dues' OR pg_catalog.to_jsonb(NEW) ->> 'standing' = 'active') THEN
        INSERT INTO governance.dues_watch (member_id, at) VALUES (NEW.member_id, governance.dues_until(NEW.member_id))
        ON CONFLICT (member_id) DO UPDATE SET at = excluded.at;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER watch AFTER INSERT ON governance.standing FOR EACH ROW EXECUTE FUNCTION governance.watch_dues();
CREATE TRIGGER watch AFTER INSERT ON governance.dues FOR EACH ROW EXECUTE FUNCTION governance.watch_dues();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.conduct_voice FOR EACH ROW EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.conduct_voice FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
ALTER TABLE governance.conduct_voice ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER no_truncate;
ALTER TABLE governance.standing ENABLE ALWAYS TRIGGER watch;
ALTER TABLE governance.dues ENABLE ALWAYS TRIGGER watch;
INSERT INTO governance.dues_watch (member_id, at)
SELECT m.member_id, governance.dues_until(m.member_id) FROM governance.member_now AS m CROSS JOIN governance.charter AS c
WHERE m.standing = 'active' AND (c.doc -> 'dues' -> 'amount' ->> 'minor')::bigint > 0;
RESET ROLE;
