# SPDX-License-Identifier: AGPL-3.0-or-later
# payout: _SRC goes into the daemon, _CORE_SRC is pure and goes everywhere, _COMMAND_SRC goes into the command line.
payout_SRC := \
	services/payout/bank.c \
	services/payout/bank_file.c \
	services/payout/batch_file.c \
	services/payout/batches.c \
	services/payout/html.c \
	services/payout/invoice_document.c \
	services/payout/invoices.c \
	services/payout/jobs.c \
	services/payout/ledger.c \
	services/payout/memory_out.c \
	services/payout/payee_seal.c \
	services/payout/payees.c \
	services/payout/rate.c \
	services/payout/request.c \
	services/payout/run_job.c \
	services/payout/runs.c \
	services/payout/send_job.c \
	services/payout/service.c \
	services/payout/settings.c \
	services/payout/statements.c \
	services/payout/trace.c
payout_CORE_SRC := \
	services/payout/core/apportion.c \
	services/payout/core/benefit_rule.c \
	services/payout/core/camt.c \
	services/payout/core/camt_key.c \
	services/payout/core/clamp.c \
	services/payout/core/clawback.c \
	services/payout/core/distribute.c \
	services/payout/core/distribution_write.c \
	services/payout/core/fields.c \
	services/payout/core/iban.c \
	services/payout/core/inputs.c \
	services/payout/core/inputs_normal.c \
	services/payout/core/invoice.c \
	services/payout/core/line_tree.c \
	services/payout/core/out.c \
	services/payout/core/pain.c \
	services/payout/core/price.c \
	services/payout/core/price_plan.c \
	services/payout/core/refusals.c \
	services/payout/core/rule_warnings.c \
	services/payout/core/scan.c \
	services/payout/core/sepa_text.c \
	services/payout/core/split.c
payout_COMMAND_SRC := services/payout/commands.c
UNIT_TESTS += test_benefit_rule test_apportion test_inputs test_distribute test_clawback test_price test_invoice test_iban test_camt test_pain
FUZZ_TARGETS += fuzz_rule fuzz_inputs fuzz_plan fuzz_camt
UNIT_TESTS += test_line_tree
