-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a finding rests on besides the database: who was not given it cannot say that the finding is gone.
SET LOCAL ROLE ch_audit_owner;

ALTER TABLE audit.finding ADD COLUMN rests_on text;
COMMENT ON COLUMN audit.finding.rests_on IS 'options of the auditor and names of witnesses, parted by blanks, whose evidence it was decided on; NULL: the database alone';
RESET ROLE;
