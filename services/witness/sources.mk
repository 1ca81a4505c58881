# SPDX-License-Identifier: AGPL-3.0-or-later
# commonhold-witness: no PostgreSQL, so that a laptop can run it.
witness_SRC := services/witness/main.c services/witness/folder.c services/witness/serve.c
witness_CORE_SRC := services/witness/core/judge.c
UNIT_TESTS += test_witness_judge
BENCH_PROGRAMS += bench_inclusion
FUZZ_TARGETS += fuzz_consistency
