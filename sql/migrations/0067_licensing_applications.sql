-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Applications as the matrix has them: drafts with holes, co-applicants, questions and changes, appeals; offers that replace an agreement;
-- agreements that end; keys that organisations sign with. What must hold of states, agreements and grants is checked here at the commit.
SET LOCAL ROLE ch_licensing_owner;

-- ---- applications ----

ALTER TABLE licensing.application ALTER COLUMN pool_id DROP NOT NULL, ALTER COLUMN purpose DROP NOT NULL, ALTER COLUMN region DROP NOT NULL,
    ALTER COLUMN duration_days DROP NOT NULL, ALTER COLUMN project DROP NOT NULL,
    ALTER COLUMN actions SET DEFAULT '{}', ALTER COLUMN columns SET DEFAULT '{}', ALTER COLUMN modes SET DEFAULT '{}';
ALTER TABLE licensing.application ADD COLUMN private text[] NOT NULL DEFAULT '{}'
    CHECK (private <@ ARRAY['project', 'restriction', 'people']);
ALTER TABLE licensing.application ADD COLUMN appeal_id uuid;
ALTER TABLE licensing.application ADD COLUMN held boolean NOT NULL DEFAULT false;
ALTER TABLE licensing.application ADD CONSTRAINT complete CHECK (state IN ('draft', 'returned', 'withdrawn', 'lapsed')
    OR pool_id IS NOT NULL AND purpose IS NOT NULL AND region IS NOT NULL AND duration_days IS NOT NULL AND project IS NOT NULL
       AND pg_catalog.cardinality(actions) > 0 AND pg_catalog.cardinality(columns) > 0 AND pg_catalog.cardinality(modes) > 0);
CREATE INDEX application_waiting ON licensing.application (changed_at) WHERE state IN ('draft', 'returned');
COMMENT ON COLUMN licensing.application.private IS 'which of its texts the applicant marked private: they stay out of what the public sees';
COMMENT ON COLUMN licensing.application.held IS 'an appeal was upheld by the panel: the next match refuses nothing by itself, a person decides';

CREATE TABLE licensing.co_applicant (
    application_id uuid NOT NULL REFERENCES licensing.application,
    person_id uuid NOT NULL REFERENCES licensing.person_of_organisation,
    invited_by uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (application_id, person_id)
);
CREATE INDEX co_applicant_person ON licensing.co_applicant (person_id);
COMMENT ON TABLE licensing.co_applicant IS 'persons of any organisation whom an applicant asked to write along: they read and edit';

-- Every event is a step of the matrix and begins where the last one ended (the first: create).
CREATE FUNCTION licensing.guard_application_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last licensing.application_event;
BEGIN
    SELECT * INTO v_last FROM licensing.application_event WHERE application_id = NEW.application_id ORDER BY seq DESC LIMIT 1;
    IF v_last.seq IS NULL THEN
        IF NEW.seq = 1 AND NEW.command = 'create' AND NEW.from_state IS NULL AND NEW.to_state = 'draft' THEN
            RETURN NEW;
        END IF;
    ELSIF NEW.seq = v_last.seq + 1 AND NEW.from_state = v_last.to_state AND EXISTS (
            SELECT FROM licensing.step AS s WHERE s.object = 'application' AND s.state = NEW.from_state AND s.command = NEW.command
                AND s.next = NEW.to_state AND pg_catalog.strpos(s.who, NEW.role) > 0) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'licensing.application_event: % of % is no step of the matrix', NEW.command, NEW.application_id USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER guard BEFORE INSERT ON licensing.application_event FOR EACH ROW EXECUTE FUNCTION licensing.guard_application_event();
ALTER TABLE licensing.application_event ENABLE ALWAYS TRIGGER guard;

-- N8: the state is what the events give.
CREATE FUNCTION licensing.check_application_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT a.state FROM licensing.application AS a WHERE a.id = NEW.id) IS DISTINCT FROM (
            SELECT e.to_state FROM licensing.application_event AS e WHERE e.application_id = NEW.id ORDER BY e.seq DESC LIMIT 1) THEN
        RAISE EXCEPTION 'licensing.application: state of % is not that of its events', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER replay AFTER INSERT OR UPDATE OF state ON licensing.application DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing.check_application_state();
ALTER TABLE licensing.application ENABLE ALWAYS TRIGGER replay;

-- ---- keys of organisations ----

CREATE TABLE licensing.organisation_key (
    kid text PRIMARY KEY CHECK (kid ~ '^[A-Za-z0-9_-]{43}$'),
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    x text NOT NULL UNIQUE CHECK (x ~ '^[A-Za-z0-9_-]{43}$'),
    name text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    ended_by uuid,
    ended_at timestamptz
);
CREATE INDEX organisation_key_of ON licensing.organisation_key (organisation_id, added_at);
COMMENT ON TABLE licensing.organisation_key IS 'Ed25519 keys (RFC 8037) an organisation accepts agreements with; a key belongs to one organisation, for ever';
COMMENT ON COLUMN licensing.organisation_key.kid IS 'RFC 7638 thumbprint';

