-- SPDX-License-Identifier: AGPL-3.0-or-later
-- An office that a vote gave is held against the vote: the seat, the body and the term of its effect, and whom it chose. Bundles are given in pages.
SET LOCAL ROLE ch_governance_owner;

-- One holder a seat at a time; no observer; board and council exclude each other. Of an election only whom its count elected, of an appointment only
-- who was appointed.
CREATE OR REPLACE FUNCTION governance.guard_office() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_effect jsonb := governance.effect_of(NEW.proposal_id);
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
    IF NEW.proposal_id IS NOT NULL AND (NEW.body::text = v_effect ->> 'body' AND CASE v_effect ->> 'schema'
            WHEN 'appointment' THEN NEW.member_id = (v_effect ->> 'member_id')::uuid
            WHEN 'seats' THEN NEW.class::text IS NOT DISTINCT FROM v_effect ->> 'class'
                AND NEW.seat IN (SELECT pg_catalog.concat(NEW.class, n) FROM pg_catalog.generate_series(1, (v_effect ->> 'seats')::integer) AS n)
                AND NEW.until_at < (v_effect ->> 'until')::timestamptz + interval '1 second'
                AND NEW.member_id IN (SELECT e.member_id FROM governance.elected(NEW.proposal_id) AS e) END) IS NOT TRUE THEN
        RAISE EXCEPTION 'governance.office: proposal % gave seat % of % to nobody like this', NEW.proposal_id, NEW.seat, NEW.body
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP FUNCTION IF EXISTS governance.bundle_ballots(text, boolean);
RESET ROLE;
