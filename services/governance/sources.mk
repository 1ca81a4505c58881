# SPDX-License-Identifier: AGPL-3.0-or-later
# governance: _SRC goes into the daemon, _CORE_SRC is pure and goes everywhere, _COMMAND_SRC goes into the command line.
governance_SRC := \
	services/governance/service.c \
	services/governance/register.c \
	services/governance/guards.c \
	services/governance/members.c \
	services/governance/proposals.c \
	services/governance/votes.c \
	services/governance/box.c \
	services/governance/bundles.c \
	services/governance/opening.c \
	services/governance/cases.c \
	services/governance/sanctions.c \
	services/governance/appeals.c \
	services/governance/panels.c \
	services/governance/tally.c \
	services/governance/ranking.c \
	services/governance/elections.c \
	services/governance/projects.c \
	services/governance/notices.c \
	services/governance/mail.c \
	services/governance/people.c
governance_CORE_SRC := \
	services/governance/core/calc_input.c \
	services/governance/core/calc_out.c \
	services/governance/core/decide.c \
	services/governance/core/decide_json.c \
	services/governance/core/blt.c \
	services/governance/core/stv.c \
	services/governance/core/stv_text.c \
	services/governance/core/knapsack.c \
	services/governance/core/knapsack_json.c \
	services/governance/core/shamir.c \
	services/governance/core/choice.c \
	services/governance/core/ballot.c \
	services/governance/core/shape.c \
	services/governance/core/rules.c \
	services/governance/core/charter.c \
	services/governance/core/charter_founders.c \
	services/governance/core/effect.c \
	services/governance/core/lot.c \
	services/governance/core/notice_text.c
governance_COMMAND_SRC := \
	services/governance/commands.c \
	services/governance/calc_tally.c \
	services/governance/found.c \
	services/governance/voting.c \
	services/governance/voting_log.c \
	services/governance/found_database.c \
	services/governance/people.c

UNIT_TESTS += test_stv test_blt test_knapsack test_decide test_decide_agree test_charter test_lot test_notice_text
UNIT_TESTS += test_ballot
FUZZ_TARGETS += fuzz_blt
BENCH_PROGRAMS += bench_stv
