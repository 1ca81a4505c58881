-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Guards of schema governance (trigger functions belong to the tables they guard) and the views other parts read.
SET LOCAL ROLE ch_governance_owner;

CREATE FUNCTION governance.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'governance.%: rows are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

-- Moves of the standing of a member; the first row is an application, or active for a founder.
CREATE FUNCTION governance.guard_standing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_before text := (SELECT standing FROM governance.standing WHERE member_id = NEW.member_id AND seq = NEW.seq - 1);
BEGIN
    IF (v_before IS NULL AND NEW.seq = 1 AND NEW.standing IN ('applied', 'active'))
       OR (v_before, NEW.standing) IN (('applied', 'active'), ('applied', 'left'), ('active', 'lapsed'), ('lapsed', 'active'),
            ('active', 'suspended'), ('suspended', 'active'), ('left', 'applied'))
       OR (v_before IN ('applied', 'active', 'lapsed', 'suspended') AND NEW.standing IN ('left', 'expelled', 'deceased')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.standing: no move from % to %', COALESCE(v_before, 'nothing'), NEW.standing USING ERRCODE = 'check_violation';
END
$$;

-- Erasure is the only change of a person, besides whether the name is shown on rolls.
CREATE FUNCTION governance.guard_person() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.member_id = OLD.member_id AND NEW.key_id = OLD.key_id AND OLD.erased_at IS NULL
       AND (NEW.erased_at IS NOT NULL
            OR (NEW.wrapped_key, NEW.display_name, NEW.email, NEW.email_hash) = (OLD.wrapped_key, OLD.display_name, OLD.email, OLD.email_hash)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.person: only erasure changes it' USING ERRCODE = 'restrict_violation';
END
$$;

-- A proposal moves along state_move only; what was frozen stays; a vote is closed late, never early; nothing carries or comes into force
-- without a tally that the recount confirms.
CREATE FUNCTION governance.guard_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.type <> OLD.type OR NEW.author <> OLD.author OR NEW.created_at <> OLD.created_at
       OR (OLD.rule IS NOT NULL AND (NEW.rule, NEW.rule_type, NEW.rule_version) IS DISTINCT FROM (OLD.rule, OLD.rule_type, OLD.rule_version))
       OR (OLD.proposal_sha256 IS NOT NULL AND (NEW.version, NEW.subject, NEW.text_sha256, NEW.effect_sha256, NEW.rule_sha256, NEW.proposal_sha256)
            IS DISTINCT FROM (OLD.version, OLD.subject, OLD.text_sha256, OLD.effect_sha256, OLD.rule_sha256, OLD.proposal_sha256)) THEN
        RAISE EXCEPTION 'governance.proposal: % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        IF OLD.state = 'voting' AND NEW IS DISTINCT FROM OLD THEN
            RAISE EXCEPTION 'governance.proposal: nothing changes while votes are cast' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM governance.state_move AS m WHERE m.from_state = OLD.state AND m.to_state = NEW.state) THEN
        RAISE EXCEPTION 'governance.proposal: no move from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'closed' AND pg_catalog.clock_timestamp() < OLD.closes_at
       AND (OLD.rule_type <> 'board_decision' OR EXISTS (SELECT FROM governance.roll AS r
                WHERE r.proposal_id = OLD.id AND r.reading = OLD.reading AND NOT r.voted)) THEN
        RAISE EXCEPTION 'governance.proposal: voting on % is open', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IN ('carried', 'in_force') AND governance.recount(OLD.id) IS DISTINCT FROM 'carried' THEN
        RAISE EXCEPTION 'governance.proposal: the votes on % do not carry it', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION governance.guard_new_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.state <> 'draft' OR NEW.rule IS NOT NULL OR NEW.proposal_sha256 IS NOT NULL THEN
        RAISE EXCEPTION 'governance.proposal: every proposal starts as a draft' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- The roll: taken whole when voting opens; afterwards voted goes from false to true, and with it stands a vote.
CREATE FUNCTION governance.guard_roll() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.proposal_id, NEW.reading, NEW.member_id, NEW.class) = (OLD.proposal_id, OLD.reading, OLD.member_id, OLD.class)
           AND NEW.voted AND NOT OLD.voted THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'governance.roll: only voted changes, once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.voted OR EXISTS (SELECT FROM governance.roll_head AS h WHERE h.proposal_id = NEW.proposal_id AND h.reading = NEW.reading) THEN
        RAISE EXCEPTION 'governance.roll: the roll of % is taken', NEW.proposal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- Votes are cast while voting is open, and never after closes_at. The roll row is there by foreign key.
