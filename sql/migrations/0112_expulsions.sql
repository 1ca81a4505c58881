-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Expulsions: the accused is called, heard and may answer before the proposal is submitted; only a proposal in force expels.
SET LOCAL ROLE ch_governance_owner;

CREATE TABLE governance.hearing (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    n integer NOT NULL CHECK (n > 0),
    kind text NOT NULL CHECK (kind IN ('call', 'record', 'answer')),
    accused uuid NOT NULL REFERENCES governance.member,
    by_member uuid NOT NULL REFERENCES governance.member,
    held_at timestamptz,
    body_text text NOT NULL CHECK (pg_catalog.length(body_text) BETWEEN 1 AND 10000),
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, n),
    CHECK ((kind = 'answer') = (held_at IS NULL)),
    CHECK ((kind = 'answer') = (by_member = accused)),
    CHECK (held_at IS NULL OR (kind = 'call') = (held_at > at))
);
COMMENT ON TABLE governance.hearing IS 'what was said before an expulsion is put to the vote: the conduct panel''s calls to a hearing and records of it, the answers of the accused';
COMMENT ON COLUMN governance.hearing.accused IS 'whom the effect named then: a draft that names somebody else begins anew';
COMMENT ON COLUMN governance.hearing.held_at IS 'when the hearing is to be, or was';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.hearing FOR EACH ROW EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.hearing FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
ALTER TABLE governance.hearing ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE governance.hearing ENABLE ALWAYS TRIGGER no_truncate;

-- Nobody is expelled but by a vote; who was expelled applies again only after an appeal reversed that expulsion.
CREATE OR REPLACE FUNCTION governance.guard_standing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_before text := (SELECT standing FROM governance.standing WHERE member_id = NEW.member_id AND seq = NEW.seq - 1);
BEGIN
    IF NEW.standing = 'expelled' AND NOT EXISTS (SELECT FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
            WHERE p.subject = 'expulsion:' || NEW.member_id AND p.type = 'expulsion' AND p.state = 'in_force' AND v.effect ->> 'member_id' = NEW.member_id::text
                AND p.in_force_at = pg_catalog.now()) THEN
        RAISE EXCEPTION 'governance.standing: no vote expels member %', NEW.member_id USING ERRCODE = 'check_violation';
    END IF;
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

-- A proposal is decided by the rule row in force when it was submitted; of an expulsion the class concerned may have joined it.
CREATE OR REPLACE FUNCTION governance.guard_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.type <> OLD.type OR NEW.author IS DISTINCT FROM OLD.author OR NEW.created_at <> OLD.created_at
       OR (OLD.rule IS NOT NULL AND (NEW.rule, NEW.rule_type, NEW.rule_version) IS DISTINCT FROM (OLD.rule, OLD.rule_type, OLD.rule_version))
       OR (OLD.proposal_sha256 IS NOT NULL AND (NEW.version, NEW.subject, NEW.text_sha256, NEW.effect_sha256, NEW.rule_sha256, NEW.proposal_sha256)
            IS DISTINCT FROM (OLD.version, OLD.subject, OLD.text_sha256, OLD.effect_sha256, OLD.rule_sha256, OLD.proposal_sha256)) THEN
        RAISE EXCEPTION 'governance.proposal: % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.rule IS NULL AND NEW.rule IS NOT NULL AND NOT EXISTS (SELECT FROM governance.rule_version AS r
            WHERE r.type = NEW.rule_type AND r.version = NEW.rule_version AND governance.rule_for(r.rule, governance.accused_of(NEW)) = NEW.rule) THEN
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

RESET ROLE;
