/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dry runs: the same distribution as of a run, under an id that is none. Only tie units differ. */
#include "dry_run.h"

#include <string.h>

#include "memory_out.h"
#include "settings.h"

static const json_t *line_of(const json_t *result, const char *member)
{
    size_t i;
    const json_t *line;
    json_array_foreach(json_object_get(result, "lines"), i,
                       line) if (strcmp(payout_text(line, "id"), member) == 0) return line;
    return NULL;
}

/* Twice over the same inputs: the id follows from their normal form, which is known when they have been read. */
static struct ch_distribution *distribute(struct ch_arena *arena, const char *rule, const char *inputs,
                                          const char *member, struct ch_refusals *list)
{
    struct ch_benefit_rule *read = ch_benefit_rule_parse(rule, strlen(rule), list, NULL);
    struct memory_out text;
    memory_out_begin(&text, arena);
    memory_out_run_id(&text, "dry-0");
    ch_out_text(&text.out, inputs + 1);
    memory_out_text(&text);
    struct ch_inputs *given = read ? ch_inputs_parse(text.text, text.length, read, list) : NULL;
    if (!given)
        return NULL;
    ch_inputs_name(given, ch_printf(arena, "dry-%.32s", given->sha256));
    bool listed = ch_inputs_find(given, member, strlen(member)) >= 0;
    return ch_distribute(read, given, listed ? member : NULL, list);
}

json_t *dry_run(struct ch_arena *arena, const char *rule, const char *inputs, const char *member, bool all,
                const char **errors)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_distribution *d = distribute(arena, rule, inputs, member, list);
    if (!d) {
        *errors = ch_refusals_text(list);
        return NULL;
    }
    struct memory_out text, trace;
    memory_out_begin(&text, arena);
    memory_out_begin(&trace, arena);
    ch_distribution_write(d, true, &text.out);
    json_t *result = payout_parse(arena, memory_out_text(&text));
    json_t *made = ch_json_pack(arena, "{s:O, s:O?}", "result", result, "line", line_of(result, member));
    if (d->trace)
        ch_distribution_write_trace(d, &trace.out);
    json_object_set(made, "trace", d->trace ? payout_parse(arena, memory_out_text(&trace)) : json_null());
    if (!all)
        json_object_del(result, "lines");
    return made;
}
