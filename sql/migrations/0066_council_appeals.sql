-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Council cases that end without a decision, conditions proposed while a case is open, sanctions that are lifted, orders of the board
-- about grants, and appeals: their panel is drawn by lot among volunteers from values the stewards commit to.
SET LOCAL ROLE ch_governance_owner;

-- ---- cases ----

ALTER TABLE governance.council_case ADD COLUMN ended_at timestamptz, ADD COLUMN end_reason text;
ALTER TABLE governance.council_case DROP CONSTRAINT council_case_state_check;
ALTER TABLE governance.council_case ADD CONSTRAINT council_case_state_check CHECK (state IN ('open', 'decided', 'withdrawn')),
    ADD CONSTRAINT council_case_withdrawn_check CHECK ((state = 'withdrawn') = (ended_at IS NOT NULL AND end_reason IS NOT NULL));
COMMENT ON COLUMN governance.council_case.end_reason IS 'why it ended without a decision: the applicant was asked something, or withdrew';
COMMENT ON COLUMN governance.council_case.conditions IS 'those it was opened with; later ones are in case_condition and counted on';

CREATE TABLE governance.case_condition (
    case_id uuid NOT NULL REFERENCES governance.council_case,
    n integer NOT NULL CHECK (n > 0),
    condition jsonb NOT NULL CHECK (pg_catalog.jsonb_typeof(condition) = 'object'),
    body_name text NOT NULL,
    seat text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, n),
    FOREIGN KEY (case_id, body_name, seat) REFERENCES governance.council_vote
);
COMMENT ON TABLE governance.case_condition IS 'conditions a seat proposed while the case was open; n counts on behind those of the opening';

CREATE TABLE governance.condition_vote (
    case_id uuid NOT NULL,
    body_name text NOT NULL,
    seat text NOT NULL,
    n integer NOT NULL,
    accept boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, body_name, seat, n),
    FOREIGN KEY (case_id, body_name, seat) REFERENCES governance.council_vote,
    FOREIGN KEY (case_id, n) REFERENCES governance.case_condition
);
COMMENT ON TABLE governance.condition_vote IS 'on conditions proposed after the seat had voted; the others are in council_vote.conditions';

CREATE TABLE governance.affiliation (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES governance.member,
    organisation_id uuid NOT NULL,
    recorded_by uuid NOT NULL REFERENCES governance.member,
    at timestamptz NOT NULL
);
CREATE INDEX affiliation_member ON governance.affiliation (member_id);
CREATE TABLE governance.affiliation_end (
    affiliation_id uuid PRIMARY KEY REFERENCES governance.affiliation,
    at timestamptz NOT NULL
);
COMMENT ON TABLE governance.affiliation IS 'a member is staff of an organisation: declared by the member, or recorded by the licensing or membership officer';

CREATE OR REPLACE FUNCTION governance.guard_case() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state <> 'open' OR (NEW.id, NEW.kind, NEW.subject, NEW.version, NEW.body, NEW.conditions, NEW.opened_at)
           IS DISTINCT FROM (OLD.id, OLD.kind, OLD.subject, OLD.version, OLD.body, OLD.conditions, OLD.opened_at) THEN
        RAISE EXCEPTION 'governance.council_case: % is decided, or its question changed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'decided' AND NEW.approved AND NOT governance.recount_case(OLD.id) THEN
        RAISE EXCEPTION 'governance.council_case: the votes of % do not approve', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- Conditions and the votes on them: while the case is open; a vote on one comes from a seat that has voted on the case.
CREATE FUNCTION governance.guard_condition() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM governance.council_case AS c JOIN governance.council_vote AS v ON v.case_id = c.id
               WHERE c.id = NEW.case_id AND c.state = 'open' AND c.closes_at > NEW.at AND c.body_name = NEW.body_name AND v.body_name = NEW.body_name
                 AND v.seat = NEW.seat AND v.conflict IS NULL AND (v.choice IS NOT NULL) = (TG_TABLE_NAME = 'condition_vote')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.%: case % is not open to this seat', TG_TABLE_NAME, NEW.case_id USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER guard BEFORE INSERT ON governance.case_condition FOR EACH ROW EXECUTE FUNCTION governance.guard_condition();
