/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of payout's core share: vector files, texts in and out, shared sample data. */
#ifndef TESTS_PAYOUT_HELPERS_H
#define TESTS_PAYOUT_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../services/payout/core/distribute.h"
#include "commonhold/cli.h"

static int arena_setup(void **state)
{
    *state = ch_arena_new();
    return 0;
}

static int arena_teardown(void **state)
{
    ch_arena_free(*state);
    return 0;
}

/* A vector of tests/unit/payout, from the repository's root. */
__attribute__((unused)) static char *vector(struct ch_arena *arena, const char *name, size_t *size)
{
    char error[256];
    char *text = ch_read_file(arena, ch_printf(arena, "tests/unit/payout/%s", name), 1 << 20, size, error);
    if (!text)
        fail_msg("%s (run from the repository's root)", error);
    return text;
}

/* A sample of the shared data, NULL and a reason printed when it is not there. */
__attribute__((unused)) static char *sample(struct ch_arena *arena, const char *name, size_t *size)
{
    const char *folder = getenv("CH_SHARED_DATA");
    char error[256];
    char *text =
        ch_read_file(arena, ch_printf(arena, "%s/%s", folder ? folder : "../shared/data", name), 1 << 24, size, error);
    if (!text)
        print_message("skipped: %s (CH_SHARED_DATA names another folder)\n", error);
    return text;
}

struct memory {
    struct ch_arena *arena;
    char *text;
    size_t size, room;
};

__attribute__((unused)) static void to_memory(void *context, const void *bytes, size_t size)
{
    struct memory *memory = context;
    if (memory->size + size + 1 > memory->room) {
        size_t room = 2 * (memory->size + size) + 1024;
        char *text = ch_alloc(memory->arena, room);
        if (memory->size)
            memcpy(text, memory->text, memory->size);
        memory->text = text;
        memory->room = room;
    }
    memcpy(memory->text + memory->size, bytes, size);
    memory->size += size;
    memory->text[memory->size] = 0;
}

__attribute__((unused)) static struct ch_benefit_rule *rule_of(struct ch_arena *arena, const char *text)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_benefit_rule *rule = ch_benefit_rule_parse(text, strlen(text), list, NULL);
    if (!rule)
        fail_msg("%s", ch_refusals_text(list));
    return rule;
}

__attribute__((unused)) static struct ch_inputs *inputs_of(struct ch_arena *arena, const struct ch_benefit_rule *rule,
                                                           const char *text)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_inputs *inputs = ch_inputs_parse(text, strlen(text), rule, list);
    if (!inputs)
        fail_msg("%s", ch_refusals_text(list));
    return inputs;
}

__attribute__((unused)) static struct ch_distribution *distribution_of(struct ch_arena *arena, const char *rule_text,
                                                                       const char *inputs_text)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_benefit_rule *rule = rule_of(arena, rule_text);
    struct ch_distribution *d = ch_distribute(rule, inputs_of(arena, rule, inputs_text), NULL, list);
    if (!d)
        fail_msg("%s", ch_refusals_text(list));
    return d;
}

#endif
