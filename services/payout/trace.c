/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Works a run out again to show one member every apportionment met on the way. */
#include "trace.h"

#include "memory_out.h"

char *member_trace(struct ch_arena *arena, const char *rule, const char *inputs, const char *run_id, const char *member)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_distribution *d = run_distribute(rule, inputs, run_id, member, list);
    if (!d)
        return NULL;
    struct memory_out trace;
    memory_out_begin(&trace, arena);
    ch_distribution_write_trace(d, &trace.out);
    return memory_out_text(&trace);
}