CREATE TRIGGER guard BEFORE INSERT ON governance.condition_vote FOR EACH ROW EXECUTE FUNCTION governance.guard_condition();

-- ---- appeals ----

CREATE TABLE governance.panel_volunteer (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES governance.member,
    at timestamptz NOT NULL
);
CREATE INDEX panel_volunteer_member ON governance.panel_volunteer (member_id);
CREATE TABLE governance.panel_volunteer_end (
    volunteer_id uuid PRIMARY KEY REFERENCES governance.panel_volunteer,
    at timestamptz NOT NULL
);
COMMENT ON TABLE governance.panel_volunteer IS 'members who sit on appeals panels when the lot falls on them';
COMMENT ON COLUMN governance.panel_volunteer.id IS 'stands for the member in published draws';

CREATE TABLE governance.panel_case (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('refusal', 'revocation', 'expulsion', 'sanction', 'vote')),
    subject uuid NOT NULL,
    act text NOT NULL DEFAULT '',
    act_at timestamptz,
    body jsonb NOT NULL CHECK (pg_catalog.jsonb_typeof(body) = 'object'),
    appellant uuid,
    organisation_id uuid,
    state text NOT NULL CHECK (state IN ('lot', 'panel', 'decided')),
    round integer NOT NULL DEFAULT 0 CHECK (round >= 0),
    opened_at timestamptz NOT NULL,
    closes_at timestamptz,
    decided_at timestamptz,
    upheld boolean,
    effect text,
    CHECK ((state = 'panel') = (closes_at IS NOT NULL AND state <> 'decided')),
    CHECK ((state = 'decided') = (decided_at IS NOT NULL AND upheld IS NOT NULL))
);
CREATE UNIQUE INDEX panel_case_act ON governance.panel_case (kind, subject, act) WHERE act <> '' OR state <> 'decided';
CREATE INDEX panel_case_open ON governance.panel_case (id) WHERE state <> 'decided';
COMMENT ON TABLE governance.panel_case IS 'appeals; decided by a panel of three, one per class, drawn by lot';
COMMENT ON COLUMN governance.panel_case.subject IS 'application, grant, expelled member, sanction, or proposal';
COMMENT ON COLUMN governance.panel_case.act IS 'which act on the subject is appealed against, where there can be several; an act is appealed against once';
COMMENT ON COLUMN governance.panel_case.round IS 'draws so far; a panel that lets its time pass is replaced by the next draw';
COMMENT ON COLUMN governance.panel_case.upheld IS 'true: what was appealed against stands (uphold); false: it is reversed (reverse)';
COMMENT ON COLUMN governance.panel_case.effect IS 'what followed here from a reversal: annulled, lifted, may_apply, none';

CREATE TABLE governance.panel_lot (
    appeal_id uuid NOT NULL REFERENCES governance.panel_case,
    round integer NOT NULL CHECK (round > 0),
    stewards text NOT NULL CHECK (stewards ~ '^U?W?C?$'),
    candidates jsonb NOT NULL,
    sha256 governance.hex64 NOT NULL,
    leaf_id bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    commit_until timestamptz NOT NULL,
    reveal_until timestamptz,
    drawn_at timestamptz,
    seed governance.hex64,
    tree_size bigint,
    tree_root governance.hex64,
    PRIMARY KEY (appeal_id, round),
    CHECK ((drawn_at IS NULL) = (seed IS NULL)),
    CHECK ((tree_size IS NULL) = (tree_root IS NULL))
);
COMMENT ON TABLE governance.panel_lot IS 'a draw: its candidates stand before any value is known, and are hashed into the log';
COMMENT ON COLUMN governance.panel_lot.stewards IS 'classes whose steward or deputy may commit, as seated at the opening; empty: the seed is the root of the log';
COMMENT ON COLUMN governance.panel_lot.candidates IS '{"U": [volunteer ids, ascending], "W": [...], "C": [...]}';
COMMENT ON COLUMN governance.panel_lot.leaf_id IS 'outbox row of the leaf that carries the candidates; the log root with this leaf as its last is the seed where no steward committed';

