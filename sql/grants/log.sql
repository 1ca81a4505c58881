-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema log. One line per right.
SET LOCAL ROLE ch_log_owner;

-- every part writes leaves, answers, identifiers
GRANT EXECUTE ON FUNCTION log.new_id(), log.new_ids(bigint), log.answer(text, jsonb), log.refusal(text, text, jsonb), log.time_text(timestamptz),
    log.canonical(jsonb) TO PUBLIC;
GRANT EXECUTE ON FUNCTION log.replay(text, text, text, text, jsonb), log.remember(text, text, text, text, jsonb, log.answer),
    log.append_leaf(text, text, text, jsonb), log.append_leaves(text, text[], text[], jsonb[])
    TO ch_governance_owner, ch_licensing_owner, ch_metering_owner, ch_payout_owner, ch_portal_owner, ch_audit_owner;
GRANT EXECUTE ON FUNCTION log.read_checkpoint(), log.read_tile(integer, bigint, integer), log.read_entries(bigint, integer),
    log.read_proof(text, text), log.read_keys(), log.read_health() TO ch_log;
GRANT EXECUTE ON FUNCTION log.tick(), log.begin_sequence(), log.waiting_leaves(bigint, integer), log.store_sequence(bigint, bigint[], bigint[], text, jsonb),
    log.entry_bundles(bigint, bigint), log.tiles_from(integer, bigint), log.root_at(bigint), log.halt(text) TO ch_worker;
-- the front page
GRANT EXECUTE ON FUNCTION log.newest_head(), log.read_health() TO ch_portal_owner;
-- the auditor reads everything it checks
GRANT SELECT ON log.entry, log.tile, log.checkpoint, log.key, log.outbox, log.entry_type, log.former, log.former_entry, log.former_checkpoint TO ch_audit;
-- public keys: whoever verifies tokens
GRANT SELECT ON log.signing_key TO ch_governance, ch_licensing, ch_metering, ch_payout, ch_log, ch_portal, ch_worker, ch_audit;
-- notices of every part, and events for licensees' programs
GRANT EXECUTE ON FUNCTION log.notify_member(uuid, text, text, jsonb), log.announce(uuid, text, text, jsonb),
    log.is_announced(uuid, text, text, boolean), log.warn(text, text, text)
    TO ch_governance_owner, ch_licensing_owner, ch_metering_owner, ch_payout_owner, ch_portal_owner, ch_audit_owner;
GRANT EXECUTE ON FUNCTION log.take_webhooks(integer), log.put_back(bigint, text), log.announce_many(text, jsonb), log.notify_many(jsonb) TO ch_licensing_owner;
-- payout numbers its runs by the checkpoint that covers their inputs, keeps the proofs of their results, and tells many members at once
GRANT EXECUTE ON FUNCTION log.prove(bigint), log.notify_many(jsonb) TO ch_payout_owner;
GRANT SELECT ON log.entry, log.checkpoint TO ch_payout_owner;
-- members read their own notices through governance, which sends them as e-mail too
GRANT EXECUTE ON FUNCTION log.due_notices(integer), log.take_notices(integer, integer), log.settle_notices(bigint[], text),
    log.put_off_notice(bigint, text) TO ch_governance_owner;
GRANT SELECT (id, topic, payload, created_at) ON log.outbox TO ch_governance_owner;
-- a vote's bundle proves its leaves; turnout is told as a checkpoint has it
GRANT EXECUTE ON FUNCTION log.prove_under(bigint, bigint, text) TO ch_governance_owner;
GRANT SELECT ON log.entry, log.checkpoint TO ch_governance_owner;
-- where no steward commits to a value, an appeals panel is drawn by the log's root
GRANT EXECUTE ON FUNCTION log.tree_with(bigint) TO ch_governance_owner;
-- witnesses and timestamps: the worker asks, the role log shows
GRANT EXECUTE ON FUNCTION log.due_witnesses(text, text[]), log.store_cosignature(text, text, bigint, text, text, bigint), log.note_witness(text, text, text),
    log.growth_tiles(bigint, bigint), log.wake_anchors(boolean, boolean), log.due_timestamp(), log.store_timestamp(bigint, text, text, bigint) TO ch_worker;
GRANT EXECUTE ON FUNCTION log.read_timestamp(bigint) TO ch_log;
GRANT EXECUTE ON FUNCTION log.is_cosigned(bigint) TO ch_payout_owner;
GRANT SELECT ON log.witness, log.cosignature, log.timestamp TO ch_audit;
-- the auditor logs the hash of its report
GRANT EXECUTE ON FUNCTION log.submit_audit_report(uuid, text, integer, bigint, bigint, bigint) TO ch_audit;
RESET ROLE;
