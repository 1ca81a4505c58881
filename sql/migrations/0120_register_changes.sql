-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The register is also read by changes of class that are to come, so that the older function of that name goes.
SET LOCAL ROLE ch_governance_owner;

DROP FUNCTION IF EXISTS governance.list_members(uuid, text, uuid, integer);
RESET ROLE;
