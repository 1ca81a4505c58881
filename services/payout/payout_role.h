/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the handlers of the payout role share. Files that use core/'s documents do not include it (see settings.h). */
#ifndef COMMONHOLD_PAYOUT_ROLE_H
#define COMMONHOLD_PAYOUT_ROLE_H

#include "commonhold/http.h"
#include "commonhold/service.h"
#include "settings.h"

/* A read by SQL function. */
#define PAYOUT_READ(ident, function, args)                                                                             \
    static const struct ch_statement ident = {.name = function,                                                        \
                                              .text = "SELECT outcome, body FROM " function "(" args ")",              \
                                              .shape = CH_SHAPE_ANSWER,                                                \
                                              .read_only = true}

/* The signed-in account's id or NULL, its organisation or NULL. */
const char *actor_id(const struct ch_request *request);
const char *actor_org(const struct ch_request *request);
/* {id} of the path when it is a UUID, else NULL: then answer no_such. */
const char *path_id(const struct ch_request *request);
struct ch_done *no_such(struct ch_request *request);
/* "true" where the session's password and second factor are fresh, else "false". */
const char *fresh_text(const struct ch_request *request);
/* What a repeat of a request with an IBAN in it is compared by: {"mark"}, so that no IBAN stays in the clear among kept
 * answers. */
const char *payee_request_mark(struct ch_request *request, const uint8_t kek[32]);
/* ?limit= 1 to 100, absent 50; NULL when it is anything else: then answer bad_page. */
const char *page_limit(const struct ch_request *request);
/* ?after= when it is a UUID; absent NULL. False when it is neither. */
bool page_after(const struct ch_request *request, const char **after);
/* YYYY-MM of a month there is. */
bool names_month(const char *text);
struct ch_done *bad_page(struct ch_request *request);

/* 422 that names one field by its JSON pointer. */
struct ch_done *refuse_field(struct ch_request *request, const char *pointer, const char *detail);

/* A keyed write with a body on {id}: function(actor, key, id, body). */
struct ch_done *act_with_body(struct ch_request *request, const struct ch_statement *statement,
                              const struct ch_field *fields, void *into);
/* A write without body on {id}: function(actor, id). */
struct ch_done *act_on(struct ch_request *request, const struct ch_statement *statement);
/* A write on {id} whose body is {reason}: function(actor, id, body). */
struct ch_done *act_with_reason(struct ch_request *request, const struct ch_statement *statement);
/* A list: function(actor, limit, after). */
struct ch_done *list_by_id(struct ch_request *request, const struct ch_statement *statement);

ch_handler get_accounts, get_postings, get_transaction, get_evidence, post_transaction, reverse_transaction,
    get_periods, get_period, close_period, get_rules, get_rule, check_rule;
ch_handler get_invoices, post_invoice, get_invoice, issue_invoice, credit_invoice, write_off_invoice, print_invoice;
ch_handler get_disputes, post_dispute, settle_dispute;
ch_handler get_export, get_trial_balance, get_receivables, get_suspense_totals, get_payables, get_reconciliations,
    get_vat, get_positions, get_deadlines;
ch_handler get_bank_accounts, post_bank_account, get_bank_statements, post_bank_statement, get_entries, assign_entry,
    get_receipts, get_waiting_entries, reverse_match, post_status_report;
ch_handler post_dry_run, get_runs, post_run, get_run, confirm_run, abandon_run, get_result;
ch_handler get_payee_accounts, post_payee_account, confirm_account, block_account;
ch_handler get_holds, post_hold, release_hold, give_up_hold;
ch_handler get_batches, post_batch, get_batch, get_batch_payments, freeze_batch, approve_batch, release_batch,
    cancel_batch, get_batch_file, get_approver_keys, post_approver_key, revoke_key, get_payment, retry_payment;
ch_handler get_bills, post_bill, withdraw_bill, get_funds, get_commitments, post_commitment, spend_commitment,
    lapse_commitment;
ch_handler get_statements, get_statement, print_statement, prove_statement;

#endif
