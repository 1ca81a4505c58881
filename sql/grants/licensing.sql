-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schemas licensing and pooldata. One line per right.
SET LOCAL ROLE ch_licensing_owner;

-- the API
GRANT EXECUTE ON FUNCTION licensing.list_purposes() TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_pool(uuid, text, text, jsonb), licensing.edit_pool(uuid, text, bigint, text, jsonb),
    licensing.get_pool(uuid, text), licensing.get_schema(uuid, text, integer), licensing.list_pools(uuid, integer, text),
    licensing.load_growth(uuid, text, text, jsonb), licensing.save_growth(uuid, text, text, text, text, jsonb, jsonb),
    licensing.command_pool(uuid, text, text, text, jsonb), licensing.list_notices(uuid, text, integer, integer),
    licensing.get_quality(uuid, text) TO ch_licensing;
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
    licensing.list_application_events(uuid, uuid), licensing.command_application(uuid, text, uuid, text, bigint, jsonb) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.get_offer(uuid, uuid), licensing.load_acceptance(uuid, text, uuid, text, boolean, text),
    licensing.accept_offer(uuid, text, uuid, text, boolean, text, text, text), licensing.get_agreement(uuid, uuid),
    licensing.list_agreements(uuid, integer, uuid), licensing.terminate_agreement(uuid, text, uuid, jsonb),
    licensing.add_organisation_key(uuid, text, uuid, boolean, jsonb), licensing.list_organisation_keys(uuid, uuid),
    licensing.end_organisation_key(uuid, uuid, boolean, jsonb) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.get_grant(uuid, uuid), licensing.list_grants(uuid, integer, uuid),
    licensing.command_grant(uuid, text, uuid, text, jsonb) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.list_duties(uuid, uuid), licensing.get_duty(uuid, uuid, uuid),
    licensing.declare_duty(uuid, text, uuid, jsonb), licensing.answer_hearing(uuid, text, uuid, jsonb) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_client(uuid, text, text, jsonb, jsonb), licensing.add_secret(uuid, text, text, text, jsonb),
    licensing.add_client_key(uuid, text, text, jsonb, jsonb), licensing.list_clients(uuid), licensing.end_client(uuid, text),
    licensing.load_client_keys(text), licensing.issue_token(text, jsonb, uuid), licensing.issue_person_token(uuid, uuid),
    licensing.revoke_token(text, jsonb, uuid, uuid, bigint) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.load_evaluation(uuid, jsonb), licensing.load_matches(uuid, jsonb), licensing.list_register(text, text, text, integer, uuid),
    licensing.list_refusals(integer, uuid) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.list_catalogue(integer, text), licensing.get_catalogue_entry(text) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.create_webhook(uuid, text, uuid, bytea, text, jsonb), licensing.list_webhooks(uuid, uuid),
    licensing.get_webhook(uuid, uuid, uuid), licensing.end_webhook(uuid, uuid), licensing.enable_webhook(uuid, uuid),
    licensing.rotate_webhook_secret(uuid, text, uuid, bytea, text, jsonb), licensing.ping_webhook(uuid, text, uuid),
    licensing.resend_webhook(uuid, text, uuid, jsonb), licensing.list_webhook_types(),
    licensing.list_webhook_deliveries(uuid, uuid, uuid, text, integer, uuid) TO ch_licensing;

-- the worker
GRANT EXECUTE ON FUNCTION licensing.tick_webhooks(), licensing.take_webhooks(integer, integer),
    licensing.record_webhook(uuid, uuid, uuid, jsonb) TO ch_worker;
GRANT EXECUTE ON FUNCTION licensing.begin_ingest(uuid), licensing.finish_ingest(uuid, jsonb), licensing.delete_contribution_rows(uuid),
    licensing.load_screening(uuid), licensing.store_screening(uuid, bigint, jsonb), licensing.store_offer(uuid, jsonb),
    licensing.load_amendment(uuid), licensing.store_amendment_match(uuid, jsonb), licensing.store_amendment_offer(uuid, jsonb), licensing.tick(text), licensing.take_due_files(),
    licensing.forget_file(uuid) TO ch_worker;

