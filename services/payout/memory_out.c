/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between core/ and the rest of the role: bytes into an arena, stored documents into a distribution. */
#include "memory_out.h"

#include <stdlib.h>
#include <string.h>

static void keep(void *context, const void *bytes, size_t size)
{
    struct memory_out *memory = context;
    if (memory->length + size + 1 > memory->room) {
        if (memory->length + size > ((size_t)1 << 30))
            abort();
        memory->room = 2 * (memory->length + size) + 1;
        char *more = ch_alloc(memory->arena, memory->room);
        if (memory->length)
            memcpy(more, memory->text, memory->length);
        memory->text = more;
    }
    memcpy(memory->text + memory->length, bytes, size);
    memory->length += size;
    memory->text[memory->length] = '\0';
}

void memory_out_begin(struct memory_out *memory, struct ch_arena *arena)
{
    memory->arena = arena;
    memory->text = ch_strdup(arena, "");
    memory->length = memory->room = 0;
    ch_out_begin(&memory->out, keep, memory);
}

char *memory_out_text(struct memory_out *memory)
{
    ch_out_flush(&memory->out);
    return memory->text;
}

struct ch_distribution *run_distribute(const char *rule, const char *normal_form, const char *run_id,
                                       const char *explain, struct ch_refusals *list)
{
    struct ch_benefit_rule *read = ch_benefit_rule_parse(rule, strlen(rule), list, NULL);
    if (!read)
        return NULL;
    /* The normal form is an object without run_id: put it in front. */
    char *text = ch_printf(list->arena, "{\"run_id\":\"%s\",%s", run_id, normal_form + 1);
    struct ch_inputs *inputs = ch_inputs_parse(text, strlen(text), read, list);
    return inputs ? ch_distribute(read, inputs, explain, list) : NULL;
}
