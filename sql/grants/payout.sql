-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema payout. One line per right.
SET LOCAL ROLE ch_payout_owner;

-- the HTTP role: the treasurer's, officers', members' and licensees' requests
GRANT EXECUTE ON FUNCTION payout.list_accounts(uuid, date, integer, text), payout.list_postings(uuid, bigint, integer, text), payout.show_txn(uuid, uuid),
    payout.list_periods(uuid), payout.close_period(uuid, text), payout.list_rules(text) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_invoices(uuid, uuid, integer, uuid, uuid), payout.show_invoice(uuid, uuid, uuid, boolean), payout.load_parties(uuid, text, uuid, jsonb, jsonb),
    payout.create_invoice(uuid, text, jsonb, jsonb), payout.issue_invoice(uuid, text, uuid) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.post_transaction(uuid, text, jsonb), payout.reverse_transaction(uuid, text, uuid, jsonb), payout.show_evidence(uuid, uuid),
    payout.show_period(uuid, text), payout.credit_invoice(uuid, text, uuid, jsonb), payout.write_off_invoice(uuid, text, uuid, jsonb),
    payout.list_disputes(uuid, integer, uuid), payout.open_dispute(uuid, text, jsonb), payout.settle_dispute(uuid, text, uuid, jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.begin_export(uuid, date, date), payout.export_accounts(uuid, date, date, bigint),
    payout.export_postings(uuid, date, bigint, date, bigint, integer, integer), payout.trial_balance(uuid, date), payout.list_receivables(uuid),
    payout.sum_suspense(uuid), payout.list_payables(uuid), payout.list_reconciliations(uuid), payout.sum_vat(uuid, date, date), payout.show_positions(uuid),
    payout.list_deadlines(uuid) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_bank_accounts(uuid), payout.create_bank_account(uuid, text, jsonb), payout.list_statements_of_bank(uuid, integer, uuid),
    payout.list_entries(uuid, uuid, integer, uuid), payout.list_receipts(uuid, integer, uuid), payout.open_import(uuid),
    payout.stage_import(uuid, uuid, integer, bytea, jsonb), payout.import_statement(uuid, bytea, jsonb, uuid, text), payout.assign_entry(uuid, text, uuid, jsonb),
    payout.list_waiting_entries(uuid, integer, integer, uuid), payout.reverse_match(uuid, text, uuid, jsonb), payout.read_status(uuid, uuid, bytea, jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_runs(integer, uuid), payout.show_run(uuid), payout.show_result(uuid, uuid), payout.create_run(uuid, text, jsonb),
    payout.confirm_run(uuid, uuid), payout.abandon_run(uuid, uuid, jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_accounts_of_payee(uuid, boolean), payout.member_key(uuid, bytea),
    payout.propose_account(uuid, text, jsonb, bytea, bytea, text, bytea, text, bytea), payout.confirm_account(uuid, uuid, boolean), payout.block_account(uuid, uuid, jsonb),
    payout.list_holds(uuid, integer, uuid), payout.place_hold(uuid, text, jsonb), payout.release_hold(uuid, uuid), payout.give_up_hold(uuid, uuid, jsonb),
    payout.load_dry_run(uuid, jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_batches(uuid, integer, uuid), payout.show_batch(uuid, uuid), payout.list_payments(uuid, uuid, integer, uuid), payout.create_batch(uuid, text, jsonb, jsonb),
    payout.load_batch(uuid, uuid), payout.load_payments(uuid, uuid, uuid, integer, bigint), payout.store_piece(uuid, uuid, uuid, integer, bytea),
    payout.freeze_batch(uuid, uuid, uuid, timestamptz), payout.load_approval(uuid, uuid, jsonb),
    payout.approve_batch(uuid, uuid, jsonb, text), payout.release_batch(uuid, uuid, jsonb), payout.cancel_batch(uuid, uuid, jsonb),
    payout.load_file(uuid, uuid), payout.read_batch_file(uuid, bigint, integer), payout.register_key(uuid, text, jsonb, boolean), payout.list_keys(uuid),
    payout.revoke_key(uuid, uuid), payout.show_payment(uuid, uuid), payout.retry_payment(uuid, text, uuid) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_bills(uuid, integer, uuid), payout.load_sender(uuid, uuid), payout.create_bill(uuid, text, jsonb, jsonb),
    payout.withdraw_bill(uuid, uuid), payout.list_funds(), payout.list_commitments(text, integer, uuid), payout.create_commitment(uuid, text, jsonb),
    payout.spend_commitment(uuid, text, uuid, jsonb, jsonb), payout.lapse_commitment(uuid, uuid, jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_statements(uuid, integer, uuid), payout.load_statement(uuid, uuid) TO ch_payout;

-- the worker: rating, runs, the rail
GRANT EXECUTE ON FUNCTION payout.tick(), payout.load_rating(uuid, date, boolean), payout.save_rating(uuid, date, uuid, text, text, text, bigint, jsonb),
    payout.finish_rating(uuid, date), payout.save_estimate(uuid, date, jsonb) TO ch_worker;
GRANT EXECUTE ON FUNCTION payout.load_frozen(uuid), payout.load_run(uuid), payout.run_rows(uuid, text), payout.freeze_run(uuid, bytea, text, jsonb),
    payout.number_run(uuid), payout.lock_run(uuid, text), payout.read_document(text, bigint, integer), payout.save_result(uuid, bytea, text, jsonb, bytea, bytea),
    payout.review_run(uuid), payout.post_run(uuid), payout.announce_run(uuid, uuid, integer), payout.load_clawback(uuid), payout.post_clawback(uuid, text, text),
    payout.age_holds() TO ch_worker;
GRANT INSERT ON payout.run_line TO ch_worker;
GRANT EXECUTE ON FUNCTION payout.begin_submission(uuid, text), payout.end_submission(uuid, text, text, text), payout.read_batch_file(uuid, bigint, integer) TO ch_worker;

GRANT EXECUTE ON FUNCTION payout.begin_import(), payout.stage_piece(uuid, integer, bytea, jsonb), payout.import_file(uuid, uuid, text),
    payout.note_inbox(text, text, text, text) TO ch_worker;

-- other parts
GRANT EXECUTE ON FUNCTION payout.erase_member(uuid) TO ch_governance_owner;
GRANT EXECUTE ON FUNCTION payout.check_benefit_rule(jsonb) TO ch_governance_owner, ch_governance;
GRANT EXECUTE ON FUNCTION payout.sum_year(integer) TO ch_portal_owner;
GRANT SELECT ON payout.open_invoice TO ch_licensing_owner;
GRANT SELECT ON payout.expected_charge TO ch_metering, ch_metering_owner, ch_portal, ch_portal_owner;

-- the auditor reads everything it checks; sealed accounts, keys and salts stay closed
GRANT SELECT ON payout.chart, payout.account, payout.balance, payout.evidence, payout.txn, payout.posting, payout.txn_counter, payout.txn_ref, payout.reversal,
    payout.period, payout.period_balance, payout.invoice_series, payout.invoice, payout.invoice_line, payout.invoice_vat, payout.revenue_slice, payout.receipt,
    payout.receipt_slice, payout.rating, payout.rated_seal, payout.bank_account, payout.bank_statement, payout.bank_entry, payout.entry_match, payout.receipt_undone, payout.bank_notice, payout.status_report, payout.status_line, payout.inbox_file, payout.run,
    payout.run_receipt, payout.run_fee, payout.run_line, payout.run_tree, payout.netting, payout.clawback, payout.clawback_line, payout.payee_account_event, payout.hold, payout.approver_key, payout.batch, payout.payment,
    payout.dispute, payout.dispute_slice, payout.credit_slice, payout.write_off, payout.open_slice, payout.distributable_slice,
    payout.approval, payout.batch_event, payout.submission, payout.commitment TO ch_audit;
GRANT SELECT (id, kind, path, minor, iban_hint, remittance, licensee, commitment_id, entry_id, txn_id, made_by, made_at, withdrawn_at) ON payout.bill TO ch_audit;
GRANT SELECT (id, member_id, version, iban_hint, commitment, proposed_at) ON payout.payee_account TO ch_audit;
GRANT EXECUTE ON FUNCTION payout.run_number(text, bytea), payout.rf_reference(text), payout.base32(uuid), payout.payment_uetr(uuid) TO ch_audit;
RESET ROLE;
