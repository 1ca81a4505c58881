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