CREATE TABLE governance.panel_candidate (
    appeal_id uuid NOT NULL,
    round integer NOT NULL,
    class governance.class_code NOT NULL,
    volunteer_id uuid NOT NULL REFERENCES governance.panel_volunteer,
    PRIMARY KEY (appeal_id, round, volunteer_id),
    FOREIGN KEY (appeal_id, round) REFERENCES governance.panel_lot
);

CREATE TABLE governance.panel_commit (
    appeal_id uuid NOT NULL,
    round integer NOT NULL,
    class governance.class_code NOT NULL,
    member_id uuid NOT NULL REFERENCES governance.member,
    commitment governance.hex64 NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (appeal_id, round, class),
    UNIQUE (appeal_id, round, commitment),
    FOREIGN KEY (appeal_id, round) REFERENCES governance.panel_lot
);
CREATE TABLE governance.panel_reveal (
    appeal_id uuid NOT NULL,
    round integer NOT NULL,
    class governance.class_code NOT NULL,
    value governance.hex64 NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (appeal_id, round, class),
    FOREIGN KEY (appeal_id, round, class) REFERENCES governance.panel_commit
);
COMMENT ON COLUMN governance.panel_commit.commitment IS 'SHA-256 of the 32 bytes of the value; stands in for a value that is withheld';

CREATE TABLE governance.panel_seat (
    appeal_id uuid NOT NULL,
    round integer NOT NULL,
    class governance.class_code NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    volunteer_id uuid NOT NULL,
    member_id uuid NOT NULL REFERENCES governance.member,
    at timestamptz NOT NULL,
    PRIMARY KEY (appeal_id, round, class, n),
    FOREIGN KEY (appeal_id, round, volunteer_id) REFERENCES governance.panel_candidate
);
COMMENT ON TABLE governance.panel_seat IS 'who the lot fell on; the highest n holds the seat, it passes on when its holder is passed over or declares a conflict';
CREATE TABLE governance.panel_pass (
    appeal_id uuid NOT NULL,
    round integer NOT NULL,
    volunteer_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN ('conflict', 'office', 'interest', 'standing')),
    note text,
    at timestamptz NOT NULL,
    PRIMARY KEY (appeal_id, round, volunteer_id),
    FOREIGN KEY (appeal_id, round, volunteer_id) REFERENCES governance.panel_candidate
);
COMMENT ON TABLE governance.panel_pass IS 'candidates the draw passed over, with the reason';

CREATE TABLE governance.panel_vote (
    appeal_id uuid NOT NULL,
    round integer NOT NULL,
    class governance.class_code NOT NULL,
    n integer NOT NULL,
    choice text NOT NULL CHECK (choice IN ('uphold', 'reverse')),
    reason_text text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (appeal_id, round, class),
    FOREIGN KEY (appeal_id, round, class, n) REFERENCES governance.panel_seat
);
COMMENT ON TABLE governance.panel_vote IS 'two that agree decide';

-- ---- sanctions and orders ----

CREATE TABLE governance.sanction_lift (
    id uuid PRIMARY KEY,
    sanction_id uuid NOT NULL REFERENCES governance.sanction,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    case_id uuid UNIQUE REFERENCES governance.council_case,
    proposal_id uuid REFERENCES governance.proposal,
    proposed_by uuid REFERENCES governance.member,
    appeal_id uuid UNIQUE REFERENCES governance.panel_case,
    CHECK (pg_catalog.num_nonnulls(proposal_id, proposed_by, appeal_id) = 1),
    CHECK ((case_id IS NULL) = (appeal_id IS NOT NULL))
);
CREATE INDEX sanction_lift_of ON governance.sanction_lift (sanction_id);
COMMENT ON TABLE governance.sanction_lift IS 'an early end: proposed like a sanction and confirmed by a council case, or decided by an appeals panel';
CREATE TABLE governance.sanction_screening (
    sanction_id uuid NOT NULL REFERENCES governance.sanction,
    event text NOT NULL CHECK (event IN ('began', 'ended')),
    at timestamptz NOT NULL,
    PRIMARY KEY (sanction_id, event)
);
COMMENT ON TABLE governance.sanction_screening IS 'changes after which open applications and live grants were screened again';

