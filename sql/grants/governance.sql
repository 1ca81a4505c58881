-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema governance. One line per right.
SET LOCAL ROLE ch_governance_owner;

-- what is in force, for every part and the auditor
GRANT SELECT ON governance.charter_in_force, governance.member_standing, governance.office_in_force, governance.terms_in_force,
    governance.pool_charter_in_force, governance.benefit_rule_in_force, governance.prohibition_in_force, governance.sanction_in_force,
    governance.asset_in_force, governance.council_decision, governance.resolution_in_force, governance.rule_in_force, governance.bylaw_in_force
    TO ch_licensing_owner, ch_metering_owner, ch_payout_owner, ch_portal_owner, ch_audit_owner,
       ch_governance, ch_licensing, ch_metering, ch_payout, ch_portal, ch_worker, ch_audit;
GRANT SELECT ON governance.standing_overview TO ch_payout_owner, ch_audit;
GRANT SELECT ON governance.asset_register TO ch_governance, ch_portal, ch_portal_owner, ch_audit;
GRANT EXECUTE ON FUNCTION governance.is_office(uuid, text)
    TO ch_licensing_owner, ch_metering_owner, ch_payout_owner, ch_portal_owner, ch_audit_owner;
GRANT EXECUTE ON FUNCTION governance.open_council_case(text, uuid, jsonb), governance.withdraw_case(uuid, text),
    governance.open_appeal(text, uuid, jsonb) TO ch_licensing_owner;
GRANT SELECT ON governance.appeal_decision, governance.board_order TO ch_licensing_owner, ch_licensing, ch_worker, ch_audit;
GRANT EXECUTE ON FUNCTION governance.duration(text), governance.decided_by(uuid), governance.case_due(uuid), governance.vote_council_case(uuid, uuid, jsonb),
    governance.declare_conflict(uuid, uuid, jsonb), governance.open_appeal(text, uuid, jsonb) TO ch_licensing_owner;
GRANT SELECT ON governance.appeal_decision, governance.terms_amendment TO ch_licensing_owner;

-- the front page
GRANT EXECUTE ON FUNCTION governance.list_proposals(uuid, text, text, uuid, integer) TO ch_portal_owner;

-- the auditor recounts from the rows; names and addresses are not among them
GRANT SELECT ON governance.charter, governance.bootstrap_end, governance.member, governance.standing, governance.class_spell, governance.dues,
    governance.state_move, governance.proposal, governance.proposal_version, governance.proposal_event, governance.sponsor, governance.roll_head,
    governance.roll, governance.named_vote, governance.tally, governance.office, governance.office_end, governance.rule_version,
    governance.bylaw_version, governance.terms_version, governance.pool_charter, governance.benefit_rule, governance.prohibition,
    governance.prohibition_lift, governance.policy, governance.council_case, governance.council_vote, governance.opinion, governance.sanction,
    governance.asset, governance.asset_event, governance.successor, governance.conduct_voice, governance.case_condition, governance.condition_vote, governance.sanction_lift,
    governance.sanction_screening, governance.grant_order, governance.panel_case, governance.panel_lot, governance.panel_candidate,
    governance.panel_commit, governance.panel_reveal, governance.panel_seat, governance.panel_pass, governance.panel_vote TO ch_audit;

