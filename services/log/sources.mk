# SPDX-License-Identifier: AGPL-3.0-or-later
# log: the transparency log.
log_SRC := \
	services/log/checkpoint_file.c \
	services/log/endpoints.c \
	services/log/health.c \
	services/log/policy.c \
	services/log/self_check.c \
	services/log/sequencer.c \
	services/log/service.c \
	services/log/signers.c \
	services/log/timestamp_job.c \
	services/log/witness_check.c \
	services/log/witness_job.c \
	services/log/witnesses.c
log_CORE_SRC := \
	services/log/core/merkle.c \
	services/log/core/note.c
log_COMMAND_SRC :=
UNIT_TESTS += test_merkle test_note
