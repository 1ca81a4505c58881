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
/* ?limit= 1 to 100, absent 50; NULL when it is anything else: then answer bad_page. */
const char *page_limit(const struct ch_request *request);
/* ?after= when it is a UUID; absent NULL. False when it is neither. */
bool page_after(const struct ch_request *request, const char **after);
struct ch_done *bad_page(struct ch_request *request);

/* A write without body on {id}: function(actor, id). */
struct ch_done *act_on(struct ch_request *request, const struct ch_statement *statement);
/* A list: function(actor, limit, after). */
struct ch_done *list_by_id(struct ch_request *request, const struct ch_statement *statement);

ch_handler get_accounts, get_postings, get_transaction, get_periods, close_period, get_rules, get_rule, check_rule;
ch_handler get_invoices, post_invoice, get_invoice, issue_invoice, print_invoice;
ch_handler get_bank_accounts, post_bank_account, get_bank_statements, post_bank_statement, get_entries, assign_entry,
    get_receipts;
ch_handler get_runs, post_run, get_run, confirm_run, abandon_run, get_result;
ch_handler get_payee_accounts, post_payee_account, confirm_account, block_account, get_holds, release_hold;
ch_handler get_batches, post_batch, get_batch, freeze_batch, approve_batch, release_batch, cancel_batch, get_batch_file,
    post_approver_key, revoke_key, get_payment;
ch_handler get_statements, get_statement, print_statement;

#endif
