/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a tlog-policy; what was read is asked of a checkpoint that is signed and cosigned. */
#include "fuzz_tlog.h"

static const char NOTE[] = "coop.example/ledger\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=\n\n"
                           "\xe2\x80\x94 coop.example/ledger YKxM0RX4h3dIVSxAxE3DoUadVPNUkyFBIocMtihVL6BTmIFQ+"
                           "ryb9R2ZbIdo66MLJlX8OXyyDEsmXmOoaEf9++2sEgg=\n"
                           "\xe2\x80\x94 witness.example/w1 rfwYnwAAAABpVbkAZ4YJWKcchZQqdlfgb9BlyG+iJ+"
                           "AWjUmyt/MKCGNSX0egH4pxqYKJirT0ZxYGkczskkL66zszAf9Lw8N8+vZ/CQ==\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_checkpoint checkpoint;
    char error[200] = "";
    const struct ch_tlog_policy *policy = ch_tlog_policy_read(arena, (const char *)bytes, size, error);
    require((policy == NULL) == (error[0] != '\0'));
    require(ch_checkpoint_read(NOTE, strlen(NOTE), &checkpoint) == NULL);
    if (policy) {
        require(policy->log_count <= CH_TLOG_POLICY_MAX && policy->node_count <= CH_TLOG_POLICY_MAX);
        for (size_t i = 0; i < policy->node_count; i++)
            for (size_t m = 0; m < policy->nodes[i].count; m++)
                require(policy->nodes[i].members[m] < i && policy->nodes[i].needed <= policy->nodes[i].count);
        ch_tlog_policy_unmet(arena, policy, &checkpoint);
    }
    ch_arena_free(arena);
    return 0;
}
