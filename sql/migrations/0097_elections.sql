-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Elections and budget rounds: who stands and who nominates, proposals that the clock makes, what was counted, projects and what was awarded to them.
SET LOCAL ROLE ch_governance_owner;

-- An election with as many candidates as seats is not voted on; one without candidates, and a round without projects, comes to nothing.
INSERT INTO governance.state_move (from_state, to_state) VALUES ('discussion', 'lapsed'), ('frozen', 'carried');

ALTER TABLE governance.proposal ALTER COLUMN author DROP NOT NULL, ADD COLUMN extended_until timestamptz;
COMMENT ON COLUMN governance.proposal.author IS 'NULL: the clock';
COMMENT ON COLUMN governance.proposal.extended_until IS 'of an election: its nominations had brought too few, and were kept open until then, once';
ALTER TABLE governance.tally ADD COLUMN result jsonb;
COMMENT ON COLUMN governance.tally.result IS 'of elections and budget rounds: what the method gave, as commonhold calc tally prints it; NULL of a decision';

CREATE TABLE governance.candidacy (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    member_id uuid NOT NULL REFERENCES governance.member,
    seq integer NOT NULL CHECK (seq > 0),
    kind text NOT NULL CHECK (kind IN ('stood', 'nominated', 'withdrawn')),
    by_member uuid NOT NULL REFERENCES governance.member,
    statement text,
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, member_id, seq),
    CHECK ((kind = 'nominated') = (by_member <> member_id)),
    CHECK (statement IS NULL OR kind = 'stood')
);
CREATE UNIQUE INDEX candidacy_nominated ON governance.candidacy (proposal_id, member_id, by_member) WHERE kind = 'nominated';
COMMENT ON TABLE governance.candidacy IS 'who stood for election, who nominated them, who took it back; the last of stood and withdrawn is how it stands';

CREATE TABLE governance.project (
    id uuid PRIMARY KEY,
    author uuid NOT NULL REFERENCES governance.member,
    title text NOT NULL,
    body_text text NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE governance.project IS 'what members want done with the trust''s money; what became of it is in project_event';
CREATE TABLE governance.project_event (
    project_id uuid NOT NULL REFERENCES governance.project,
    seq integer NOT NULL CHECK (seq > 0),
    kind text NOT NULL CHECK (kind IN ('proposed', 'costed', 'agreed', 'sponsored', 'on_ballot', 'selected', 'not_selected')),
    by_member uuid REFERENCES governance.member,
    cost bigint CHECK (cost BETWEEN 1 AND 9007199254740991),
    proposal_id uuid REFERENCES governance.proposal,
    at timestamptz NOT NULL,
    PRIMARY KEY (project_id, seq),
    CHECK ((kind = 'costed') = (cost IS NOT NULL)),
    CHECK ((kind IN ('on_ballot', 'selected', 'not_selected')) = (proposal_id IS NOT NULL)),
    CHECK ((proposal_id IS NULL) = (by_member IS NOT NULL))
);
CREATE UNIQUE INDEX project_sponsored ON governance.project_event (project_id, by_member) WHERE kind = 'sponsored';
CREATE INDEX project_round ON governance.project_event (proposal_id) WHERE proposal_id IS NOT NULL;
COMMENT ON COLUMN governance.project_event.cost IS 'minor units of the trust''s currency, said by the treasurer; the author agrees to the last one';
COMMENT ON COLUMN governance.project_event.proposal_id IS 'the budget round';

CREATE TABLE governance.budget_award (
    id uuid PRIMARY KEY,
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    project_id uuid NOT NULL UNIQUE REFERENCES governance.project,
    account text NOT NULL,
    minor bigint NOT NULL CHECK (minor BETWEEN 1 AND 9007199254740991),
    currency text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz CHECK (until_at > from_at)
);
COMMENT ON TABLE governance.budget_award IS 'what a budget round gave a project out of a fund; a resolution that payout spends under, by its id';

-- Nominations are made while they are asked for.
CREATE FUNCTION governance.guard_candidacy() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = NEW.proposal_id AND p.state = 'discussion' AND p.rule ->> 'method' = 'scottish-stv') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.candidacy: no nominations for % now', NEW.proposal_id USING ERRCODE = 'check_violation';
END
$$;

