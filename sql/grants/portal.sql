-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema portal. One line per right.
SET LOCAL ROLE ch_portal_owner;

GRANT EXECUTE ON FUNCTION portal.accept_invite(text, bytea, text), portal.find_account(bytea, text), portal.record_failure(bytea, text),
    portal.start_sign_in(uuid, bytea, text, bigint), portal.renew_sign_in(bytea), portal.end_sign_in(bytea), portal.find_password(uuid),
    portal.change_password(uuid, text, text, text), portal.store_totp_key(uuid, bytea), portal.find_totp_key(uuid),
    portal.confirm_totp_key(uuid, bytea, bigint), portal.list_audit_runs(uuid, integer), portal.read_overview(), portal.read_oversight(uuid),
    portal.list_audit_findings(uuid, text, text, text, uuid, integer) TO ch_portal;
GRANT EXECUTE ON FUNCTION portal.make_invite(text, uuid, bytea, uuid), portal.repeat_invite(log.answer, text, uuid, bytea, uuid, boolean) TO ch_governance_owner, ch_licensing_owner;
GRANT EXECUTE ON FUNCTION portal.erase_account(uuid) TO ch_governance_owner;
RESET ROLE;