CREATE FUNCTION governance.guard_vote() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = NEW.proposal_id AND p.reading = NEW.reading AND p.state = 'voting'
                       AND p.named AND NEW.at < p.closes_at) THEN
        RAISE EXCEPTION 'governance.named_vote: voting on % is not open', NEW.proposal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- What is in force was enacted: the row names a proposal in force whose effect it is, or stands in the transaction that founded the trust.
CREATE FUNCTION governance.guard_enacted() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_row jsonb := pg_catalog.to_jsonb(NEW);
    v_effects text[] := TG_ARGV[0]::text[];
BEGIN
    IF v_row ->> 'proposal_id' IS NULL THEN
        IF TG_TABLE_NAME = 'office_end'
           OR (v_row ->> 'proposed_by' IS NOT NULL)
           OR EXISTS (SELECT FROM governance.charter WHERE founded_at = pg_catalog.now()) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'governance.%: only the charter writes this without a proposal', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM governance.proposal AS p
               JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
               WHERE p.id = (v_row ->> 'proposal_id')::uuid AND p.state = 'in_force' AND p.in_force_at = pg_catalog.now()
                 AND v.effect ->> 'schema' = ANY (v_effects)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.%: proposal % has not come into force with this effect', TG_TABLE_NAME, v_row ->> 'proposal_id'
        USING ERRCODE = 'check_violation';
END
$$;

-- Rule rows that protect the asset lock: floors no vote lowers. Entrenched rows and clauses change by an entrenched proposal only.
CREATE FUNCTION governance.guard_rule() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb := NEW.rule;
BEGIN
    IF NEW.type NOT IN ('entrenched', 'succession') THEN
        RETURN NEW;
    END IF;
    IF (r ->> 's_num')::bigint * 3 >= 2 * (r ->> 's_den')::bigint AND (r ->> 'cs_num')::bigint * 2 >= (r ->> 'cs_den')::bigint
       AND (r ->> 'q_num')::bigint * 3 >= (r ->> 'q_den')::bigint AND (r ->> 'must_carry')::integer = 7
       AND (r ->> 'classes_needed')::integer = 3 AND (r ->> 'readings')::integer >= 2 AND r ->> 'electorate' = 'all' THEN
        IF NEW.proposal_id IS NULL OR (SELECT p.type FROM governance.proposal AS p WHERE p.id = NEW.proposal_id) = 'entrenched' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'governance.rule_version: % is under the floor of the asset lock', NEW.type USING ERRCODE = 'check_violation';
END
$$;

CREATE FUNCTION governance.guard_bylaw() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_before boolean := (SELECT b.entrenched FROM governance.bylaw_version AS b WHERE b.clause = NEW.clause ORDER BY b.version DESC LIMIT 1);
BEGIN
    IF NEW.proposal_id IS NOT NULL AND (COALESCE(v_before, false) OR NEW.entrenched)
       AND (SELECT p.type FROM governance.proposal AS p WHERE p.id = NEW.proposal_id) <> 'entrenched' THEN
        RAISE EXCEPTION 'governance.bylaw_version: clause % is entrenched', NEW.clause USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- One holder a seat at a time; no observer; board and council exclude each other.
CREATE FUNCTION governance.guard_office() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.office', 1));
    IF EXISTS (SELECT FROM governance.office AS o LEFT JOIN governance.office_end AS e ON e.office_id = o.id
               WHERE o.id <> NEW.id AND LEAST(o.until_at, e.at) > NEW.from_at AND o.from_at < NEW.until_at
                 AND ((o.body = NEW.body AND o.seat = NEW.seat)
                      OR (o.body = NEW.body AND o.member_id = NEW.member_id)
                      OR (o.member_id = NEW.member_id AND (o.body, NEW.body) IN (('board', 'council'), ('council', 'board'))))) THEN
        RAISE EXCEPTION 'governance.office: seat % of % is taken, or the offices exclude each other', NEW.seat, NEW.body
            USING ERRCODE = 'exclusion_violation';
    END IF;
    IF (SELECT m.observer FROM governance.member AS m WHERE m.member_id = NEW.member_id) THEN
        RAISE EXCEPTION 'governance.office: observers hold no seat' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- The asset lock. An asset is never taken off the register; its id, reference, kind, title, provenance and checksum never change. Its