CREATE VIEW governance.candidate AS
    SELECT c.proposal_id, c.member_id, s.statement, s.at AS stood_at, s.kind IS NOT DISTINCT FROM 'stood' AS stands,
           (SELECT pg_catalog.count(*) FROM governance.candidacy AS n
            WHERE n.proposal_id = c.proposal_id AND n.member_id = c.member_id AND n.kind = 'nominated') AS nominations
    FROM (SELECT DISTINCT x.proposal_id, x.member_id FROM governance.candidacy AS x) AS c
    LEFT JOIN LATERAL (SELECT x.kind, x.statement, x.at FROM governance.candidacy AS x
                       WHERE x.proposal_id = c.proposal_id AND x.member_id = c.member_id AND x.kind <> 'nominated' ORDER BY x.seq DESC LIMIT 1) AS s ON true;
COMMENT ON VIEW governance.candidate IS 'whoever stood or was nominated, as it stands now';

CREATE VIEW governance.project_now AS
    SELECT j.id, j.author, j.title, j.body_text, j.created_at, c.cost, c.seq IS NOT NULL AND EXISTS (SELECT FROM governance.project_event AS a
               WHERE a.project_id = j.id AND a.kind = 'agreed' AND a.seq > c.seq) AS agreed,
           (SELECT pg_catalog.count(*) FROM governance.project_event AS s WHERE s.project_id = j.id AND s.kind = 'sponsored') AS sponsors,
           CASE WHEN p.state IN ('lapsed', 'rejected', 'annulled') AND b.kind = 'on_ballot' THEN NULL ELSE b.proposal_id END AS proposal_id,
           CASE WHEN b.kind IS NOT NULL AND NOT (p.state IN ('lapsed', 'rejected', 'annulled') AND b.kind = 'on_ballot') THEN b.kind
                WHEN c.seq IS NOT NULL THEN 'costed'
                WHEN EXISTS (SELECT FROM governance.project_event AS o WHERE o.project_id = j.id AND o.kind = 'proposed') THEN 'proposed'
                ELSE 'draft' END AS state
    FROM governance.project AS j
    LEFT JOIN LATERAL (SELECT e.cost, e.seq FROM governance.project_event AS e WHERE e.project_id = j.id AND e.kind = 'costed' ORDER BY e.seq DESC LIMIT 1) AS c ON true
    LEFT JOIN LATERAL (SELECT e.kind, e.proposal_id FROM governance.project_event AS e WHERE e.project_id = j.id AND e.proposal_id IS NOT NULL
                       ORDER BY e.seq DESC LIMIT 1) AS b ON true
    LEFT JOIN governance.proposal AS p ON p.id = b.proposal_id;
COMMENT ON VIEW governance.project_now IS 'projects with the state of this moment: a round that came to nothing gives its projects back';

CREATE VIEW governance.budget_award_in_force AS
    SELECT a.id AS award_id, a.proposal_id, a.project_id, a.account, a.minor, a.currency, a.from_at, a.until_at FROM governance.budget_award AS a;
CREATE OR REPLACE VIEW governance.resolution_in_force AS
    SELECT p.proposal_id::text AS resolution, s.value ->> 'account' AS account, (s.value -> 'max' ->> 'minor')::bigint AS max_minor, p.from_at, p.until_at
    FROM governance.policy AS p CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(p.spend) AS s
    UNION ALL
    SELECT a.id::text, a.account, a.minor, a.from_at, a.until_at FROM governance.budget_award AS a;

DROP TRIGGER enacted ON governance.office;
DROP TRIGGER enacted ON governance.office_end;
CREATE TRIGGER enacted BEFORE INSERT ON governance.office FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{appointment,seats}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.office_end FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{appointment,seats,recall}');
CREATE TRIGGER enacted BEFORE INSERT ON governance.budget_award FOR EACH ROW EXECUTE FUNCTION governance.guard_enacted('{budget_awards}');
CREATE TRIGGER guard BEFORE INSERT ON governance.candidacy FOR EACH ROW EXECUTE FUNCTION governance.guard_candidacy();
DO $$
DECLARE
    v_table text;
    v_trigger record;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['candidacy', 'project', 'project_event', 'budget_award'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.%I FOR EACH ROW EXECUTE FUNCTION governance.refuse_change()', v_table);
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.%I FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change()', v_table);
    END LOOP;
    FOR v_trigger IN SELECT t.tgname, t.tgrelid::pg_catalog.regclass AS table_name FROM pg_catalog.pg_trigger AS t
                     JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
                     WHERE c.relnamespace = 'governance'::pg_catalog.regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'A'
                       AND c.relname IN ('office', 'office_end', 'candidacy', 'project', 'project_event', 'budget_award') LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', v_trigger.table_name, v_trigger.tgname);
    END LOOP;
END
$$;
RESET ROLE;
