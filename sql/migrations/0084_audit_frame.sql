-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the frame of the auditor keeps beside the findings' figures, and what the pages show.
SET LOCAL ROLE ch_audit_owner;

ALTER TABLE audit.finding ADD COLUMN total text CONSTRAINT finding_total CHECK (total IN ('bad_signature', 'misattributed')),
    ADD COLUMN id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid() CONSTRAINT finding_id UNIQUE;
COMMENT ON COLUMN audit.finding.total IS 'the total it goes to, where it is not gain, loss or lag';
COMMENT ON COLUMN audit.finding.id IS 'for the pages alone: what an audit finds is known by check, object and aspect';
CREATE UNIQUE INDEX finding_settled_once ON audit.finding (settled_by) WHERE state = 'settled';
COMMENT ON INDEX audit.finding_settled_once IS 'one transaction books one loss';

CREATE OR REPLACE VIEW audit.finding_overview AS
    SELECT check_id, object_type, object_id, aspect, severity, expected, found, delta_minor, direction, text, first_run, last_run, state,
        reason, person, settled_by, id
    FROM audit.finding;

RESET ROLE;