-- disposition follows an asset_register effect in force; 'succeeded' is reached only by a succession, whose sealed two-reading vote this
-- database must be able to recount: while there are no such votes, it is reached by nothing.
CREATE FUNCTION governance.guard_asset() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.ref, NEW.kind, NEW.title, NEW.provenance, NEW.sha256, NEW.registered_at)
           IS DISTINCT FROM (OLD.id, OLD.ref, OLD.kind, OLD.title, OLD.provenance, OLD.sha256, OLD.registered_at) THEN
        RAISE EXCEPTION 'governance.asset: % is held in trust', OLD.ref USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.disposition IS NULL OR NEW.disposition = 'succeeded' THEN
        RAISE EXCEPTION 'governance.asset: % is passed on by a succession only', NEW.ref USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.proposal_id IS NULL AND TG_OP = 'INSERT' AND EXISTS (SELECT FROM governance.charter WHERE founded_at = pg_catalog.now()) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM governance.proposal AS p
               JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
               WHERE p.id = NEW.proposal_id AND p.state = 'in_force' AND p.in_force_at = pg_catalog.now() AND p.type = 'policy'
                 AND v.effect ->> 'schema' = 'asset_register' AND v.effect ->> 'ref' = NEW.ref AND v.effect ->> 'kind' = NEW.kind
                 AND v.effect ->> 'disposition' = NEW.disposition) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.asset: no policy in force registers % as %', NEW.ref, NEW.disposition USING ERRCODE = 'restrict_violation';
END
$$;

-- Cases: decided once. Votes: filled once, while the case is open.
CREATE FUNCTION governance.guard_case() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state = 'decided' OR (NEW.id, NEW.kind, NEW.subject, NEW.version, NEW.body, NEW.conditions, NEW.opened_at)
           IS DISTINCT FROM (OLD.id, OLD.kind, OLD.subject, OLD.version, OLD.body, OLD.conditions, OLD.opened_at) THEN
        RAISE EXCEPTION 'governance.council_case: % is decided, or its question changed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'decided' AND NEW.approved AND NOT governance.recount_case(OLD.id) THEN
        RAISE EXCEPTION 'governance.council_case: the votes of % do not approve', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION governance.guard_case_vote() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.choice IS NULL AND OLD.conflict IS NULL AND (NEW.case_id, NEW.body_name, NEW.seat, NEW.member_id) = (OLD.case_id, OLD.body_name, OLD.seat, OLD.member_id)
       AND EXISTS (SELECT FROM governance.council_case AS c WHERE c.id = OLD.case_id AND c.state = 'open') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.council_vote: a vote or a conflict stands' USING ERRCODE = 'restrict_violation';
END
$$;

DO $$
DECLARE
    v_table text;
