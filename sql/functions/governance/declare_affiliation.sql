-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member is staff of an organisation: said by the member, or recorded by the licensing or membership officer. Seats held in open
--          cases about that organisation that have not voted get a conflict.
-- Outcomes: created, not_found, forbidden, invalid, idempotency_conflict.
-- Locks: log.replays; advisory transaction lock on the member; rows of the cases.
CREATE OR REPLACE FUNCTION governance.declare_affiliation(p_actor uuid, p_key text, p_member uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'declare_affiliation ' || p_member, p_body);
    v_organisation uuid := (p_body ->> 'organisation_id')::uuid;
    v_row governance.affiliation;
    v_case uuid;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF p_actor IS DISTINCT FROM p_member AND NOT governance.is_office(p_actor, 'licensing_officer') AND NOT governance.is_office(p_actor, 'membership_officer') THEN
        RETURN log.refusal('forbidden', 'the member says so, or the licensing or membership officer records it');
    ELSIF NOT EXISTS (SELECT FROM governance.member AS m WHERE m.member_id = p_member) THEN
        RETURN log.refusal('not_found', 'no such member');
    ELSIF NOT EXISTS (SELECT FROM licensing.organisation_overview AS o WHERE o.organisation_id = v_organisation) THEN
        RETURN log.refusal('invalid', 'no such organisation', '[{"pointer": "/organisation_id", "detail": "no such organisation is registered"}]');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || p_member, 1));
    SELECT * INTO v_row FROM governance.affiliation AS a WHERE a.member_id = p_member AND a.organisation_id = v_organisation
        AND NOT EXISTS (SELECT FROM governance.affiliation_end AS e WHERE e.affiliation_id = a.id);
    IF NOT FOUND THEN
        INSERT INTO governance.affiliation (id, member_id, organisation_id, recorded_by, at)
        VALUES (log.new_id(), p_member, v_organisation, p_actor, pg_catalog.clock_timestamp()) RETURNING * INTO v_row;
        FOR v_case IN SELECT c.id FROM governance.council_case AS c WHERE c.state = 'open' AND governance.case_organisation(c.id) = v_organisation ORDER BY c.id FOR UPDATE LOOP
            UPDATE governance.council_vote SET conflict = 'staff of the organisation', at = pg_catalog.clock_timestamp()
            WHERE case_id = v_case AND member_id = p_member AND conflict IS NULL AND choice IS NULL;
            PERFORM governance.settle_case(v_case);
        END LOOP;
    END IF;
    RETURN log.remember('governance', p_actor::text, p_key, 'declare_affiliation ' || p_member, p_body, log.answer('created',
        pg_catalog.jsonb_build_object('id', v_row.id, 'member_id', p_member, 'organisation_id', v_organisation, 'since', log.time_text(v_row.at), 'until', NULL)));
END
$$;
