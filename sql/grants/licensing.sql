-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schemas licensing and pooldata. One line per right.
SET LOCAL ROLE ch_licensing_owner;

-- the API
GRANT EXECUTE ON FUNCTION licensing.list_purposes() TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_pool(uuid, text, text, jsonb), licensing.edit_pool(uuid, text, bigint, text, jsonb),
    licensing.get_pool(uuid, text), licensing.get_schema(uuid, text), licensing.list_pools(uuid, integer, text) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_contribution(uuid, text, jsonb), licensing.get_contribution(uuid, uuid),
    licensing.list_contributions(uuid, text, integer, uuid), licensing.list_errors(uuid, uuid),
    licensing.withdraw_contribution(uuid, text, uuid) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_upload(uuid, uuid, bigint, text, text, text), licensing.get_upload(uuid, uuid),
    licensing.lease_upload(uuid, uuid, bigint, bigint), licensing.advance_upload(uuid, uuid, uuid, bigint),
    licensing.delete_upload(uuid, uuid) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.record_consent(uuid, text, jsonb), licensing.withdraw_consents(uuid, text, jsonb),
    licensing.list_consents(uuid, text), licensing.get_receipt(uuid, uuid) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.load_terms_draft(uuid, text, uuid, text, text), licensing.save_terms(uuid, text, uuid, bigint, text, jsonb, jsonb),
    licensing.get_terms(uuid, uuid), licensing.list_terms(uuid, text, integer, uuid), licensing.load_comparison(uuid, uuid, uuid) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.register_organisation(uuid, text, bytea, jsonb), licensing.add_person(uuid, text, uuid, bytea, jsonb),
    licensing.get_organisation(uuid, uuid), licensing.list_organisations(uuid, integer, uuid), licensing.verify_class(uuid, text, uuid, jsonb), licensing.set_quotas(uuid, uuid, jsonb),
    licensing.attest(uuid, text, uuid, jsonb), licensing.list_attestations(uuid, uuid) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_application(uuid, text, jsonb), licensing.edit_application(uuid, uuid, bigint, jsonb),
    licensing.get_application(uuid, uuid), licensing.list_applications(uuid, text, integer, uuid),
    licensing.list_application_events(uuid, uuid), licensing.command_application(uuid, text, uuid, text, jsonb) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.get_offer(uuid, uuid), licensing.load_acceptance(uuid, text, uuid, text, boolean),
    licensing.accept_offer(uuid, text, uuid, text, boolean, text, text), licensing.get_agreement(uuid, uuid) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.get_grant(uuid, uuid), licensing.list_grants(uuid, integer, uuid),
    licensing.command_grant(uuid, text, uuid, text, jsonb) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_client(uuid, text, text, jsonb), licensing.add_secret(uuid, text, text, text, jsonb),
    licensing.list_clients(uuid), licensing.end_client(uuid, text), licensing.issue_token(text, text, uuid),
    licensing.revoke_token(text, text, uuid, uuid, bigint) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.load_evaluation(uuid, jsonb), licensing.list_register(integer, uuid),
    licensing.list_refusals(integer, uuid) TO ch_licensing;

-- the worker
GRANT EXECUTE ON FUNCTION licensing.begin_ingest(uuid), licensing.finish_ingest(uuid, jsonb), licensing.delete_contribution_rows(uuid),
    licensing.load_screening(uuid), licensing.store_screening(uuid, bigint, jsonb), licensing.tick(), licensing.take_due_files(),
    licensing.forget_file(uuid) TO ch_worker;

-- other owners
GRANT EXECUTE ON FUNCTION licensing.check_terms(jsonb), licensing.check_pool_charter(jsonb) TO ch_governance_owner;
GRANT EXECUTE ON FUNCTION licensing.lock_epochs(uuid, uuid), licensing.check_grant(uuid, text, text[], text)
    TO ch_metering_owner, ch_metering, ch_worker;
GRANT EXECUTE ON FUNCTION licensing.person_role(uuid, uuid), licensing.organisation_of(uuid)
    TO ch_metering_owner, ch_payout_owner;
GRANT SELECT ON licensing.covered_contribution TO ch_metering_owner, ch_metering, ch_worker, ch_audit;
GRANT SELECT ON licensing.grant_overview, licensing.contribution_overview, licensing.grant_state_overview
    TO ch_metering_owner, ch_metering, ch_payout_owner, ch_governance_owner, ch_worker, ch_audit;
GRANT SELECT ON licensing.organisation_overview TO ch_payout_owner, ch_metering_owner, ch_worker, ch_audit;
GRANT SELECT ON licensing.purpose_below, licensing.purpose TO ch_governance_owner, ch_payout_owner, ch_metering_owner, ch_audit;
RESET ROLE;

SET LOCAL ROLE ch_pooldata_owner;
GRANT EXECUTE ON FUNCTION pooldata.table_name(uuid) TO ch_licensing_owner, ch_metering_owner, ch_metering, ch_worker, ch_audit;
GRANT EXECUTE ON FUNCTION pooldata.make_table(uuid, jsonb), pooldata.delete_contribution(uuid, uuid) TO ch_licensing_owner;
RESET ROLE;