CREATE FUNCTION licensing.guard_organisation_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
        OR pg_catalog.to_jsonb(NEW) - 'ended_at' - 'ended_by' <> pg_catalog.to_jsonb(OLD) - 'ended_at' - 'ended_by' THEN
        RAISE EXCEPTION 'licensing.organisation_key: a key only ends' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing.organisation_key FOR EACH ROW EXECUTE FUNCTION licensing.guard_organisation_key();
ALTER TABLE licensing.organisation_key ENABLE ALWAYS TRIGGER guard;

-- ---- offers and agreements ----

ALTER TABLE licensing.offer ADD COLUMN kind text NOT NULL DEFAULT 'first' CHECK (kind IN ('first', 'amendment'));
ALTER TABLE licensing.offer ADD COLUMN replaces uuid REFERENCES licensing.agreement;
ALTER TABLE licensing.offer ADD CONSTRAINT replaces_one CHECK ((kind = 'first') = (replaces IS NULL));
COMMENT ON COLUMN licensing.offer.replaces IS 'the agreement that a new version is offered for';

ALTER TABLE licensing.agreement ADD CONSTRAINT says_so CHECK (COALESCE((body ->> 'exclusive')::boolean = exclusive
    AND (body ->> 'transferable')::boolean = transferable AND body ->> 'purpose' = purpose AND body ->> 'terms_sha256' = terms_sha256
    AND (body ->> 'not_after') IS NOT NULL AND (body ->> 'licensee')::uuid = organisation_id, false));

CREATE FUNCTION licensing.check_new_agreement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM governance.prohibition_in_force AS p
               JOIN licensing.purpose_below AS b ON b.ancestor = p.purpose AND b.code = NEW.purpose
               WHERE p.from_at <= pg_catalog.clock_timestamp() AND (p.until_at IS NULL OR p.until_at > pg_catalog.clock_timestamp())) THEN
        RAISE EXCEPTION 'licensing.agreement: purpose % is prohibited', NEW.purpose USING ERRCODE = 'check_violation';
    ELSIF NOT EXISTS (SELECT FROM licensing.offer AS o WHERE o.id = NEW.offer_id AND o.agreement_hash = NEW.sha256 AND o.agreement = NEW.body) THEN
        RAISE EXCEPTION 'licensing.agreement: % is not what was offered', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER check_new AFTER INSERT ON licensing.agreement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing.check_new_agreement();
ALTER TABLE licensing.agreement ENABLE ALWAYS TRIGGER check_new;

-- The council's decision binds: what the match or the matrix sent to it is granted only when it approved, and nothing is granted against
-- its newest decision, unless the appeals panel reversed the refusal after that. The grant gives no more than the agreement says.
CREATE FUNCTION licensing.check_grant_agreed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_offer licensing.offer;
    v_agreed jsonb;
BEGIN
    SELECT o.* INTO v_offer FROM licensing.offer AS o JOIN licensing.agreement AS a ON a.offer_id = o.id WHERE a.id = NEW.agreement_id;
    SELECT a.body INTO v_agreed FROM licensing.agreement AS a WHERE a.id = NEW.agreement_id;
    IF v_offer.evaluation_id <> NEW.evaluation_id THEN
        RAISE EXCEPTION 'licensing.data_grant: % rests on another evaluation than its offer', NEW.id USING ERRCODE = 'check_violation';
    ELSIF (v_offer.case_id IS NOT NULL OR EXISTS (SELECT FROM licensing.evaluation AS e JOIN licensing.evaluation AS k
                ON k.subject = e.subject AND k.terms_sha256 = e.terms_sha256 AND k.at BETWEEN e.at - interval '1 minute' AND e.at
                WHERE e.id = NEW.evaluation_id AND k.decision = 'council'))
        AND NOT EXISTS (SELECT FROM governance.council_decision AS d
                        WHERE d.case_id = v_offer.case_id AND d.subject = v_offer.application_id AND d.approved) THEN
        RAISE EXCEPTION 'licensing.data_grant: % was not approved by the council', NEW.id USING ERRCODE = 'check_violation';
    ELSIF EXISTS (SELECT FROM (SELECT d.approved, d.decided_at FROM governance.council_decision AS d
                               WHERE d.kind = 'application' AND d.subject = v_offer.application_id AND d.decided_at IS NOT NULL
                               ORDER BY d.decided_at DESC LIMIT 1) AS n
                  WHERE NOT n.approved AND NOT EXISTS (SELECT FROM licensing.application_event AS e
                      WHERE e.application_id = v_offer.application_id AND e.command = 'reverse' AND e.at > n.decided_at)) THEN
        RAISE EXCEPTION 'licensing.data_grant: % is against the council''s decision', NEW.id USING ERRCODE = 'check_violation';
    ELSIF NEW.plan <> v_agreed -> 'columns' OR NEW.min_cohort <> (v_agreed ->> 'min_cohort')::integer OR NEW.quotas <> v_agreed -> 'quotas'
        OR pg_catalog.to_jsonb(NEW.actions) <> v_agreed -> 'actions' OR pg_catalog.to_jsonb(NEW.modes) <> v_agreed -> 'modes'
        OR NEW.until_at > (v_agreed ->> 'not_after')::timestamptz OR NEW.rule <> v_agreed ->> 'rule' OR NEW.purpose <> v_agreed ->> 'purpose' THEN
        RAISE EXCEPTION 'licensing.data_grant: % gives something else than its agreement', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER check_agreed AFTER INSERT ON licensing.data_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing.check_grant_agreed();
