-- SPDX-License-Identifier: AGPL-3.0-or-later
-- From a draft invoice to a booked payout in SQL alone, and what must be refused on the way: double import, double match, two runs on one
-- slice, changed run, maker or one person approving, payee moved after the freeze, double release. What other schemas grant is replaced
-- by fixed rows inside this transaction, which is rolled back. Ends without output when all holds.
\set ON_ERROR_STOP 1
BEGIN;
SET LOCAL client_min_messages = warning;

ALTER EVENT TRIGGER commonhold_ddl DISABLE;
CREATE OR REPLACE VIEW governance.office_in_force AS
    SELECT ('0000000' || n || '-0000-7000-8000-0000000000ff')::uuid AS office_id, b AS body, b AS seat, ('0000000' || n || '-0000-7000-8000-000000000000')::uuid AS member_id,
        '2020-01-01'::timestamptz AS from_at, NULL::timestamptz AS until_at FROM (VALUES (4, 'treasurer'), (5, 'board'), (6, 'board')) AS v (n, b);
CREATE OR REPLACE FUNCTION governance.is_office(p_member uuid, p_body text) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    SELECT EXISTS (SELECT FROM governance.office_in_force WHERE member_id = p_member AND body = p_body) $$;
CREATE OR REPLACE VIEW governance.charter_in_force AS
    SELECT 'Trust'::text AS name, 'en'::text AS language, 'EUR'::text AS currency,
        '{"durations":{"run_review_seconds":0,"account_first_seconds":0,"account_change_seconds":0},"hold":{"minimum_payout":{"minor":1000,"currency":"EUR"}}}'::jsonb AS doc,
        'x'::text AS sha256, '2020-01-01'::timestamptz AS founded_at;
CREATE OR REPLACE VIEW governance.benefit_rule_in_force AS
    SELECT 'main'::text AS rule, 1 AS version, encode(sha256(convert_to('{"steps":[]}', 'UTF8')), 'hex') AS sha256, '{"steps":[]}'::jsonb AS doc,
        '{"steps":[]}'::text AS canonical, 'charter'::text AS resolution, '2020-01-01'::timestamptz AS from_at, NULL::timestamptz AS until_at;
CREATE OR REPLACE VIEW governance.member_standing AS
    SELECT ('0000000' || n || '-0000-7000-8000-000000000000')::uuid AS member_id, 'C'::text AS class, 'active'::text AS standing, '2020-01-01'::timestamptz AS since_at,
        false AS observer, true AS eligible FROM generate_series(1, 6) AS n;

