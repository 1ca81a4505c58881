-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who may write an upload is decided by a lock on its file, which ends with the process that holds it; the lease no longer runs out by time.
SET LOCAL ROLE ch_licensing_owner;

ALTER TABLE licensing.upload DROP COLUMN lease_until;
UPDATE licensing.upload SET lease = NULL WHERE lease IS NOT NULL;
COMMENT ON COLUMN licensing.upload.lease IS 'token of the last PATCH that began: only it may commit bytes';

RESET ROLE;
