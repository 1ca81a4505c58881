-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema governance. One line per right.
SET LOCAL ROLE ch_governance_owner;

-- what is in force, for every part and the auditor
GRANT SELECT ON governance.charter_in_force, governance.member_standing, governance.office_in_force, governance.terms_in_force,
    governance.pool_charter_in_force, governance.benefit_rule_in_force, governance.prohibition_in_force, governance.sanction_in_force,
    governance.asset_in_force, governance.council_decision, governance.resolution_in_force, governance.rule_in_force, governance.bylaw_in_force
    TO ch_licensing_owner, ch_metering_owner, ch_payout_owner, ch_portal_owner, ch_audit_owner,
       ch_governance, ch_licensing, ch_metering, ch_payout, ch_portal, ch_worker, ch_audit;
GRANT SELECT ON governance.asset_register TO ch_governance, ch_portal, ch_audit;
GRANT EXECUTE ON FUNCTION governance.is_office(uuid, text)
    TO ch_licensing_owner, ch_metering_owner, ch_payout_owner, ch_portal_owner, ch_audit_owner;
GRANT EXECUTE ON FUNCTION governance.open_council_case(text, uuid, jsonb) TO ch_licensing_owner;

-- the auditor recounts from the rows; names and addresses are not among them
GRANT SELECT ON governance.charter, governance.bootstrap_end, governance.member, governance.standing, governance.class_spell, governance.dues,
    governance.state_move, governance.proposal, governance.proposal_version, governance.proposal_event, governance.sponsor, governance.roll_head,
    governance.roll, governance.named_vote, governance.tally, governance.office, governance.office_end, governance.rule_version,
    governance.bylaw_version, governance.terms_version, governance.pool_charter, governance.benefit_rule, governance.prohibition,
    governance.prohibition_lift, governance.policy, governance.council_case, governance.council_vote, governance.opinion, governance.sanction,
    governance.asset, governance.asset_event TO ch_audit;

-- the HTTP role
GRANT EXECUTE ON FUNCTION governance.is_bootstrap(), governance.apply_for_membership(uuid, text, jsonb, jsonb),
    governance.decide_application(uuid, text, uuid, jsonb), governance.leave_membership(uuid, uuid), governance.change_class(uuid, uuid, jsonb),
    governance.record_dues(uuid, text, uuid, jsonb), governance.get_member(uuid, uuid), governance.list_members(uuid, text, uuid, integer),
    governance.create_proposal(uuid, text, jsonb), governance.edit_proposal(uuid, integer, uuid, jsonb),
    governance.submit_proposal(uuid, uuid), governance.withdraw_proposal(uuid, uuid), governance.sponsor_proposal(uuid, uuid),
    governance.comment_proposal(uuid, text, uuid, jsonb), governance.refer_proposal(uuid, uuid, jsonb),
    governance.give_opinion(uuid, uuid, jsonb), governance.get_proposal(uuid, uuid),
    governance.list_proposals(uuid, text, text, uuid, integer), governance.cast_named_vote(uuid, uuid, jsonb),
    governance.get_roll(uuid, uuid, integer, uuid, integer), governance.check_self(uuid, uuid), governance.get_turnout(uuid),
    governance.list_offices(text), governance.list_council_cases(uuid, text, uuid, integer),
    governance.declare_conflict(uuid, uuid, jsonb), governance.vote_council_case(uuid, uuid, jsonb),
    governance.propose_sanction(uuid, text, jsonb), governance.list_notices(uuid, bigint, integer),
    governance.set_notice_preferences(uuid, jsonb) TO ch_governance;

-- the worker
GRANT EXECUTE ON FUNCTION governance.tick(), governance.load_tally(uuid, integer), governance.store_tally(uuid, integer, jsonb, jsonb) TO ch_worker;
RESET ROLE;
