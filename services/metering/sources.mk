# SPDX-License-Identifier: AGPL-3.0-or-later
# metering: _SRC goes into the daemon, _CORE_SRC is pure and goes everywhere, _COMMAND_SRC goes into the command line.
metering_SRC := \
	services/metering/aggregates.c \
	services/metering/aggregates_answer.c \
	services/metering/aggregates_cells.c \
	services/metering/aggregates_decide.c \
	services/metering/aggregates_keep.c \
	services/metering/aggregates_run.c \
	services/metering/aggregates_sql.c \
	services/metering/deliveries.c \
	services/metering/delivery_batch.c \
	services/metering/delivery_beat.c \
	services/metering/delivery_begin.c \
	services/metering/delivery_end.c \
	services/metering/delivery_known.c \
	services/metering/delivery_stream.c \
	services/metering/event_facts.c \
	services/metering/event_groups.c \
	services/metering/event_store.c \
	services/metering/event_table.c \
	services/metering/events.c \
	services/metering/get_rows.c \
	services/metering/job_fold.c \
	services/metering/job_tombstones.c \
	services/metering/quarantine.c \
	services/metering/question.c \
	services/metering/question_sql.c \
	services/metering/rate_limit.c \
	services/metering/receipts.c \
	services/metering/seals.c \
	services/metering/service.c \
	services/metering/sources.c \
	services/metering/usage.c
metering_CORE_SRC := \
	services/metering/core/accept.c \
	services/metering/core/cohort.c \
	services/metering/core/counted.c \
	services/metering/core/decimal.c \
	services/metering/core/filter.c \
	services/metering/core/plan.c \
	services/metering/core/resume.c \
	services/metering/core/row_ref.c \
	services/metering/core/rows.c \
	services/metering/core/runs.c \
	services/metering/core/tally.c \
	services/metering/core/value.c
metering_COMMAND_SRC := \
	services/metering/commands.c \
	services/metering/download.c \
	services/metering/download_part.c \
	services/metering/download_token.c
FUZZ_TARGETS += fuzz_filter fuzz_value
UNIT_TESTS += test_accept test_cohort test_counted test_decimal test_filter test_plan test_resume test_row_ref test_rows test_runs test_tally test_value

# usage events
metering_CORE_SRC += \
	services/metering/core/event_binary.c \
	services/metering/core/event_judge.c \
	services/metering/core/event_key.c \
	services/metering/core/event_media.c \
	services/metering/core/event_parts.c \
	services/metering/core/event_read.c \
	services/metering/core/event_rollup.c \
	services/metering/core/event_scan.c \
	services/metering/core/event_skip.c \
	services/metering/core/event_text.c \
	services/metering/core/event_time.c \
	services/metering/core/event_tree.c
UNIT_TESTS += test_event_binary test_event_key test_event_read test_event_rollup test_event_text test_event_time
FUZZ_TARGETS += fuzz_events
BENCH_PROGRAMS += bench_events bench_scan

# aggregates
metering_CORE_SRC += \
	services/metering/core/aggregate.c \
	services/metering/core/aggregate_atoms.c \
	services/metering/core/aggregate_cover.c \
	services/metering/core/aggregate_differ.c \
	services/metering/core/aggregate_search.c \
	services/metering/core/aggregate_sets.c \
	services/metering/core/aggregate_sketch.c \
	services/metering/core/aggregate_space.c \
	services/metering/core/suppress.c
UNIT_TESTS += test_aggregate test_aggregate_differ test_aggregate_search test_aggregate_sketch test_suppress
FUZZ_TARGETS += fuzz_aggregate
