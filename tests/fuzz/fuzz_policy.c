/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the input of `calc policy`: refused with errors, or decided with one canonical line that keeps the
 * promises of licensing.md section 8. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/licensing/core/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void check_answer(struct ch_arena *arena, const struct ch_policy_input *input)
{
    static const struct ch_json_limits limits = {.bytes = (size_t)1 << 30, .depth = 64, .integers = true};
    struct ch_json_error error;
    size_t length, again;
    const char *line = ch_policy_answer(arena, input, true, &length);
    require(line[length - 1] == '\n');
    json_t *answer = ch_json_parse(arena, line, length, &limits, &error);
    require(answer != NULL);
    const char *canonical = ch_json_canonical(arena, answer, &again);
    require(again + 1 == length && memcmp(canonical, line, again) == 0);
    bool denied = strcmp(ch_text_of(answer, "decision"), "deny") == 0;
    require(json_array_size(json_object_get(answer, "reasons")) > 0);
    require(denied == json_is_null(json_object_get(answer, "rule")));
    require(denied == json_is_null(json_object_get(answer, "not_after")));
    require(denied == (json_array_size(json_object_get(answer, "columns")) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_policy_input input;
    ch_faults_init(&faults, arena);
    if (ch_policy_read(&faults, (const char *)bytes, size, &input))
        check_answer(arena, &input);
    else
        require(ch_faults_count(&faults) > 0);
    ch_arena_free(arena);
    return 0;
}