CREATE TABLE governance.grant_order (
    id uuid PRIMARY KEY,
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    n integer NOT NULL CHECK (n > 0),
    grant_id uuid NOT NULL,
    act text NOT NULL CHECK (act IN ('suspend', 'resume', 'revoke')),
    cause text NOT NULL,
    at timestamptz NOT NULL,
    UNIQUE (proposal_id, n)
);
CREATE INDEX grant_order_grant ON governance.grant_order (grant_id);
COMMENT ON TABLE governance.grant_order IS 'orders of a board decision about grants; licensing carries them out';

-- ---- guards ----

-- A lift names a proposal that has just come into force, somebody who proposes it to the council, or an appeal that reversed the sanction.
CREATE FUNCTION governance.guard_lift() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.proposed_by IS NOT NULL
       OR (NEW.proposal_id IS NOT NULL AND EXISTS (SELECT FROM governance.proposal AS p
               JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
               WHERE p.id = NEW.proposal_id AND p.state = 'in_force' AND p.in_force_at = pg_catalog.now() AND v.effect ->> 'schema' = 'sanction'
                 AND (v.effect ->> 'lift')::uuid = NEW.sanction_id))
       OR (NEW.appeal_id IS NOT NULL AND EXISTS (SELECT FROM governance.panel_case AS a
               WHERE a.id = NEW.appeal_id AND a.kind = 'sanction' AND a.subject = NEW.sanction_id AND a.state = 'decided' AND NOT a.upheld)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.sanction_lift: nothing lifts sanction %', NEW.sanction_id USING ERRCODE = 'check_violation';
END
$$;

-- An appeal is decided once, by two equal votes of the panel of its last draw; its question never changes.
CREATE FUNCTION governance.guard_panel_case() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state = 'decided' OR NEW.round < OLD.round
       OR (NEW.id, NEW.kind, NEW.subject, NEW.act, NEW.act_at, NEW.body, NEW.appellant, NEW.organisation_id, NEW.opened_at)
          IS DISTINCT FROM (OLD.id, OLD.kind, OLD.subject, OLD.act, OLD.act_at, OLD.body, OLD.appellant, OLD.organisation_id, OLD.opened_at) THEN
        IF OLD.state = 'decided' AND OLD.effect IS NULL AND NEW.effect IS NOT NULL
           AND (pg_catalog.to_jsonb(NEW) - 'effect') = (pg_catalog.to_jsonb(OLD) - 'effect') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'governance.panel_case: % is decided, or its question changed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'decided' AND (SELECT pg_catalog.count(*) FROM governance.panel_vote AS v WHERE v.appeal_id = NEW.id AND v.round = NEW.round
            AND v.choice = CASE WHEN NEW.upheld THEN 'uphold' ELSE 'reverse' END) < 2 THEN
        RAISE EXCEPTION 'governance.panel_case: two of the panel of % do not agree', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- A draw: its candidates stand; reveal_until and the seed are written once.
CREATE FUNCTION governance.guard_lot() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.drawn_at IS NULL AND (OLD.reveal_until IS NULL OR NEW.reveal_until = OLD.reveal_until)
       AND (NEW.appeal_id, NEW.round, NEW.stewards, NEW.candidates, NEW.sha256, NEW.leaf_id, NEW.opened_at, NEW.commit_until)
           = (OLD.appeal_id, OLD.round, OLD.stewards, OLD.candidates, OLD.sha256, OLD.leaf_id, OLD.opened_at, OLD.commit_until) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.panel_lot: the draw of % stands', OLD.appeal_id USING ERRCODE = 'restrict_violation';
END
$$;