-- the HTTP role
GRANT EXECUTE ON FUNCTION governance.is_bootstrap(), governance.apply_for_membership(uuid, text, jsonb, jsonb),
    governance.decide_application(uuid, text, uuid, jsonb), governance.leave_membership(uuid, uuid), governance.erase_member(uuid, uuid), governance.change_class(uuid, uuid, jsonb),
    governance.record_dues(uuid, text, uuid, jsonb), governance.change_standing(uuid, text, uuid, text, jsonb), governance.get_member(uuid, uuid), governance.list_members(uuid, text, boolean, uuid, integer),
    governance.create_proposal(uuid, text, jsonb), governance.edit_proposal(uuid, integer, uuid, jsonb),
    governance.submit_proposal(uuid, uuid), governance.withdraw_proposal(uuid, uuid), governance.sponsor_proposal(uuid, uuid),
    governance.comment_proposal(uuid, text, uuid, jsonb), governance.hear_accused(uuid, text, uuid, jsonb), governance.refer_proposal(uuid, uuid, jsonb),
    governance.give_opinion(uuid, uuid, jsonb), governance.get_proposal(uuid, uuid),
    governance.list_proposals(uuid, text, text, uuid, integer), governance.cast_named_vote(uuid, uuid, jsonb),
    governance.get_roll(uuid, uuid, integer, uuid, integer), governance.check_self(uuid, uuid), governance.get_turnout(uuid, uuid),
    governance.list_offices(text), governance.list_council_cases(uuid, text, uuid, integer),
    governance.declare_conflict(uuid, uuid, jsonb), governance.vote_council_case(uuid, uuid, jsonb),
    governance.get_council_case(uuid, uuid), governance.list_council_decisions(text, uuid, integer),
    governance.propose_condition(uuid, uuid, jsonb), governance.vote_condition(uuid, uuid, jsonb),
    governance.declare_affiliation(uuid, text, uuid, jsonb), governance.list_affiliations(uuid, uuid), governance.end_affiliation(uuid, uuid),
    governance.get_sanction(uuid), governance.lift_sanction(uuid, text, uuid, jsonb),
    governance.file_appeal(uuid, text, jsonb), governance.list_appeals(uuid, text, text, uuid, integer), governance.get_appeal(uuid, uuid),
    governance.decide_appeal(uuid, uuid, jsonb), governance.annul_proposal(uuid, uuid, jsonb), governance.pass_panel_seat(uuid, uuid, jsonb),
    governance.commit_lot(uuid, uuid, jsonb), governance.reveal_lot(uuid, uuid, jsonb),
    governance.list_panel_volunteers(uuid, uuid, integer), governance.volunteer_for_panel(uuid, text, jsonb),
    governance.withdraw_volunteer(uuid, uuid),
    governance.propose_sanction(uuid, text, jsonb), governance.list_notices(uuid, bigint, integer),
    governance.set_notice_preferences(uuid, jsonb) TO ch_governance;

-- sealed ballots: what members and stewards do, what anybody looks up, what the worker opens
GRANT EXECUTE ON FUNCTION governance.cast_ballot(uuid, uuid, text, text), governance.post_steward_key(uuid, uuid, text),
    governance.reveal_steward_key(uuid, uuid, text, text), governance.get_tracker(uuid, text, text), governance.get_bundle(uuid, uuid, integer),
    governance.bundle_page(uuid, uuid, integer, text, text, integer) TO ch_governance;
GRANT EXECUTE ON FUNCTION governance.load_box(uuid, integer), governance.list_ballots(text, text, integer),
    governance.store_opened(uuid, integer, jsonb, jsonb), governance.store_merged(uuid, integer, jsonb, jsonb, text, jsonb) TO ch_worker;
GRANT SELECT ON governance.ballot, governance.opened_choice, governance.spoiled_ballot, governance.opened_merged, governance.merged_box TO ch_audit;

-- elections and budget rounds
GRANT EXECUTE ON FUNCTION governance.stand_for_election(uuid, uuid, jsonb), governance.stand_down(uuid, uuid), governance.nominate_candidate(uuid, uuid, jsonb),
    governance.create_project(uuid, text, jsonb), governance.propose_project(uuid, uuid), governance.cost_project(uuid, uuid, jsonb),
    governance.sponsor_project(uuid, uuid), governance.get_project(uuid, uuid), governance.list_projects(uuid, text, uuid, integer), governance.export_round(uuid) TO ch_governance;
GRANT SELECT ON governance.candidacy, governance.project, governance.project_event, governance.budget_award TO ch_audit;
GRANT SELECT ON governance.budget_award_in_force TO ch_payout_owner, ch_governance, ch_payout, ch_portal, ch_worker, ch_audit;

-- the worker
GRANT EXECUTE ON FUNCTION governance.tick(), governance.load_tally(uuid, integer), governance.store_tally(uuid, integer, jsonb, jsonb, jsonb),
    governance.tick_notices(), governance.take_notices(integer, integer), governance.settle_notice(bigint, text), governance.put_off_notice(bigint, text),
    governance.skip_notices(text) TO ch_worker;
-- licensing proposes a sanction when it revoked a grant on the board's order
GRANT EXECUTE ON FUNCTION governance.propose_order_sanction(uuid, jsonb) TO ch_licensing_owner;
RESET ROLE;
