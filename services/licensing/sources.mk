# SPDX-License-Identifier: AGPL-3.0-or-later
# licensing: _SRC goes into the daemon, _CORE_SRC is pure and goes everywhere, _COMMAND_SRC goes into the command line.
licensing_SRC := \
	services/licensing/applications.c \
	services/licensing/catalogue.c \
	services/licensing/clients.c \
	services/licensing/consents.c \
	services/licensing/contributions.c \
	services/licensing/decide.c \
	services/licensing/duties.c \
	services/licensing/grants.c \
	services/licensing/helpers.c \
	services/licensing/ingest.c \
	services/licensing/ingest_quality.c \
	services/licensing/ingest_read.c \
	services/licensing/ingest_spill.c \
	services/licensing/manifests.c \
	services/licensing/matches.c \
	services/licensing/matrix.c \
	services/licensing/odrl.c \
	services/licensing/oauth.c \
	services/licensing/offers.c \
	services/licensing/organisations.c \
	services/licensing/pools.c \
	services/licensing/publish.c \
	services/licensing/receipt_page.c \
	services/licensing/register.c \
	services/licensing/screening.c \
	services/licensing/service.c \
	services/licensing/terms.c \
	services/licensing/tokens.c \
	services/licensing/tombstones.c \
	services/licensing/upload_file.c \
	services/licensing/upload_patch.c \
	services/licensing/uploads.c
licensing_CORE_SRC := \
	services/licensing/core/catalogue.c \
	services/licensing/core/cell.c \
	services/licensing/core/copy.c \
	services/licensing/core/csv.c \
	services/licensing/core/decimal.c \
	services/licensing/core/doc.c \
	services/licensing/core/generalise.c \
	services/licensing/core/header.c \
	services/licensing/core/ingest.c \
	services/licensing/core/narrows.c \
	services/licensing/core/narrows_json.c \
	services/licensing/core/ndjson.c \
	services/licensing/core/odrl.c \
	services/licensing/core/policy.c \
	services/licensing/core/policy_explain.c \
	services/licensing/core/policy_input.c \
	services/licensing/core/policy_json.c \
	services/licensing/core/purposes.c \
	services/licensing/core/quality.c \
	services/licensing/core/schema_check.c \
	services/licensing/core/schema_growth.c \
	services/licensing/core/seen.c \
	services/licensing/core/table_schema.c \
	services/licensing/core/terms.c \
	services/licensing/core/terms_check.c \
	services/licensing/core/terms_price.c \
	services/licensing/core/words.c \
	services/licensing/core/zulu.c
licensing_CORE_SRC += services/licensing/core/upload_metadata.c
licensing_CORE_SRC += services/licensing/core/address.c services/licensing/core/webhook.c
licensing_SRC += services/licensing/webhooks.c services/licensing/webhook_seal.c services/licensing/webhook_send.c
licensing_COMMAND_SRC := services/licensing/commands.c services/licensing/contribute.c services/licensing/contribute_upload.c

UNIT_TESTS += test_purposes test_terms test_policy test_narrows test_generalise test_table_schema test_ingest_csv
UNIT_TESTS += test_seen test_copy test_ingest_spill test_csv test_ndjson
FUZZ_TARGETS += fuzz_policy fuzz_terms fuzz_csv fuzz_ndjson
BENCH_PROGRAMS += bench_policy

# The purpose tree and the regions, from the files the migration loads: one source for C and SQL.
LICENSING_REFERENCE := sql/reference/purposes.csv sql/reference/regions.csv
$(BUILD)/gen/licensing_reference.h: services/licensing/core/reference.awk $(LICENSING_REFERENCE)
	@mkdir -p $(@D)
	LC_ALL=C awk -f services/licensing/core/reference.awk $(LICENSING_REFERENCE) > $@.new
	mv $@.new $@
$(BUILD)/obj/services/licensing/core/purposes.o: $(BUILD)/gen/licensing_reference.h
# Fuzz targets compile the sources directly and wait for sql.c only.
$(BUILD)/gen/sql.c: | $(BUILD)/gen/licensing_reference.h
UNIT_TESTS += test_upload_metadata
FUZZ_TARGETS += fuzz_upload_metadata
UNIT_TESTS += test_address test_webhook
UNIT_TESTS += test_odrl test_catalogue
licensing_CORE_SRC += services/licensing/core/assertion.c
UNIT_TESTS += test_assertion
# applications, offers, agreements
licensing_SRC += services/licensing/application_commands.c services/licensing/agreements.c services/licensing/keys.c
licensing_CORE_SRC += services/licensing/core/conditions.c
UNIT_TESTS += test_conditions test_conditions_agree
