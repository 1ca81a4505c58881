/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Spans of counted rows, in order and without overlap. */
#include "counted.h"

#include <stdlib.h>

#include "runs.h"

void counted_reset(struct counted *counted)
{
    counted->count = counted->at = 0;
}

void counted_add(struct counted *counted, int64_t first, int64_t last)
{
    if (counted->count > 0 && counted->spans[counted->count - 1].last + 1 == first) {
        counted->spans[counted->count - 1].last = last;
        return;
    }
    if (counted->count == counted->room) {
        counted->room = 2 * counted->room + 64;
        counted->spans = realloc(counted->spans, counted->room * sizeof *counted->spans);
        if (!counted->spans)
            abort();
    }
    counted->spans[counted->count++] = (struct counted_span){first, last};
}

static void add_run(void *arg, int64_t first, int64_t last, int64_t contribution)
{
    (void)contribution;
    counted_add(arg, first, last);
}

bool counted_add_runs(struct counted *counted, const uint8_t *bytes, size_t size)
{
    return runs_read(bytes, size, add_run, counted);
}

static int by_first(const void *a, const void *b)
{
    const struct counted_span *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

void counted_ready(struct counted *counted)
{
    size_t kept = 0;
    if (counted->count > 1)
        qsort(counted->spans, counted->count, sizeof *counted->spans, by_first);
    for (size_t i = 1; i < counted->count; i++) {
        struct counted_span *last = &counted->spans[kept], *next = &counted->spans[i];
        if (next->first > last->last)
            counted->spans[++kept] = *next;
        else if (next->last > last->last)
            last->last = next->last;
    }
    counted->count = counted->count > 0 ? kept + 1 : 0;
    counted->at = 0;
}

bool counted_has(struct counted *counted, int64_t row_id)
{
    while (counted->at < counted->count && counted->spans[counted->at].last < row_id)
        counted->at++;
    return counted->at < counted->count && counted->spans[counted->at].first <= row_id;
}

void counted_rewind(struct counted *counted)
{
    counted->at = 0;
}

void counted_free(struct counted *counted)
{
    free(counted->spans);
    *counted = (struct counted){0};
}
