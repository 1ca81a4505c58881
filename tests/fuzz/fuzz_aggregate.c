/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a question for aggregates: three lines are by, measure and a filter `name=value`; what follows is read
 * as a sketch. Refused with a reason, or within its bounds, and its text is that of the same question read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/metering/core/aggregate.h"
#include "../../services/metering/core/aggregate_sketch.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static char *next_line(char **at)
{
    char *line = *at;
    if (!line)
        return NULL;
    char *end = strchr(line, '\n');
    if (end)
        *end = '\0';
    *at = end ? end + 1 : NULL;
    return line;
}

static void read_question(struct ch_arena *arena, char *text)
{
    static struct plan_column columns[] = {{.name = "n", .type = PLAN_NUMBER, .rule = PLAN_ROUND, .number = 2},
                                           {.name = "s", .type = PLAN_STRING},
                                           {.name = "t", .type = PLAN_DATETIME, .rule = PLAN_TRUNC, .unit = "hour"},
                                           {.name = "d", .type = PLAN_DATE},
                                           {.name = "b", .type = PLAN_BOOLEAN}};
    static const struct plan plan = {.columns = columns, .count = 5};
    struct aggregate out, again;
    struct aggregate_fault fault = {0};
    const char *by = next_line(&text), *measure = next_line(&text);
    char *filter = next_line(&text), *value = filter ? strchr(filter, '=') : NULL;
    if (value)
        *value++ = '\0';
    bool good = aggregate_read(arena, by, measure, &out, &fault);
    require(good || (fault.field && fault.detail));
    if (!good)
        return;
    require(out.by_count <= AGGREGATE_BY_MOST && out.measure_count >= 1 &&
            out.measure_count <= AGGREGATE_MEASURES_MOST);
    if (!aggregate_bind(&plan, &out, &fault) ||
        (value && !aggregate_filter(arena, &plan, &out, filter, value, &fault))) {
        require(fault.detail || fault.column);
        return;
    }
    for (size_t i = 0; i < out.measure_count; i++) {
        const struct measure *one = &out.measures[i];
        require(measure_need(one, 5) >= 5 && measure_need(one, 5) <= 15);
        require(aggregate_read(arena, NULL, one->name, &again, &fault) &&
                strcmp(again.measures[0].name, one->name) == 0);
    }
    require(strlen(aggregate_text(arena, &out)) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct sketch sketch;
    const uint8_t *end = memchr(bytes, 0, size);
    size_t length = end ? (size_t)(end - bytes) : size;
    char *text = ch_alloc(arena, length + 1);
    memcpy(text, bytes, length);
    text[length] = '\0';
    read_question(arena, text);
    if (end && sketch_read(&sketch, end + 1, size - length - 1)) {
        struct out written = {0};
        sketch_write(&sketch, &written);
        out_free(&written);
        sketch_free(&sketch);
    }
    ch_arena_free(arena);
    return 0;
}