-- Values: committed before anything is revealed, revealed as committed, nothing after the draw.
CREATE FUNCTION governance.guard_lot_value() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_lot governance.panel_lot := (SELECT l FROM governance.panel_lot AS l WHERE l.appeal_id = NEW.appeal_id AND l.round = NEW.round);
    v_right boolean;
BEGIN
    v_right := v_lot.drawn_at IS NULL AND CASE TG_TABLE_NAME
        WHEN 'panel_commit' THEN v_lot.reveal_until IS NULL AND NEW.at < v_lot.commit_until AND pg_catalog.strpos(v_lot.stewards, NEW.class) > 0
        ELSE v_lot.reveal_until IS NOT NULL AND NEW.at < v_lot.reveal_until AND EXISTS (SELECT FROM governance.panel_commit AS k
            WHERE (k.appeal_id, k.round, k.class) = (NEW.appeal_id, NEW.round, NEW.class)
              AND k.commitment = pg_catalog.encode(pg_catalog.sha256(pg_catalog.decode(pg_catalog.to_jsonb(NEW) ->> 'value', 'hex')), 'hex')) END;
    IF v_right THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.%: not now, or not what was committed', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END
$$;

-- A panel vote comes from the present holder of the seat, while the panel sits.
CREATE FUNCTION governance.guard_panel_vote() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM governance.panel_case AS a WHERE a.id = NEW.appeal_id AND a.state = 'panel' AND a.round = NEW.round AND a.closes_at > NEW.at)
       AND NEW.n = (SELECT pg_catalog.max(s.n) FROM governance.panel_seat AS s WHERE (s.appeal_id, s.round, s.class) = (NEW.appeal_id, NEW.round, NEW.class))
       AND NOT EXISTS (SELECT FROM governance.panel_seat AS s JOIN governance.panel_pass AS x USING (appeal_id, round, volunteer_id)
               WHERE (s.appeal_id, s.round, s.class, s.n) = (NEW.appeal_id, NEW.round, NEW.class, NEW.n)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.panel_vote: this seat cannot vote on % now', NEW.appeal_id USING ERRCODE = 'check_violation';
END
$$;

CREATE TRIGGER guard BEFORE INSERT ON governance.sanction_lift FOR EACH ROW EXECUTE FUNCTION governance.guard_lift();
CREATE TRIGGER enacted BEFORE INSERT ON governance.grant_order FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{policy_text}');
CREATE TRIGGER guard BEFORE UPDATE ON governance.panel_case FOR EACH ROW EXECUTE FUNCTION governance.guard_panel_case();
CREATE TRIGGER guard BEFORE UPDATE ON governance.panel_lot FOR EACH ROW EXECUTE FUNCTION governance.guard_lot();
CREATE TRIGGER guard BEFORE INSERT ON governance.panel_commit FOR EACH ROW EXECUTE FUNCTION governance.guard_lot_value();
CREATE TRIGGER guard BEFORE INSERT ON governance.panel_reveal FOR EACH ROW EXECUTE FUNCTION governance.guard_lot_value();
CREATE TRIGGER guard BEFORE INSERT ON governance.panel_vote FOR EACH ROW EXECUTE FUNCTION governance.guard_panel_vote();

-- Who was expelled applies again only after an appeal reversed that expulsion.
CREATE OR REPLACE FUNCTION governance.guard_standing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_before text := (SELECT standing FROM governance.standing WHERE member_id = NEW.member_id AND seq = NEW.seq - 1);
BEGIN
    IF (v_before IS NULL AND NEW.seq = 1 AND NEW.standing IN ('applied', 'active'))
       OR (v_before, NEW.standing) IN (('applied', 'active'), ('applied', 'left'), ('active', 'lapsed'), ('lapsed', 'active'),
            ('active', 'suspended'), ('suspended', 'active'), ('left', 'applied'))
       OR (v_before IN ('applied', 'active', 'lapsed', 'suspended') AND NEW.standing IN ('left', 'expelled', 'deceased'))
       OR ((v_before, NEW.standing) = ('expelled', 'applied') AND EXISTS (SELECT FROM governance.panel_case AS a WHERE a.kind = 'expulsion'
            AND a.subject = NEW.member_id AND a.act = (NEW.seq - 1)::text AND a.state = 'decided' AND NOT a.upheld)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.standing: no move from % to %', COALESCE(v_before, 'nothing'), NEW.standing USING ERRCODE = 'check_violation';
END
$$;

DO $$
DECLARE
    v_table text;
    v_trigger record;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['case_condition', 'condition_vote', 'affiliation', 'affiliation_end', 'panel_volunteer', 'panel_volunteer_end',
        'panel_candidate', 'panel_commit', 'panel_reveal', 'panel_seat', 'panel_pass', 'panel_vote', 'sanction_lift', 'sanction_screening', 'grant_order'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.%I FOR EACH ROW EXECUTE FUNCTION governance.refuse_change()', v_table);
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.%I FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change()', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['panel_case', 'panel_lot'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER no_delete BEFORE DELETE ON governance.%I FOR EACH ROW EXECUTE FUNCTION governance.refuse_change()', v_table);
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.%I FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change()', v_table);
    END LOOP;
    FOR v_trigger IN SELECT t.tgname, t.tgrelid::pg_catalog.regclass AS table_name FROM pg_catalog.pg_trigger AS t
                     JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
                     WHERE c.relnamespace = 'governance'::pg_catalog.regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'A' LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', v_trigger.table_name, v_trigger.tgname);
    END LOOP;
END
$$;

-- ---- views: what others read ----

CREATE OR REPLACE VIEW governance.sanction_in_force AS
    SELECT s.id, s.organisation_id, s.person_id, s.purpose, s.pool, GREATEST(s.from_at, c.decided_at) AS from_at,
           LEAST(s.until_at, l.lifted_at) AS until_at, s.reason
    FROM governance.sanction AS s JOIN governance.council_case AS c ON c.id = s.case_id
    LEFT JOIN LATERAL (SELECT pg_catalog.min(COALESCE(k.decided_at, x.at)) AS lifted_at FROM governance.sanction_lift AS x
                       LEFT JOIN governance.council_case AS k ON k.id = x.case_id
                       WHERE x.sanction_id = s.id AND (x.appeal_id IS NOT NULL OR k.approved)) AS l ON true
    WHERE c.approved AND (s.until_at IS NULL OR s.until_at > c.decided_at);

CREATE VIEW governance.appeal_decision AS
    SELECT a.id AS appeal_id, a.kind, a.subject, a.state, a.upheld,
           CASE WHEN a.state = 'decided' THEN (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('seat', v.class, 'choice', v.choice,
               'text', v.reason_text) ORDER BY v.class), '[]') FROM governance.panel_vote AS v WHERE v.appeal_id = a.id AND v.round = a.round) END AS reasons,
           a.decided_at, CASE WHEN a.upheld THEN 'uphold' WHEN NOT a.upheld THEN 'reverse' END AS command
    FROM governance.panel_case AS a;
COMMENT ON VIEW governance.appeal_decision IS 'what the panel came to: upheld true = the act appealed against stands (command uphold), false = it is reversed (command reverse), NULL = not decided';

CREATE VIEW governance.board_order AS
    SELECT o.id AS order_id, o.act, o.grant_id, o.cause, o.at AS decided_at
    FROM governance.grant_order AS o JOIN governance.proposal AS p ON p.id = o.proposal_id WHERE p.type = 'board_decision';
COMMENT ON VIEW governance.board_order IS 'what board decisions in force ordered about grants; published with the decision';
RESET ROLE;

SET LOCAL ROLE ch_log_owner;
INSERT INTO log.entry_type (type, schema_name, about) VALUES
    ('council_case', 'governance', 'a decided council case'), ('sanction', 'governance', 'a sanction confirmed or lifted'),
    ('appeal', 'governance', 'a draw of an appeals panel, or its decision')
ON CONFLICT DO NOTHING;
RESET ROLE;
