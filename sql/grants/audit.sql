-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema audit. One line per right.
SET LOCAL ROLE ch_audit_owner;

-- the auditor writes here and nowhere else; findings and runs are never deleted
GRANT SELECT, INSERT, UPDATE ON audit.finding TO ch_audit;
GRANT SELECT, INSERT ON audit.run TO ch_audit;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit.total, audit.progress TO ch_audit;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON audit.work_recipient, audit.work_contribution, audit.work_contributor, audit.work_weight,
    audit.work_share, audit.work_result, audit.work_clamp, audit.work_given, audit.work_fund, audit.work_stored,
    audit.work_inputs, audit.work_line, audit.work_person, audit.work_owned, audit.work_outside, audit.work_used, audit.work_split, audit.work_step TO ch_audit;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA audit TO ch_audit;

-- the pages show runs and findings
GRANT SELECT ON audit.run_overview, audit.finding_overview TO ch_portal, ch_portal_owner;
GRANT EXECUTE ON FUNCTION audit.check_lock(text) TO ch_portal_owner;
RESET ROLE;

-- the auditor reads what the checks of licensing are about: no names, no salts, no secrets are among these
SET LOCAL ROLE ch_licensing_owner;
GRANT SELECT ON licensing.purpose_edge, licensing.region, licensing.pool, licensing.pool_version, licensing.notice, licensing.organisation_class,
    licensing.attestation, licensing.contribution, licensing.consent_event, licensing.consent_current, licensing.consent_epoch, licensing.terms_enacted,
    licensing.application, licensing.application_event, licensing.evaluation, licensing.offer, licensing.agreement, licensing.agreement_signature,
    licensing.organisation_key, licensing.data_grant, licensing.grant_event, licensing.suspension, licensing.tombstone, licensing.tombstone_mark,
    licensing.tombstone_scan, licensing.tombstone_ack TO ch_audit;
-- whether they are there, not what they hold: who stands behind a licensee, what an erasure has to take away
GRANT SELECT (person_id, organisation_id) ON licensing.person_of_organisation TO ch_audit;
GRANT SELECT (event_id) ON licensing.consent_salt TO ch_audit;
GRANT SELECT (contribution_id) ON licensing.contribution_error TO ch_audit;
-- what the log was told of consents, of which it has no salt
GRANT EXECUTE ON FUNCTION licensing.consent_commitments() TO ch_audit;
RESET ROLE;
SET LOCAL ROLE ch_governance_owner;
GRANT SELECT (member_id, erased_at) ON governance.person TO ch_audit;
GRANT SELECT ON governance.affiliation, governance.ballot_log TO ch_audit;
-- that somebody was heard, not what was said
GRANT SELECT (proposal_id, n, kind, accused, held_at, at) ON governance.hearing TO ch_audit;
-- whose keys opened which box, and never the keys
GRANT SELECT (proposal_id, reading, class, member_id, posted_at) ON governance.steward_key TO ch_audit;
RESET ROLE;
SET LOCAL ROLE ch_payout_owner;
GRANT SELECT (id) ON payout.payee_salt TO ch_audit;
GRANT EXECUTE ON FUNCTION payout.lines_salted(uuid, timestamptz) TO ch_audit;
RESET ROLE;
SET LOCAL ROLE ch_metering_owner;
GRANT SELECT ON metering.batch TO ch_audit;
RESET ROLE;
-- which keys stand for which requests, and not what was answered
SET LOCAL ROLE ch_log_owner;
GRANT SELECT (schema_name, actor, key, request_sha256) ON log.idempotency TO ch_audit;
RESET ROLE;

-- which migrations made the database what it is
GRANT USAGE ON SCHEMA migrate TO ch_audit;
GRANT SELECT ON migrate.applied, migrate.loaded TO ch_audit;