-- consent, tombstones, manifests
GRANT EXECUTE ON FUNCTION licensing.list_tombstones(uuid, uuid, integer, bigint), licensing.acknowledge_tombstones(uuid, text, uuid, jsonb),
    licensing.describe_comparison(uuid, jsonb) TO ch_licensing;
GRANT EXECUTE ON FUNCTION licensing.delivered_grants(uuid), licensing.due_tombstones(uuid), licensing.make_manifests(uuid),
    licensing.add_tombstones(uuid, text, timestamptz, text[]), licensing.end_tombstones(uuid, bigint),
    licensing.mark_tombstones(uuid, uuid, text, bigint, bigint, bigint) TO ch_worker;
GRANT EXECUTE ON FUNCTION licensing.open_manifest(uuid, uuid) TO ch_metering_owner;
GRANT SELECT ON licensing.manifest_overview TO ch_metering_owner, ch_audit;
GRANT EXECUTE ON FUNCTION licensing.check_consents() TO ch_audit;
GRANT EXECUTE ON FUNCTION licensing.erase_member(uuid), licensing.describe_terms(jsonb) TO ch_governance_owner;
GRANT EXECUTE ON FUNCTION licensing.load_catalogue(uuid), licensing.count_coverage(uuid, jsonb, boolean),
    licensing.store_catalogue(uuid, text, text, jsonb, timestamptz, timestamptz, integer) TO ch_worker;

-- other owners
GRANT EXECUTE ON FUNCTION licensing.wake_grant(uuid, timestamptz), licensing.wake_pending(uuid) TO ch_payout_owner;
GRANT EXECUTE ON FUNCTION licensing.check_conditions(uuid, jsonb), licensing.rescreen(uuid, text, uuid) TO ch_governance_owner;
GRANT EXECUTE ON FUNCTION licensing.check_terms(jsonb), licensing.check_pool_charter(jsonb) TO ch_governance_owner;
GRANT EXECUTE ON FUNCTION licensing.lock_epochs(uuid, uuid), licensing.check_grant(uuid, text, text[], text), licensing.is_ruled_out(uuid)
    TO ch_metering_owner, ch_metering, ch_worker;
GRANT EXECUTE ON FUNCTION licensing.person_role(uuid, uuid), licensing.organisation_of(uuid)
    TO ch_metering_owner, ch_payout_owner;
GRANT SELECT ON licensing.covered_contribution TO ch_metering_owner, ch_metering, ch_worker, ch_audit;
GRANT SELECT ON licensing.grant_overview, licensing.contribution_overview, licensing.grant_state_overview
    TO ch_metering_owner, ch_metering, ch_payout_owner, ch_governance_owner, ch_worker, ch_audit;
GRANT EXECUTE ON FUNCTION licensing.organisation_of(uuid), licensing.person_role(uuid, uuid) TO ch_governance_owner;
GRANT SELECT ON licensing.organisation_overview TO ch_governance_owner;
GRANT SELECT ON licensing.organisation_overview TO ch_payout_owner, ch_metering_owner, ch_worker, ch_audit;
GRANT SELECT ON licensing.client_overview, licensing.consent_epoch_overview, licensing.consent_decision TO ch_metering_owner, ch_metering;
GRANT SELECT ON licensing.cohort_overview TO ch_metering_owner;
GRANT SELECT ON licensing.purpose_below, licensing.purpose TO ch_governance_owner, ch_payout_owner, ch_metering_owner, ch_audit;
RESET ROLE;

SET LOCAL ROLE ch_pooldata_owner;
GRANT EXECUTE ON FUNCTION pooldata.table_name(uuid) TO ch_licensing_owner, ch_metering_owner, ch_metering, ch_worker, ch_audit;
GRANT EXECUTE ON FUNCTION pooldata.make_table(uuid, jsonb), pooldata.add_columns(uuid, jsonb), pooldata.delete_contribution(uuid, uuid) TO ch_licensing_owner;
RESET ROLE;
