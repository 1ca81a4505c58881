# SPDX-License-Identifier: AGPL-3.0-or-later
# metering: _SRC goes into the daemon, _CORE_SRC is pure and goes everywhere, _COMMAND_SRC goes into the command line.
metering_SRC := \
	services/metering/deliveries.c \
	services/metering/delivery_batch.c \
	services/metering/delivery_begin.c \
	services/metering/delivery_stream.c \
	services/metering/get_rows.c \
	services/metering/job_fold.c \
	services/metering/job_tombstones.c \
	services/metering/question.c \
	services/metering/service.c \
	services/metering/usage.c
metering_CORE_SRC := \
	services/metering/core/filter.c \
	services/metering/core/plan.c \
	services/metering/core/resume.c \
	services/metering/core/row_ref.c \
	services/metering/core/rows.c \
	services/metering/core/runs.c \
	services/metering/core/tally.c
metering_COMMAND_SRC := \
	services/metering/commands.c \
	services/metering/download.c \
	services/metering/download_part.c \
	services/metering/download_token.c
UNIT_TESTS += test_filter test_plan test_resume test_row_ref test_rows test_runs test_tally

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
BENCH_PROGRAMS += bench_scan