BEGIN
    -- Nothing of what was said or decided is changed or taken away.
    FOREACH v_table IN ARRAY ARRAY['charter', 'bootstrap_end', 'member', 'standing', 'class_spell', 'dues', 'person_view', 'state_move',
        'proposal_version', 'proposal_event', 'sponsor', 'comment', 'roll_head', 'named_vote', 'tally', 'office', 'office_end', 'rule_version',
        'bylaw_version', 'terms_version', 'pool_charter', 'benefit_rule', 'prohibition', 'prohibition_lift', 'policy', 'opinion', 'sanction',
        'asset_event'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.%I FOR EACH ROW EXECUTE FUNCTION governance.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE governance.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['person', 'proposal', 'roll', 'council_case', 'council_vote', 'asset'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER no_delete BEFORE DELETE ON governance.%I FOR EACH ROW EXECUTE FUNCTION governance.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE governance.%I ENABLE ALWAYS TRIGGER no_delete', v_table);
    END LOOP;
    FOR v_table IN SELECT c.relname FROM pg_catalog.pg_class AS c WHERE c.relnamespace = 'governance'::pg_catalog.regnamespace
                       AND c.relkind = 'r' AND c.relname <> 'notice_preference' LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.%I FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE governance.%I ENABLE ALWAYS TRIGGER no_truncate', v_table);
    END LOOP;
END
$$;

CREATE TRIGGER guard BEFORE INSERT ON governance.standing FOR EACH ROW EXECUTE FUNCTION governance.guard_standing();
CREATE TRIGGER guard BEFORE UPDATE ON governance.person FOR EACH ROW EXECUTE FUNCTION governance.guard_person();
CREATE TRIGGER guard BEFORE UPDATE ON governance.proposal FOR EACH ROW EXECUTE FUNCTION governance.guard_proposal();
CREATE TRIGGER guard_new BEFORE INSERT ON governance.proposal FOR EACH ROW EXECUTE FUNCTION governance.guard_new_proposal();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON governance.roll FOR EACH ROW EXECUTE FUNCTION governance.guard_roll();
CREATE TRIGGER guard BEFORE INSERT ON governance.named_vote FOR EACH ROW EXECUTE FUNCTION governance.guard_vote();
CREATE TRIGGER guard BEFORE INSERT ON governance.office FOR EACH ROW EXECUTE FUNCTION governance.guard_office();
CREATE TRIGGER guard BEFORE INSERT ON governance.rule_version FOR EACH ROW EXECUTE FUNCTION governance.guard_rule();
CREATE TRIGGER guard BEFORE INSERT ON governance.bylaw_version FOR EACH ROW EXECUTE FUNCTION governance.guard_bylaw();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON governance.asset FOR EACH ROW EXECUTE FUNCTION governance.guard_asset();
CREATE TRIGGER guard BEFORE UPDATE ON governance.council_case FOR EACH ROW EXECUTE FUNCTION governance.guard_case();
CREATE TRIGGER guard BEFORE UPDATE ON governance.council_vote FOR EACH ROW EXECUTE FUNCTION governance.guard_case_vote();
CREATE TRIGGER enacted BEFORE INSERT ON governance.office FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{appointment}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.office_end FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{appointment}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.rule_version FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{rule_row}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.bylaw_version FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{bylaw_text}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.terms_version FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{terms_version}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.pool_charter FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{pool_charter}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.benefit_rule FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{benefit_rule}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.prohibition FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{prohibition_add}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.prohibition_lift FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{prohibition_lift}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.policy FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{policy_text}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.sanction FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{sanction}');
DO $$
DECLARE
    v_trigger record;
BEGIN
    FOR v_trigger IN SELECT t.tgname, t.tgrelid::pg_catalog.regclass AS table_name FROM pg_catalog.pg_trigger AS t
                     JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
                     WHERE c.relnamespace = 'governance'::pg_catalog.regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'A' LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', v_trigger.table_name, v_trigger.tgname);
    END LOOP;
END
$$;

-- ---- views: what others read ----

CREATE VIEW governance.charter_in_force AS
    SELECT name, language, currency, doc, sha256::text AS sha256, founded_at FROM governance.charter;

CREATE VIEW governance.office_in_force AS
    SELECT o.id AS office_id, o.body::text AS body, o.seat, o.member_id, o.from_at, LEAST(o.until_at, e.at) AS until_at
    FROM governance.office AS o LEFT JOIN governance.office_end AS e ON e.office_id = o.id
    WHERE e.at IS NULL OR e.at > o.from_at;

CREATE VIEW governance.rule_in_force AS
    SELECT type, version, rule, sha256::text AS sha256, proposal_id, from_at,
           pg_catalog.lead(from_at) OVER (PARTITION BY type ORDER BY version) AS until_at
    FROM governance.rule_version;
CREATE VIEW governance.bylaw_in_force AS
    SELECT clause, version, title, body_text, entrenched, sha256::text AS sha256, proposal_id, from_at,
           pg_catalog.lead(from_at) OVER (PARTITION BY clause ORDER BY version) AS until_at
    FROM governance.bylaw_version;
CREATE VIEW governance.terms_in_force AS
    SELECT pool, version, sha256::text AS sha256, doc, canonical, proposal_id, from_at,
           pg_catalog.lead(from_at) OVER (PARTITION BY pool ORDER BY version) AS until_at
    FROM governance.terms_version;
CREATE VIEW governance.pool_charter_in_force AS
    SELECT pool, version, sha256::text AS sha256, doc, proposal_id, from_at,
           pg_catalog.lead(from_at) OVER (PARTITION BY pool ORDER BY version) AS until_at
    FROM governance.pool_charter;
CREATE VIEW governance.benefit_rule_in_force AS
    SELECT rule, version, sha256::text AS sha256, doc, canonical, COALESCE(proposal_id::text, 'charter') AS resolution, from_at,
           pg_catalog.lead(from_at) OVER (PARTITION BY rule ORDER BY version) AS until_at
    FROM governance.benefit_rule;
CREATE VIEW governance.prohibition_in_force AS
    SELECT p.id, p.purpose, p.from_at, LEAST(p.until_at, l.at) AS until_at, p.old_grants_at, COALESCE(p.proposal_id::text, 'charter') AS origin
    FROM governance.prohibition AS p LEFT JOIN governance.prohibition_lift AS l ON l.prohibition_id = p.id;
CREATE VIEW governance.sanction_in_force AS
    SELECT s.id, s.organisation_id, s.person_id, s.purpose, s.pool, GREATEST(s.from_at, c.decided_at) AS from_at, s.until_at, s.reason
    FROM governance.sanction AS s JOIN governance.council_case AS c ON c.id = s.case_id
    WHERE c.approved AND (s.until_at IS NULL OR s.until_at > c.decided_at);
CREATE VIEW governance.asset_in_force AS
    SELECT id AS asset_id, ref, kind, disposition::text AS disposition FROM governance.asset;
CREATE VIEW governance.asset_register AS
    SELECT a.id, a.ref, a.kind, a.title, a.provenance, a.sha256::text AS sha256, a.disposition::text AS disposition, a.registered_at,
           (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('disposition', e.disposition, 'at', log.time_text(e.at),
                'origin', COALESCE(e.proposal_id::text, 'charter')) ORDER BY e.seq) FROM governance.asset_event AS e WHERE e.asset_id = a.id) AS history
    FROM governance.asset AS a;
CREATE VIEW governance.resolution_in_force AS
    SELECT p.proposal_id::text AS resolution, s.value ->> 'account' AS account, (s.value -> 'max' ->> 'minor')::bigint AS max_minor, p.from_at, p.until_at
    FROM governance.policy AS p CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(p.spend) AS s;
CREATE VIEW governance.council_decision AS
    SELECT c.id AS case_id, c.kind, c.subject, c.state, c.approved, c.kept_conditions AS conditions,
           CASE WHEN c.state = 'decided' THEN COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('body', v.body_name, 'seat', v.seat,
               'vote', v.choice, 'code', v.reason_code, 'text', v.reason_text) ORDER BY v.body_name, v.seat)
               FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.choice IS NOT NULL), '[]') END AS reasons,
           c.decided_at
    FROM governance.council_case AS c;

