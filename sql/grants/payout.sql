-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema payout. One line per right.
SET LOCAL ROLE ch_payout_owner;

-- the HTTP role: the treasurer's, officers', members' and licensees' requests
GRANT EXECUTE ON FUNCTION payout.list_accounts(uuid, date, integer, text), payout.list_postings(uuid, bigint, integer, bigint), payout.show_txn(uuid, uuid),
    payout.list_periods(uuid), payout.close_period(uuid, text), payout.list_rules(text), payout.check_rule(jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_invoices(uuid, uuid, integer, uuid), payout.show_invoice(uuid, uuid, uuid, boolean), payout.load_parties(uuid, text, uuid, jsonb, jsonb),
    payout.create_invoice(uuid, text, jsonb, jsonb), payout.issue_invoice(uuid, text, uuid) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_bank_accounts(uuid), payout.create_bank_account(uuid, text, jsonb), payout.list_statements_of_bank(uuid, integer, uuid),
    payout.list_entries(uuid, uuid, integer, uuid), payout.list_receipts(uuid, integer, uuid), payout.open_import(uuid, text),
    payout.import_statement(uuid, bytea, jsonb), payout.assign_entry(uuid, text, uuid, jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_runs(integer, uuid), payout.show_run(uuid), payout.show_result(uuid, uuid), payout.create_run(uuid, text, jsonb),
    payout.confirm_run(uuid, uuid), payout.abandon_run(uuid, uuid, jsonb) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_accounts_of_payee(uuid, boolean), payout.member_key(uuid, bytea),
    payout.propose_account(uuid, text, jsonb, bytea, bytea, text, bytea, text), payout.confirm_account(uuid, uuid), payout.block_account(uuid, uuid, jsonb),
    payout.list_holds(uuid, integer, uuid), payout.release_hold(uuid, uuid) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_batches(uuid, integer, uuid), payout.show_batch(uuid, uuid, boolean), payout.create_batch(uuid, text, jsonb),
    payout.load_batch(uuid, uuid), payout.freeze_batch(uuid, uuid, bytea, timestamptz), payout.load_approval(uuid, uuid, jsonb),
    payout.approve_batch(uuid, uuid, jsonb, text), payout.release_batch(uuid, uuid), payout.cancel_batch(uuid, uuid, jsonb), payout.register_key(uuid, text, jsonb),
    payout.revoke_key(uuid, uuid), payout.show_payment(uuid, uuid) TO ch_payout;
GRANT EXECUTE ON FUNCTION payout.list_statements(uuid, integer, uuid), payout.load_statement(uuid, uuid) TO ch_payout;

-- the worker: rating, runs, the rail
GRANT EXECUTE ON FUNCTION payout.tick(), payout.load_rating(uuid, date, boolean), payout.save_rating(uuid, date, uuid, text, text, text, bigint, jsonb),
    payout.finish_rating(uuid, date), payout.save_estimate(uuid, date, jsonb) TO ch_worker;
GRANT EXECUTE ON FUNCTION payout.load_frozen(uuid), payout.load_run(uuid), payout.freeze_run(uuid, text, text, jsonb), payout.number_run(uuid),
    payout.save_result(uuid, text, text, jsonb, bytea), payout.review_run(uuid), payout.post_run(uuid) TO ch_worker;
GRANT EXECUTE ON FUNCTION payout.load_file(uuid), payout.mark_sent(uuid) TO ch_worker;

-- other parts
GRANT EXECUTE ON FUNCTION payout.check_benefit_rule(jsonb) TO ch_governance_owner, ch_governance;
GRANT SELECT ON payout.open_invoice TO ch_licensing_owner;
GRANT SELECT ON payout.expected_charge TO ch_metering, ch_metering_owner, ch_portal, ch_portal_owner;

-- the auditor reads everything it checks; sealed accounts, keys and salts stay closed
GRANT SELECT ON payout.chart, payout.account, payout.balance, payout.evidence, payout.txn, payout.posting, payout.txn_counter, payout.txn_ref, payout.reversal,
    payout.period, payout.period_balance, payout.invoice_series, payout.invoice, payout.invoice_line, payout.invoice_vat, payout.revenue_slice, payout.receipt,
    payout.receipt_slice, payout.rating, payout.rated_seal, payout.bank_account, payout.bank_statement, payout.bank_entry, payout.entry_match, payout.run,
    payout.run_receipt, payout.run_fee, payout.run_line, payout.payee_account_event, payout.hold, payout.approver_key, payout.batch, payout.payment,
    payout.approval, payout.batch_event TO ch_audit;
GRANT SELECT (id, member_id, version, iban_hint, commitment, proposed_at) ON payout.payee_account TO ch_audit;
GRANT EXECUTE ON FUNCTION payout.run_number(text, bytea), payout.rf_reference(text), payout.base32(uuid), payout.payment_uetr(uuid) TO ch_audit;
RESET ROLE;