ALTER TABLE licensing.data_grant ENABLE ALWAYS TRIGGER check_agreed;

CREATE TABLE licensing.amendment (
    id uuid PRIMARY KEY,
    agreement_id uuid NOT NULL REFERENCES licensing.agreement,
    cause text NOT NULL CHECK (cause = 'terms'),
    origin uuid NOT NULL,
    terms_sha256 text,
    ends_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    UNIQUE (agreement_id, cause, origin)
);
COMMENT ON TABLE licensing.amendment IS 'a vote that touches an agreement: the licensee accepts a new version by ends_at, or the agreement ends; silence ends it';
COMMENT ON COLUMN licensing.amendment.origin IS 'the proposal that said so';

CREATE TABLE licensing.agreement_event (
    agreement_id uuid NOT NULL REFERENCES licensing.agreement,
    seq integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('terminated', 'replaced', 'ended', 'reinstated')),
    party text NOT NULL CHECK (party IN ('licensee', 'trust')),
    actor uuid,
    cause text NOT NULL,
    detail text,
    effective_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (agreement_id, seq)
);
COMMENT ON TABLE licensing.agreement_event IS 'how agreements end: terminated (by the licensee, or with a grant that the board had revoked), replaced by a new version, ended by silence; reinstated undoes a termination by the trust. The cause is public';

CREATE VIEW licensing.agreement_state AS
    SELECT a.id AS agreement_id, e.kind AS last_event, e.cause, e.effective_at, e.at AS event_at,
        COALESCE(e.effective_at <= pg_catalog.clock_timestamp(), false) OR a.until_at <= pg_catalog.clock_timestamp() AS over
    FROM licensing.agreement AS a
    LEFT JOIN LATERAL (SELECT * FROM licensing.agreement_event AS x WHERE x.agreement_id = a.id AND x.kind <> 'reinstated'
        AND NOT (x.kind = 'terminated' AND x.party = 'trust' AND EXISTS (SELECT FROM licensing.agreement_event AS r
            WHERE r.agreement_id = a.id AND r.kind = 'reinstated' AND r.seq > x.seq))
        ORDER BY x.seq DESC LIMIT 1) AS e ON true;
COMMENT ON VIEW licensing.agreement_state IS 'whether an agreement is over, by its term or by the last event that stands';

CREATE TABLE licensing.agreement_due (
    agreement_id uuid NOT NULL REFERENCES licensing.agreement,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (agreement_id, due_at)
);
CREATE INDEX agreement_due_at ON licensing.agreement_due (due_at);
COMMENT ON TABLE licensing.agreement_due IS 'when licensing.review_agreement must look at an agreement: an ending takes effect then, or the time to accept a new version is over. Rows go when it has looked';

CREATE TABLE licensing.terms_told (
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    version integer NOT NULL,
    upto uuid,
    done_at timestamptz,
    PRIMARY KEY (pool_id, version)
);
CREATE INDEX agreement_of_pool ON licensing.agreement (pool_id, id);
COMMENT ON TABLE licensing.terms_told IS 'versions of terms whose consequences for the agreements of their pool were drawn, once; agreements made later draw their own';
COMMENT ON COLUMN licensing.terms_told.upto IS 'the last agreement that was worked off, in the order of their ids; done_at when there were no more';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['co_applicant', 'amendment', 'agreement_event'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing.%I
            FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE licensing.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;

-- ---- what governance shows and does for it ----

SET LOCAL ROLE ch_governance_owner;

CREATE VIEW governance.terms_amendment AS
    SELECT t.pool, t.version, t.sha256::text AS sha256, t.proposal_id, t.from_at,
        (v.effect ->> 'amends_agreements_after_seconds')::bigint AS after_seconds
    FROM governance.terms_version AS t
    JOIN LATERAL (SELECT x.effect FROM governance.proposal_version AS x WHERE x.proposal_id = t.proposal_id ORDER BY x.version DESC LIMIT 1) AS v ON true
    WHERE v.effect ->> 'schema' = 'terms_version' AND v.effect ? 'amends_agreements_after_seconds';
COMMENT ON VIEW governance.terms_amendment IS 'terms whose proposal says that they amend agreements: those end so long after the terms came into force unless a new version is accepted';

-- A prohibition and a grant of the same instant: acceptances hold this lock shared until they commit, so the prohibition comes after them and
-- dates from then (not from the begin of its transaction, which may be older), or before them and is seen by their check at the commit.
CREATE FUNCTION governance.wait_for_grants() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('licensing.prohibition', 20));
    IF NEW.from_at = pg_catalog.now() THEN
        NEW.from_at := pg_catalog.clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER wait_for_grants BEFORE INSERT ON governance.prohibition FOR EACH ROW EXECUTE FUNCTION governance.wait_for_grants();

RESET ROLE;