CREATE VIEW governance.member_now AS
    SELECT m.member_id, m.founder, m.observer, m.joined_at, s.standing, s.since_at, k.class, k.from_at AS class_from_at
    FROM governance.member AS m
    JOIN LATERAL (SELECT t.standing, t.since_at FROM governance.standing AS t WHERE t.member_id = m.member_id ORDER BY t.seq DESC LIMIT 1) AS s ON true
    JOIN LATERAL (SELECT c.class::text AS class, c.from_at FROM governance.class_spell AS c
                  WHERE c.member_id = m.member_id AND (c.seq = 1 OR c.from_at <= pg_catalog.clock_timestamp()) ORDER BY c.seq DESC LIMIT 1) AS k ON true;
COMMENT ON VIEW governance.member_now IS 'each member with the standing and class of this moment';

CREATE VIEW governance.member_eligibility AS
    SELECT n.member_id, n.class, n.standing, n.since_at, n.observer,
           CASE WHEN n.standing <> 'active' THEN 'not_active'
                WHEN n.observer THEN 'observer'
                WHEN NOT n.founder AND n.class_from_at + (c.doc -> 'durations' ->> 'min_tenure_seconds')::bigint * interval '1 second'
                     > pg_catalog.clock_timestamp() THEN 'min_tenure'
                WHEN (c.doc -> 'dues' -> 'amount' ->> 'minor')::bigint > 0
                     AND NOT EXISTS (SELECT FROM governance.dues AS d WHERE d.member_id = n.member_id AND d.from_at <= pg_catalog.clock_timestamp()
                         AND d.until_at + (c.doc -> 'dues' ->> 'grace_seconds')::bigint * interval '1 second' > pg_catalog.clock_timestamp())
                     AND n.joined_at + (c.doc -> 'dues' ->> 'grace_seconds')::bigint * interval '1 second' <= pg_catalog.clock_timestamp()
                    THEN 'dues'
           END AS ineligible
    FROM governance.member_now AS n CROSS JOIN governance.charter AS c;
COMMENT ON VIEW governance.member_eligibility IS 'the one place that says who may vote, and which condition fails: not_active, observer, min_tenure, dues';

CREATE VIEW governance.member_standing AS
    SELECT member_id, class, standing, since_at, observer, ineligible IS NULL AS eligible FROM governance.member_eligibility;
RESET ROLE;
