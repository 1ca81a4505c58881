# SPDX-License-Identifier: AGPL-3.0-or-later
audit_SRC := services/audit/main.c services/audit/database.c services/audit/findings.c services/audit/progress.c services/audit/report.c \
	services/audit/merkle.c services/audit/chart.c services/audit/accounts.c services/audit/journal.c services/audit/journal_point.c \
	services/audit/usage.c services/audit/runs.c services/audit/pots.c services/audit/batches.c services/audit/bank.c services/audit/camt.c \
	services/audit/xml.c services/audit/licensing.c services/audit/metering.c services/audit/signatures.c

# `commonhold verify`: apart from the auditor, which needs a database, and from the makers of proofs.
audit_COMMAND_SRC := services/audit/verify/statement.c services/audit/verify/proof.c services/audit/verify/shares.c

UNIT_TESTS += test_audit_pure
