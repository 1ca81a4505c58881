/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the numbers of the calculators' documents and words their refusals. Which numbers there are is the business of
 * each calculator. */
#include <stdlib.h>
#include <string.h>

#include "calc_input.h"

bool ch_calc_refuse(struct ch_calc_refusal *refusal, const char *slug, const char *pointer, const char *detail)
{
    *refusal = (struct ch_calc_refusal){.slug = slug, .pointer = pointer, .detail = detail};
    return false;
}

char *ch_calc_refusal_text(struct ch_arena *arena, const struct ch_calc_refusal *refusal)
{
    json_t *line = refusal->line ? json_integer(refusal->line) : json_null();
    json_t *whole = ch_json_pack(arena, "{s:s,s:s?,s:o,s:s}", "error", refusal->slug, "pointer", refusal->pointer,
                                 "line", line, "detail", refusal->detail);
    char *text = json_dumps(whole, JSON_COMPACT | JSON_PRESERVE_ORDER);
    char *kept = ch_strdup(arena, text);
    free(text);
    return kept;
}

const json_t *ch_calc_json(struct ch_arena *arena, const char *text, size_t size, size_t max,
                           struct ch_calc_refusal *refusal)
{
    const struct ch_json_limits limits = {.bytes = max, .depth = 16};
    struct ch_json_error error;
    const json_t *document = ch_json_parse(arena, text, size, &limits, &error);
    if (document)
        return document;
    if (strcmp(error.slug, "not_integer") == 0) { /* one beyond 64 bits: what the reader cannot hold */
        ch_calc_refuse(refusal, "out_of_range", ch_strdup(arena, error.pointer), ch_strdup(arena, error.detail));
        return NULL;
    }
    bool large = strcmp(error.slug, "too_large") == 0;
    ch_calc_refuse(refusal, large ? "too_large" : "not_json", NULL, ch_strdup(arena, error.detail));
    refusal->line = error.line;
    return NULL;
}

static bool read_number(struct ch_arena *arena, const json_t *object, const char *at,
                        const struct ch_calc_number *number, void *into, struct ch_calc_refusal *refusal)
{
    const char *pointer = ch_printf(arena, "%s/%s", at, number->name);
    const json_t *value = json_object_get(object, number->name);
    if (!value)
        return ch_calc_refuse(refusal, "missing", pointer, "This key is needed.");
    if (!json_is_integer(value))
        return ch_calc_refuse(refusal, "not_integer", pointer, "An integer is needed here.");
    int64_t found = json_integer_value(value);
    if (found < number->min || found > number->max)
        return ch_calc_refuse(refusal, "out_of_range", pointer,
                              ch_printf(arena, "A number from %lld to %lld is needed here.", (long long)number->min,
                                        (long long)number->max));
    memcpy((char *)into + number->offset, &found, sizeof found);
    return true;
}

bool ch_calc_numbers(struct ch_arena *arena, const json_t *object, const char *pointer,
                     const struct ch_calc_number *numbers, size_t count, void *into, struct ch_calc_refusal *refusal)
{
    for (size_t i = 0; i < count; i++) {
        if (!read_number(arena, object, pointer, &numbers[i], into, refusal))
            return false;
    }
    return true;
}

bool ch_calc_fractions(struct ch_arena *arena, const json_t *object, const char *pointer,
                       const struct ch_calc_number *numbers, size_t count, struct ch_calc_refusal *refusal)
{
    for (size_t i = 0; i < count; i++) {
        const struct ch_calc_number *number = &numbers[i];
        if (number->not_over && json_integer_value(json_object_get(object, number->name)) >
                                    json_integer_value(json_object_get(object, number->not_over)))
            return ch_calc_refuse(refusal, "out_of_range", ch_printf(arena, "%s/%s", pointer, number->name),
                                  ch_printf(arena, "It may not be more than %s.", number->not_over));
    }
    return true;
}
