/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A member's share followed through every apportionment, out of the member's own part of the inputs. */
#include "trace.h"

#include <string.h>

#include "memory_out.h"

char *member_trace(struct ch_arena *arena, const char *rule_text, const json_t *part, const char *member,
                   const json_t *head, const json_t *line)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_benefit_rule *rule = ch_benefit_rule_parse(rule_text, strlen(rule_text), list, NULL);
    if (!rule)
        return NULL;
    /* What the rule asks of inputs was asked when they were frozen: whom an assign step names need not be in a part. */
    struct ch_benefit_rule bare = *rule;
    bare.step_count = 0;
    const char *text = ch_json_canonical(arena, part, NULL);
    struct ch_inputs *inputs = ch_inputs_parse(text, strlen(text), &bare, list);
    struct ch_distribution *d = inputs ? ch_distribute_part(rule, inputs, member, head, line, list) : NULL;
    if (!d)
        return NULL;
    struct memory_out trace;
    memory_out_begin(&trace, arena);
    ch_distribution_write_trace(d, &trace.out);
    return memory_out_text(&trace);
}
