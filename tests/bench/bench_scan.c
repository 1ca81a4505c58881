/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast usage events are read: batches of 100 by the scanner alone, by the whole reader (verdict, key and content
 * hash), by the same reader with jansson in place of the scanner, and by jansson's bare tree. In the thread's own
 * processor time. Prints events a second. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "../unit/event_texts.h"

#define BATCHES 50
#define EVENTS  100

struct bench {
    char *bodies[BATCHES];
    size_t sizes[BATCHES];
    struct event_reader *reader;
};

static int64_t cpu_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void make_bodies(struct bench *bench, struct ch_arena *arena)
{
    for (unsigned b = 0; b < BATCHES; b++) {
        struct ch_arena *own = ch_arena_new();
        char *body = malloc(EVENTS * 600), *at = body;
        if (!body)
            abort();
        for (unsigned i = 0; i < EVENTS; i++) {
            const char *id = ch_printf(own, "\"019ca9a%x-5e%02x-7abc-8def-0123456789ab\"", b % 16, i);
            const char *event = event_text(own, "id", id);
            at += snprintf(at, 600, "%c%s", i ? ',' : '[', event);
        }
        *at++ = ']';
        bench->sizes[b] = (size_t)(at - body);
        bench->bodies[b] = ch_memdup(arena, body, bench->sizes[b]);
        free(body);
        ch_arena_free(own);
    }
}

static void must_be_good(const struct event_batch *batch, bool read)
{
    if (!read || batch->count != EVENTS || batch->events[EVENTS - 1].reason != EVENT_GOOD)
        abort();
}

static void run_reader(const struct bench *bench, unsigned b)
{
    struct ch_arena *arena = ch_arena_new();
    struct event_batch batch;
    struct event_refusal refusal;
    must_be_good(&batch, events_read(bench->reader, arena, EVENT_MODE_BATCH, bench->bodies[b], bench->sizes[b],
                                     EVENT_NOW, &batch, &refusal));
    ch_arena_free(arena);
}

static void run_slow_reader(const struct bench *bench, unsigned b)
{
    struct ch_arena *arena = ch_arena_new();
    struct event_batch batch;
    struct event_refusal refusal;
    must_be_good(&batch, events_read_slowly(bench->reader, arena, EVENT_MODE_BATCH, bench->bodies[b], bench->sizes[b],
                                            EVENT_NOW, &batch, &refusal));
    ch_arena_free(arena);
}

static void run_scanner(const struct bench *bench, unsigned b)
{
    struct ch_arena *arena = ch_arena_new();
    const char *at = bench->bodies[b] + 1, *stop = bench->bodies[b] + bench->sizes[b];
    struct event_parts parts;
    for (unsigned i = 0; i < EVENTS; i++, at++)
        if (!event_scan(arena, at, stop, &parts, &at))
            abort();
    ch_arena_free(arena);
}

static void run_tree(const struct bench *bench, unsigned b)
{
    json_t *tree = json_loadb(bench->bodies[b], bench->sizes[b], JSON_REJECT_DUPLICATES, NULL);
    if (json_array_size(tree) != EVENTS)
        abort();
    json_decref(tree);
}

/* Events a second, over at least half a second. */
static int64_t rate(const struct bench *bench, void (*run)(const struct bench *, unsigned))
{
    int64_t start = cpu_time(), end = start, events = 0;
    while (end - start < INT64_C(500000000)) {
        for (unsigned b = 0; b < BATCHES; b++)
            run(bench, b);
        events += BATCHES * EVENTS;
        end = cpu_time();
    }
    return events * INT64_C(1000000000) / (end - start);
}

static const struct {
    const char *name;
    void (*run)(const struct bench *, unsigned);
} runs[] = {{"scanner", run_scanner}, {"reader", run_reader}, {"slow_reader", run_slow_reader}, {"tree", run_tree}};

/* bench_scan [NAME]: all of them, or the one that is to be profiled. */
int main(int argc, char **argv)
{
    struct ch_arena *arena = ch_arena_new();
    struct bench bench = {.reader = event_reader_new()};
    make_bodies(&bench, arena);
    printf("%zu bytes an event\n", bench.sizes[0] / EVENTS);
    for (size_t i = 0; i < EVENT_COUNT(runs); i++)
        if (argc < 2 || strcmp(argv[1], runs[i].name) == 0)
            printf("%s %lld\n", runs[i].name, (long long)rate(&bench, runs[i].run));
    event_reader_free(bench.reader);
    ch_arena_free(arena);
    return 0;
}