CREATE FUNCTION pg_temp.m(p_n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('0000000' || p_n || '-0000-7000-8000-000000000000')::uuid $$;
CREATE FUNCTION pg_temp.must(p_what text, p_answer log.answer, p_outcome text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    IF p_answer.outcome IS DISTINCT FROM p_outcome THEN
        RAISE EXCEPTION '%: expected %, got % %', p_what, p_outcome, p_answer.outcome, p_answer.body;
    END IF;
    RETURN p_answer.body;
END $$;
CREATE FUNCTION pg_temp.refused(p_what text, p_state text, p_sql text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE p_sql;
    RAISE EXCEPTION '%: was not refused', p_what USING ERRCODE = 'ZZ001';
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE <> p_state THEN
        RAISE EXCEPTION '%: expected %, got % %', p_what, p_state, SQLSTATE, SQLERRM;
    END IF;
END $$;
CREATE FUNCTION pg_temp.minor(p_path text) RETURNS bigint LANGUAGE sql AS $$
    SELECT COALESCE((SELECT b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = p_path), 0) $$;
CREATE FUNCTION pg_temp.statement(p_ref text, p_sequence integer, p_opening bigint, p_entries jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('statements', jsonb_build_array(jsonb_build_object('ref', p_ref, 'iban', 'DE91100000000123456789', 'currency', 'EUR',
        'sequence', p_sequence, 'to_on', payout.today(), 'opening', p_opening, 'entries', p_entries,
        'closing', p_opening + (SELECT COALESCE(sum((e->>'minor')::bigint), 0) FROM jsonb_array_elements(p_entries) AS e)))) $$;

DO $$
DECLARE
    t uuid := pg_temp.m(4);
    v_pool uuid := 'cccccccc-0000-7000-8000-000000000000';
    v_month date := (date_trunc('month', payout.today()::timestamp) - '1 month'::interval)::date;
    v_invoice uuid;
    v_batch uuid;
    v_run uuid := log.new_id();
    v_key uuid;
    v_body jsonb;
    v_text text;
    v_doc jsonb;
    v_n integer;
BEGIN
    -- Invoice: no number as a draft, a gapless one when issued, once.
    v_invoice := payout.draft_invoice(t, jsonb_build_object('licensee', 'aaaaaaaa-0000-7000-8000-000000000000', 'currency', 'EUR', 'vat_country', 'DE', 'buyer', '{}'::jsonb,
        'seller', '{}'::jsonb, 'net', 100000, 'vat', 19000, 'gross', 119000,
        'lines', jsonb_build_array(jsonb_build_object('text', 'x', 'net', 100000, 'vat_category', 'S', 'vat_ppm', 190000, 'vat', 19000,
            'slices', jsonb_build_array(jsonb_build_object('pool_id', v_pool, 'pool', 'p', 'month', v_month, 'net', 100000)))),
        'vat_groups', '[{"vat_category":"S","vat_ppm":190000,"base":100000,"tax":19000}]'::jsonb));
    PERFORM pg_temp.must('issue by a member', payout.issue_invoice(pg_temp.m(1), NULL, v_invoice), 'forbidden');
    v_body := pg_temp.must('issue', payout.issue_invoice(t, NULL, v_invoice), 'issued');
    PERFORM pg_temp.must('issue again', payout.issue_invoice(t, NULL, v_invoice), 'already_issued');
    PERFORM pg_temp.refused('change an issued invoice', '23001', format('UPDATE payout.invoice SET gross = gross + 1, net = net + 1 WHERE id = %L', v_invoice));
    IF payout.rf_reference('539007547034') <> 'RF18539007547034' THEN
        RAISE EXCEPTION 'ISO 11649 check digits: %', payout.rf_reference('539007547034');
    END IF;

    -- Statement: whole or not at all, once.
    PERFORM pg_temp.must('bank', payout.create_bank_account(t, 'k', '{"name":"main","iban":"DE91100000000123456789","holder":"Trust"}'), 'created');
    PERFORM pg_temp.must('gap', payout.import_statement(t, 'a', pg_temp.statement('S1', 1, 5, '[]')), 'chain_broken');
    v_doc := pg_temp.statement('S1', 1, 0, jsonb_build_array(
        jsonb_build_object('status', 'BOOK', 'minor', 118750, 'fee', 250, 'reference', v_body->>'reference', 'servicer_ref', 'r1', 'booked_on', payout.today()),
        jsonb_build_object('status', 'BOOK', 'minor', 500, 'servicer_ref', 'r2', 'booked_on', payout.today(), 'return_reason', 'AC04')));
    PERFORM pg_temp.must('sum', payout.import_statement(t, 'a', jsonb_set(v_doc, '{statements,0,closing}', '1')), 'chain_broken');
    PERFORM pg_temp.must('by a member', payout.import_statement(pg_temp.m(1), 'a', v_doc), 'forbidden');
    IF EXISTS (SELECT FROM payout.bank_entry) THEN
        RAISE EXCEPTION 'a refused file left entries';
    END IF;
    PERFORM pg_temp.must('import', payout.import_statement(t, 'file 1', v_doc), 'imported');
    PERFORM pg_temp.must('same bytes', payout.import_statement(t, 'file 1', v_doc), 'already_imported');
    PERFORM pg_temp.must('other bytes', payout.import_statement(t, 'file 2', v_doc), 'statement_conflict');
    PERFORM pg_temp.must('sequence', payout.import_statement(t, 'b', pg_temp.statement('S3', 3, 119250, '[]')), 'chain_broken');
    IF pg_temp.minor('Assets:Bank:main') <> 119250 OR pg_temp.minor('Liabilities:Pool:p:Received') <> -100000 OR pg_temp.minor('Expenses:Fees:Rail') <> 250
        OR pg_temp.minor('Liabilities:Suspense:Unmatched') <> -500 OR pg_temp.minor('Income:Other') <> 0 THEN
        RAISE EXCEPTION 'the receipt is booked wrongly, or a return became income';
    END IF;
    PERFORM pg_temp.must('matched entry', payout.assign_entry(t, NULL, (SELECT id FROM payout.bank_entry WHERE minor = 118750), '{"kind":"dues"}'), 'already_matched');
    PERFORM pg_temp.must('too much', payout.assign_entry(t, NULL, (SELECT id FROM payout.bank_entry WHERE minor = 500), jsonb_build_object('kind', 'receipt',
        'invoices', jsonb_build_array(jsonb_build_object('invoice_id', v_invoice, 'amount', '{"minor":500,"currency":"EUR"}'::jsonb)))), 'amount_mismatch');

    -- Run: one slice, one run.
    v_body := pg_temp.must('run', payout.create_run(t, NULL, jsonb_build_object('pool', 'p', 'month', to_char(v_month, 'YYYY-MM'))), 'opened');
    PERFORM pg_temp.must('second run', payout.create_run(t, NULL, jsonb_build_object('pool', 'p', 'month', to_char(v_month, 'YYYY-MM'))), 'nothing_to_distribute');
    v_run := (v_body->>'id')::uuid;
    PERFORM pg_temp.refused('slice twice', '23505', format('INSERT INTO payout.run_receipt SELECT receipt_slice_id, run, minor FROM payout.run_receipt WHERE run = %L', v_run));
    PERFORM pg_temp.must('abandon', payout.abandon_run(t, v_run, '{"reason":"test"}'), 'ok');
    PERFORM pg_temp.refused('abandoned run moves', '23001', format('UPDATE payout.run SET state = %L WHERE id = %L', 'open', v_run));
    v_run := (pg_temp.must('run again', payout.create_run(t, NULL, jsonb_build_object('pool', 'p', 'month', to_char(v_month, 'YYYY-MM'))), 'opened')->>'id')::uuid;
    PERFORM pg_temp.must('freeze', payout.freeze_run(v_run, '{}', encode(sha256('{}'), 'hex'), '{"pot":100000,"carried_in":0,"rail_fees":250,"rows":0,"units":0,"usage_root":null,"places":[0,0,0,0]}'), 'ok');
    PERFORM pg_temp.must('no checkpoint', payout.number_run(v_run), 'not_yet_logged');
    PERFORM pg_temp.refused('inputs after the freeze', '23001', format('UPDATE payout.run SET inputs_sha256 = %L WHERE id = %L', repeat('cd', 32), v_run));
    PERFORM pg_temp.must('early confirm', payout.confirm_run(t, v_run), 'not_allowed_here');
    IF payout.run_number('35fdfb8edc46499d1c0ebca9a78672be74b21740a195eb2de5972aaf250e125b',
            '\x0b007fb915eb9b2a146f54b1c86ec53b664f8e455b7660b0b6ee13edc0d921c0') <> 'run-b4508aa65c5f533c828257fca84fa170' THEN
        RAISE EXCEPTION 'run id vector';
    END IF;
    UPDATE payout.run SET state = 'numbered', run_id = 'run-' || repeat('0', 32), numbered_size = 7 WHERE id = v_run;
    v_doc := jsonb_build_object('run_id', 'run-' || repeat('0', 32), 'inputs_sha256', encode(sha256('{}'), 'hex'), 'pot', 100000, 'carried', 0, 'outcome', 'ok', 'hash', repeat('ef', 32),
        'funds', '[{"to":"Income:FeeRecovery","amount":250},{"to":"Equity:Fund:Commons","amount":29750}]'::jsonb);
    INSERT INTO payout.run_line (run, member_id, index, minor, line) VALUES (v_run, pg_temp.m(1), 0, 40000, '{}');
    PERFORM pg_temp.refused('pot not conserved', '23514', format('SELECT payout.save_result(%L, %L, %L, %L, %L, %L)', v_run, v_doc, encode(sha256(v_doc::text::bytea), 'hex'), v_doc, sha256('s'), '\x00'));
    INSERT INTO payout.run_line (run, member_id, index, minor, line) VALUES (v_run, pg_temp.m(2), 1, 30000, '{}');
    PERFORM pg_temp.must('result', payout.save_result(v_run, v_doc::text::bytea, encode(sha256(v_doc::text::bytea), 'hex'), v_doc, sha256('s') || sha256('t'), sha256('a') || sha256('b') || sha256('r')), 'computed');
    PERFORM pg_temp.refused('a line behind the result', '23001', format('INSERT INTO payout.run_line VALUES (%L, %L, 2, 1, %L)', v_run, pg_temp.m(3), '{}'));
    PERFORM payout.open_accounts(payout.read_lines(jsonb_build_array(jsonb_build_object('path', 'Liabilities:Member:' || pg_temp.m(1) || ':Payable', 'minor', 1),
        jsonb_build_object('path', 'Liabilities:Member:' || pg_temp.m(2) || ':Payable', 'minor', 1))));
    PERFORM payout.review_run(v_run);
    PERFORM pg_temp.must('not confirmed', payout.post_run(v_run), 'not_allowed_here');
    PERFORM pg_temp.must('confirm', payout.confirm_run(t, v_run), 'accepted');
    PERFORM pg_temp.must('post', payout.post_run(v_run), 'posted');
    PERFORM pg_temp.must('post again', payout.post_run(v_run), 'not_allowed_here');
    PERFORM pg_temp.refused('line changed', '23001', 'UPDATE payout.run_line SET minor = minor + 1');
    PERFORM pg_temp.refused('posted run changed', '23001', format('UPDATE payout.run SET total = total + 1 WHERE id = %L', v_run));

    -- Batch: M1 has an account, M2 none.
    INSERT INTO payout.payee_account (id, member_id, version, iban_sealed, name_sealed, iban_hint, commitment)
    VALUES (pg_temp.m(1), pg_temp.m(1), 1, 'x', 'y', 'DE89 ... 3000', repeat('12', 32));
    PERFORM pg_temp.must('stale second factor', payout.confirm_account(pg_temp.m(1), pg_temp.m(1), false), 'fresh_sign_in_required');
    PERFORM pg_temp.must('confirm account', payout.confirm_account(pg_temp.m(1), pg_temp.m(1), true), 'confirmed');
    v_body := pg_temp.must('batch', payout.create_batch(t, 'b1', '{"account":"main"}'), 'created');
    v_batch := (v_body->>'id')::uuid;
    IF (v_body->'total'->>'minor')::bigint <> 40000 OR pg_temp.minor('Liabilities:Member:' || pg_temp.m(2) || ':Held:BankMissing') <> -30000 THEN
        RAISE EXCEPTION 'batch or hold: %', v_body;
    END IF;
    PERFORM pg_temp.must('again', payout.create_batch(t, 'b1', '{"account":"main"}'), 'created');
    PERFORM pg_temp.must('other body', payout.create_batch(t, 'b1', '{"account":"other"}'), 'idempotency_conflict');
    PERFORM pg_temp.must('queued once', payout.create_batch(t, 'b2', '{"account":"main"}'), 'nothing_to_pay');
    PERFORM pg_temp.must('release a draft', payout.release_batch(t, v_batch), 'not_approved');
    PERFORM pg_temp.must('first piece', payout.store_piece(t, v_batch, v_batch, 0, '<fi'), 'ok');
    PERFORM pg_temp.must('second piece', payout.store_piece(t, v_batch, v_batch, 1, 'le/>'), 'ok');
    PERFORM pg_temp.must('freeze', payout.freeze_batch(t, v_batch, v_batch, now()), 'batch_frozen');
    PERFORM pg_temp.must('piece behind the freeze', payout.store_piece(t, v_batch, v_batch, 2, 'x'), 'not_allowed_here');
    PERFORM pg_temp.refused('file swapped', '23001', format('UPDATE payout.batch SET file_sha256 = payout.store_evidence(%L, %L) WHERE id = %L', 'application/xml', '<other/>', v_batch));
    PERFORM pg_temp.refused('payment edited', '23001', 'UPDATE payout.payment SET minor = minor + 1');
    FOR v_n IN 4..6 LOOP
        v_body := pg_temp.must('key', payout.register_key(pg_temp.m(v_n), NULL, jsonb_build_object('public_key', encode(sha256(v_n::text::bytea), 'base64')), true), 'created');
        v_doc := jsonb_build_object('office_id', '0000000' || v_n || '-0000-7000-8000-0000000000ff', 'key_id', v_body->>'id', 'at', log.time_text(now()),
            'signature', translate(encode(sha256('a') || sha256('b'), 'base64'), E'\n', ''));
        IF v_n = 4 THEN
            PERFORM pg_temp.must('maker approves', payout.approve_batch(t, v_batch, v_doc, ''), 'same_person');
            CONTINUE;
        END IF;
        PERFORM pg_temp.must('key of another', payout.load_approval(pg_temp.m(v_n), v_batch, v_doc || jsonb_build_object('key_id', (SELECT id FROM payout.approver_key WHERE member_id = t))), 'invalid');
        PERFORM pg_temp.must('office of another', payout.load_approval(pg_temp.m(v_n), v_batch, v_doc || '{"office_id":"00000004-0000-7000-8000-0000000000ff"}'), 'forbidden');
        PERFORM pg_temp.must('other text', payout.approve_batch(pg_temp.m(v_n), v_batch, v_doc, 'commonhold-approval/1'), 'stale');
        v_text := (payout.load_approval(pg_temp.m(v_n), v_batch, v_doc)).body->>'text';
        PERFORM pg_temp.must('approve', payout.approve_batch(pg_temp.m(v_n), v_batch, v_doc, v_text), 'approved');
        IF v_n = 5 THEN
            PERFORM pg_temp.must('one person twice', payout.approve_batch(pg_temp.m(v_n), v_batch, v_doc, v_text), 'same_person');
            PERFORM pg_temp.must('one approval', payout.release_batch(t, v_batch), 'not_approved');
            PERFORM pg_temp.refused('approved by one', '23514', format('UPDATE payout.batch SET state = %L WHERE id = %L', 'approved', v_batch));
        END IF;
    END LOOP;
    PERFORM pg_temp.refused('approval edited', '23001', 'UPDATE payout.approval SET text = text');

    -- The payee moves after the freeze: nothing leaves.
    BEGIN
        PERFORM payout.block_account(pg_temp.m(1), pg_temp.m(1), '{"reason":"lost"}');
        PERFORM pg_temp.must('payee moved', payout.release_batch(t, v_batch), 'payee_changed');
        RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ002';
    EXCEPTION WHEN SQLSTATE 'ZZ002' THEN
        NULL;
    END;
    PERFORM pg_temp.must('release', payout.release_batch(t, v_batch), 'accepted');
    PERFORM pg_temp.must('release twice', payout.release_batch(t, v_batch), 'not_allowed_here');
    PERFORM pg_temp.must('cancel after release', payout.cancel_batch(t, v_batch, '{"reason":"late"}'), 'not_allowed_here');
    PERFORM pg_temp.refused('back to queued', '23001', 'UPDATE payout.payment SET state = ''queued''');
    PERFORM pg_temp.must('to the rail', payout.begin_submission(v_batch, 'folder'), 'ok');
    PERFORM pg_temp.must('from the rail', payout.end_submission(v_batch, 'folder', 'accepted', NULL), 'ok');
    PERFORM pg_temp.must('to the rail twice', payout.begin_submission(v_batch, 'folder'), 'not_allowed_here');
    -- A debit of another amount is not ours; the exact one is, and closes the batch.
    PERFORM pg_temp.must('import', payout.import_statement(t, 'file 4', pg_temp.statement('S2', 2, 119250, jsonb_build_array(
        jsonb_build_object('status', 'BOOK', 'minor', -39999, 'servicer_ref', 'r1', 'details', jsonb_build_array(jsonb_build_object('message_id', 'CH' || payout.base32(v_batch))))))), 'imported');
    PERFORM pg_temp.must('import', payout.import_statement(t, 'file 5', pg_temp.statement('S3', 3, 79251, jsonb_build_array(
        jsonb_build_object('status', 'BOOK', 'minor', -40000, 'servicer_ref', 'r1', 'details', jsonb_build_array(jsonb_build_object('message_id', 'CH' || payout.base32(v_batch))))))), 'imported');
    IF (SELECT state FROM payout.batch WHERE id = v_batch) <> 'closed' OR pg_temp.minor('Liabilities:PayoutInFlight:' || v_batch) <> 0
        OR pg_temp.minor('Assets:Suspense:Debit') <> 39999 OR pg_temp.minor('Assets:Bank:main') <> 39251 THEN
        RAISE EXCEPTION 'the confirmation is booked wrongly';
    END IF;
    -- It comes back: held for the member, the bank's part a fee of its own, the account blocked.
    PERFORM pg_temp.must('import', payout.import_statement(t, 'file 6', pg_temp.statement('S4', 4, 39251, jsonb_build_array(
        jsonb_build_object('status', 'BOOK', 'minor', 39700, 'servicer_ref', 'r1', 'return_reason', 'AC04', 'details',
            jsonb_build_array(jsonb_build_object('end_to_end_id', (SELECT end_to_end_id FROM payout.payment LIMIT 1))))))), 'imported');
    IF pg_temp.minor('Liabilities:Member:' || pg_temp.m(1) || ':Held:Returned') <> -40000 OR pg_temp.minor('Expenses:Fees:Return') <> 300
        OR payout.usable_account(pg_temp.m(1)) IS NOT NULL THEN
        RAISE EXCEPTION 'the return is booked wrongly';
    END IF;
    IF (SELECT sum(minor) FROM payout.balance) <> 0 THEN
        RAISE EXCEPTION 'Y1 does not hold';
    END IF;
    PERFORM pg_temp.must('still true', payout.release_hold(t, (SELECT id FROM payout.hold WHERE reason = 'Returned')), 'still_true');
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
\echo 'ok - invoice to returned payout, and what is refused on the way'
