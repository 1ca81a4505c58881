# SPDX-License-Identifier: AGPL-3.0-or-later
audit_SRC := services/audit/main.c services/audit/halves.c services/audit/database.c services/audit/findings.c services/audit/progress.c services/audit/report.c \
	services/audit/merkle.c services/audit/tree.c services/audit/chart.c services/audit/accounts.c services/audit/journal.c services/audit/journal_point.c \
	services/audit/usage.c services/audit/rules.c services/audit/inputs.c services/audit/cut.c services/audit/long_list.c services/audit/runs.c services/audit/pots.c services/audit/batches.c services/audit/payouts.c services/audit/payments.c services/audit/approvals.c \
	services/audit/transfers.c services/audit/bank.c services/audit/camt.c \
	services/audit/documents.c services/audit/closing.c services/audit/chain.c services/audit/statement.c services/audit/fetched.c \
	services/audit/exports.c services/audit/export_tools.c \
	services/audit/xml.c services/audit/licensing.c services/audit/metering.c services/audit/signatures.c services/audit/log_tree.c services/audit/log_tiles.c services/audit/log_published.c \
	services/audit/log_history.c services/audit/log_keys.c services/audit/log_checks.c services/audit/log_seen.c \
	services/audit/log_anchors.c services/audit/log_timestamps.c services/audit/cosign.c \
	services/audit/schema.c services/audit/explain.c services/audit/offices.c \
	services/audit/governance.c services/audit/verify/steps.c services/audit/verify/vote_method.c services/audit/verify/vote_stv.c

# What G2 compares a database with, and the query it does it by, as strings of the program.
$(BUILD)/gen/declared.c: services/audit/embed.awk services/audit/schema.sql services/audit/declared.txt
	@mkdir -p $(@D)
	LC_ALL=C awk -f services/audit/embed.awk NAME=AUDIT_SCHEMA_SQL services/audit/schema.sql NAME=AUDIT_DECLARED services/audit/declared.txt > $@.new
	mv $@.new $@
$(BUILD)/obj/gen/declared.o: $(BUILD)/gen/declared.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<
$(BUILD)/bin/commonhold-audit: $(BUILD)/obj/gen/declared.o
# Made anew whenever sql/ changed: the database of a release, as the auditor sees it.
declaration: all
	BUILD=$(BUILD) sh services/audit/declare.sh > services/audit/declared.txt.new
	mv services/audit/declared.txt.new services/audit/declared.txt
.PHONY: declaration

# `commonhold verify`: apart from the auditor, which needs a database, and from the makers of proofs.
audit_COMMAND_SRC := services/audit/verify/log_files.c services/audit/verify/statement.c services/audit/verify/steps.c services/audit/verify/split.c \
	services/audit/verify/trace.c services/audit/verify/trust.c \
	services/audit/verify/vote.c services/audit/verify/vote_ballots.c services/audit/verify/vote_proofs.c services/audit/verify/vote_rule.c \
	services/audit/verify/vote_method.c services/audit/verify/vote_stv.c

UNIT_TESTS += test_audit_pure test_cut
FUZZ_TARGETS += fuzz_statement
$(BUILD)/fuzz/fuzz_statement: $(BUILD)/fuzz/obj/services/audit/verify/statement.o $(BUILD)/fuzz/obj/services/audit/verify/steps.o \
	$(BUILD)/fuzz/obj/services/audit/verify/split.o $(BUILD)/fuzz/obj/services/audit/verify/trace.o $(BUILD)/fuzz/obj/services/audit/verify/trust.o
$(BUILD)/replay/fuzz_statement: $(BUILD)/obj/services/audit/verify/statement.o $(BUILD)/obj/services/audit/verify/steps.o \
	$(BUILD)/obj/services/audit/verify/split.o $(BUILD)/obj/services/audit/verify/trace.o $(BUILD)/obj/services/audit/verify/trust.o
