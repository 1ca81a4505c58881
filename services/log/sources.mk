# SPDX-License-Identifier: AGPL-3.0-or-later
# log: the transparency log.
log_SRC := \
	services/log/endpoints.c \
	services/log/health.c \
	services/log/self_check.c \
	services/log/sequencer.c \
	services/log/service.c
log_CORE_SRC := \
	services/log/core/merkle.c \
	services/log/core/note.c
log_COMMAND_SRC :=
UNIT_TESTS += test_merkle test_note
