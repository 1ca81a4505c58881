/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The payout role: rating, invoices, bank statements, distribution, payouts, statements. Its routes, configuration,
 * jobs and clock. */
#include "commonhold/service.h"

#include "jobs.h"
#include "payout_role.h"

#define FILE_MAX ((size_t)32 << 20)

static const struct ch_route ROUTES[] = {
    {CH_GET, "/payout/v1/accounts", CH_AUTH_MEMBER, get_accounts, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/accounts/{id}/postings", CH_AUTH_MEMBER, get_postings, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/transactions/{id}", CH_AUTH_MEMBER, get_transaction, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/periods", CH_AUTH_MEMBER, get_periods, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/periods/{id}/close-period", CH_AUTH_MEMBER, close_period, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/rules", CH_AUTH_NONE, get_rules, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/rules/{id}", CH_AUTH_NONE, get_rule, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/rules/check-rule", CH_AUTH_NONE, check_rule, NULL, NULL, 0, CH_ROUTE_NO_CSRF},
    {CH_GET, "/payout/v1/invoices", CH_AUTH_PERSON, get_invoices, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/invoices", CH_AUTH_MEMBER, post_invoice, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/invoices/{id}", CH_AUTH_PERSON, get_invoice, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/invoices/{id}/print", CH_AUTH_PERSON, print_invoice, NULL, "", 0, 0},
    {CH_POST, "/payout/v1/invoices/{id}/issue-invoice", CH_AUTH_MEMBER, issue_invoice, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/bank-accounts", CH_AUTH_MEMBER, get_bank_accounts, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/bank-accounts", CH_AUTH_MEMBER, post_bank_account, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/bank-statements", CH_AUTH_MEMBER, get_bank_statements, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/bank-statements", CH_AUTH_MEMBER, post_bank_statement, "application/xml", NULL, FILE_MAX,
     CH_ROUTE_RAW_BODY},
    {CH_GET, "/payout/v1/bank-statements/{id}/entries", CH_AUTH_MEMBER, get_entries, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/bank-entries/{id}/assign-entry", CH_AUTH_MEMBER, assign_entry, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/receipts", CH_AUTH_MEMBER, get_receipts, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/runs", CH_AUTH_NONE, get_runs, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/runs", CH_AUTH_MEMBER, post_run, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/runs/{id}", CH_AUTH_NONE, get_run, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/runs/{id}/result", CH_AUTH_NONE, get_result, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/runs/{id}/confirm-run", CH_AUTH_MEMBER, confirm_run, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/runs/{id}/abandon-run", CH_AUTH_MEMBER, abandon_run, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/statements", CH_AUTH_MEMBER, get_statements, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/statements/{id}", CH_AUTH_MEMBER, get_statement, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/statements/{id}/print", CH_AUTH_MEMBER, print_statement, NULL, "", 0, 0},
    {CH_GET, "/payout/v1/payee-accounts", CH_AUTH_MEMBER, get_payee_accounts, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/payee-accounts", CH_AUTH_MEMBER, post_payee_account, NULL, NULL, 0, CH_ROUTE_SECRET},
    {CH_POST, "/payout/v1/payee-accounts/{id}/confirm-account", CH_AUTH_MEMBER, confirm_account, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/payee-accounts/{id}/block-account", CH_AUTH_MEMBER, block_account, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/holds", CH_AUTH_MEMBER, get_holds, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/holds/{id}/release-hold", CH_AUTH_MEMBER, release_hold, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/approver-keys", CH_AUTH_MEMBER, post_approver_key, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/approver-keys/{id}/revoke-key", CH_AUTH_MEMBER, revoke_key, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/batches", CH_AUTH_MEMBER, get_batches, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/batches", CH_AUTH_MEMBER, post_batch, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/batches/{id}", CH_AUTH_MEMBER, get_batch, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/batches/{id}/file", CH_AUTH_MEMBER, get_batch_file, NULL, "", 0, 0},
    {CH_POST, "/payout/v1/batches/{id}/freeze-batch", CH_AUTH_MEMBER, freeze_batch, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/batches/{id}/approve-batch", CH_AUTH_MEMBER, approve_batch, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/batches/{id}/release-batch", CH_AUTH_MEMBER, release_batch, NULL, NULL, 0, 0},
    {CH_POST, "/payout/v1/batches/{id}/cancel-batch", CH_AUTH_MEMBER, cancel_batch, NULL, NULL, 0, 0},
    {CH_GET, "/payout/v1/payments/{id}", CH_AUTH_MEMBER, get_payment, NULL, NULL, 0, 0},
    {0, NULL, 0, NULL, NULL, NULL, 0, 0},
};

static const struct ch_config_key KEYS[] = {
    {"country", CH_CONFIG_TEXT, "DE", 0, 0, "country where the trust pays VAT, two letters"},
    {"vat_ppm", CH_CONFIG_INT, "190000", 0, 1000000, "standard VAT rate in millionths; 0: the trust is exempt"},
    {"vat_id", CH_CONFIG_TEXT, "", 0, 0, "the trust's VAT id, printed on invoices; empty: none"},
    {"member_secret", CH_CONFIG_PATH, "secrets/member.secret", 0, 0,
     "secret that wraps the keys of members' account data"},
    {"outbox", CH_CONFIG_PATH, "outbox", 0, 0, "folder that released bank files are handed over in (worker)"},
    {"profiles", CH_CONFIG_PATH, "", 0, 0,
     "folder of bank profiles, one JSON file a bank; empty: deploy/bank-profiles or the installed one"},
    {NULL, 0, NULL, 0, 0, NULL},
};

static const struct ch_job_kind JOBS[] = {
    {"rate_month", rate_month, 0, 0},
    {"rate_estimate", rate_estimate, 3, 0},
    {"advance_run", advance_run, 0, 0},
    {"send_batch", send_batch, 0, 0},
    {NULL, NULL, 0, 0},
};

static const char *const CLOCKS[] = {"payout.tick", NULL};

const struct ch_service payout_service = {
    .name = "payout",
    .routes = ROUTES,
    .keys = KEYS,
    .jobs = JOBS,
    .clocks = CLOCKS,
};
