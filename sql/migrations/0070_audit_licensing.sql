-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Ways to the rows of one day or month for the auditor: block ranges, since these tables only grow at their end.
SET LOCAL ROLE ch_licensing_owner;
CREATE INDEX consent_event_at ON licensing.consent_event USING brin (at) WITH (pages_per_range = 32);
CREATE INDEX evaluation_at ON licensing.evaluation USING brin (at) WITH (pages_per_range = 32);
RESET ROLE;
