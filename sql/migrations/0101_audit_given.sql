-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What is read once for all checks of an audit is given to these: what frozen inputs say besides their lists, hashes of long documents.
DROP FUNCTION IF EXISTS audit.check_pots(text), audit.check_balances(text), audit.inputs_of(uuid), audit.units_pots(date[]), audit.units_evidence(date[]), audit.live_runs(date[]);

-- The type of an entry is asked once a batch, by log.store_sequence; row by row it was a quarter of the sequencer's time.
SET LOCAL ROLE ch_log_owner;
ALTER TABLE log.entry DROP CONSTRAINT entry_type_fkey;
RESET ROLE;
