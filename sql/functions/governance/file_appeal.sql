-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the party concerned appeals: an expelled member against the expulsion; whom a sanction is against (a member, or a signatory
--          of the organisation) against it; somebody on the roll against the conduct of a vote. Within appeal_seconds of the act,
--          once an act. Refusals and revocations are appealed against at the application and the grant.
-- Outcomes: opened, too_late, not_found, forbidden, not_allowed_here, idempotency_conflict.
-- Locks: log.replays; advisory transaction lock on (kind, subject); the proposal, exclusive, for a vote.
CREATE OR REPLACE FUNCTION governance.file_appeal(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'file_appeal', p_body);
    v_kind text := p_body ->> 'kind';
    v_subject uuid := (p_body ->> 'subject')::uuid;
    f record;
    v_id uuid;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.appeal ' || v_kind || ' ' || v_subject, 1));
    IF v_kind = 'vote' THEN
        PERFORM governance.lock_proposal(v_subject);  -- it does not come into force between the look and the appeal
    END IF;
    SELECT * INTO f FROM governance.appeal_facts(p_actor, v_kind, v_subject);
    IF f.act IS NULL OR (NOT f.party AND v_kind = 'expulsion') THEN
        RETURN log.refusal('not_found', 'there is no such act');
    ELSIF NOT f.party THEN
        RETURN log.refusal('forbidden', 'the party concerned appeals: whom the sanction is against, or somebody on the roll of the vote');
    ELSIF f.hindrance IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', f.hindrance);
    ELSIF EXISTS (SELECT FROM governance.panel_case AS a WHERE a.kind = v_kind AND a.subject = v_subject AND a.act = f.act) THEN
        RETURN log.refusal('not_allowed_here', 'an act is appealed against once');
    ELSIF NOT f.standing OR f.act_at + governance.duration('appeal_seconds') <= pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('too_late', 'what is appealed against happened at ' || log.time_text(f.act_at)
            || CASE WHEN f.standing THEN '; an appeal is opened within ' || (SELECT c.doc -> 'durations' ->> 'appeal_seconds' FROM governance.charter AS c) || ' seconds'
                    ELSE ', and cannot be undone any more' END);
    END IF;
    v_id := governance.open_appeal(v_kind, v_subject, pg_catalog.jsonb_build_object('grounds', p_body ->> 'grounds', 'appellant', p_actor,
        'act', f.act, 'act_at', log.time_text(f.act_at), 'organisation_id', f.organisation_id));
    RETURN log.remember('governance', p_actor::text, p_key, 'file_appeal', p_body, log.answer('opened', governance.appeal_body(v_id, p_actor)));
END
$$;
