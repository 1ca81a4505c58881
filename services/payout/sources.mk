# SPDX-License-Identifier: AGPL-3.0-or-later
# payout: _SRC goes into the daemon, _CORE_SRC is pure and goes everywhere, _COMMAND_SRC goes into the command line.
payout_SRC := \
	services/payout/bank.c \
	services/payout/bank_file.c \
	services/payout/bank_upload.c \
	services/payout/batch_file.c \
	services/payout/batches.c \
	services/payout/bills.c \
	services/payout/freeze.c \
	services/payout/funds.c \
	services/payout/clawback_job.c \
	services/payout/dry_run.c \
	services/payout/dry_runs.c \
	services/payout/holds.c \
	services/payout/disputes.c \
	services/payout/exports.c \
	services/payout/html.c \
	services/payout/inbox_job.c \
	services/payout/invoice_document.c \
	services/payout/invoice_print.c \
	services/payout/invoices.c \
	services/payout/jobs.c \
	services/payout/json_out.c \
	services/payout/job_large.c \
	services/payout/ledger.c \
	services/payout/memory_out.c \
	services/payout/payee_seal.c \
	services/payout/payees.c \
	services/payout/rail_folder.c \
	services/payout/rails.c \
	services/payout/rate.c \
	services/payout/request.c \
	services/payout/run_collect.c \
	services/payout/rule_verdict.c \
	services/payout/rules.c \
	services/payout/run_job.c \
	services/payout/run_result.c \
	services/payout/runs.c \
	services/payout/send_job.c \
	services/payout/service.c \
	services/payout/settings.c \
	services/payout/statement_page.c \
	services/payout/statements.c \
	services/payout/status_file.c \
	services/payout/status_report.c \
	services/payout/trace.c \
	services/payout/views.c
payout_CORE_SRC := \
	services/payout/core/apportion.c \
	services/payout/core/bank_xml.c \
	services/payout/core/benefit_rule.c \
	services/payout/core/camt.c \
	services/payout/core/camt_key.c \
	services/payout/core/clamp.c \
	services/payout/core/clawback.c \
	services/payout/core/distribute.c \
	services/payout/core/distribution_write.c \
	services/payout/core/export.c \
	services/payout/core/fields.c \
	services/payout/core/iban.c \
	services/payout/core/inputs.c \
	services/payout/core/inputs_normal.c \
	services/payout/core/invoice.c \
	services/payout/core/known.c \
	services/payout/core/line_tree.c \
	services/payout/core/long_document.c \
	services/payout/core/out.c \
	services/payout/core/pain.c \
	services/payout/core/pain002.c \
	services/payout/core/price.c \
	services/payout/core/price_plan.c \
	services/payout/core/refusals.c \
	services/payout/core/rule_warnings.c \
	services/payout/core/remittance.c \
	services/payout/core/scan.c \
	services/payout/core/sepa_text.c \
	services/payout/core/split.c
payout_COMMAND_SRC := services/payout/approve.c services/payout/commands.c
UNIT_TESTS += test_benefit_rule test_apportion test_inputs test_distribute test_clawback test_price test_invoice test_iban test_camt test_pain
FUZZ_TARGETS += fuzz_rule fuzz_inputs fuzz_plan fuzz_usage fuzz_camt
UNIT_TESTS += test_line_tree test_rail_folder
UNIT_TESTS += test_distribution_properties
$(BUILD)/tests/test_distribution_properties: $(BUILD)/obj/tests/unit/payout/draws.o $(BUILD)/obj/tests/unit/payout/model.o
UNIT_TESTS += test_known
$(BUILD)/tests/test_known: $(BUILD)/obj/tests/unit/payout/draws.o $(BUILD)/obj/tests/unit/payout/model.o
UNIT_TESTS += test_export
BENCH_PROGRAMS += bench_pain bench_tree
$(BUILD)/bench/bench_pain: $(BUILD)/obj/services/payout/batch_file.o $(BUILD)/obj/services/payout/payee_seal.o $(BUILD)/obj/services/payout/settings.o
UNIT_TESTS += test_bank_xml test_remittance test_pain002
FUZZ_TARGETS += fuzz_pain002
