/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counting, and the Prometheus text (exposition format 0.0.4). Plain 64-bit words in shared memory: each has one
 * writer, a reader may see one a moment old and never a torn one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "metrics.h"

#define CLASSES 5 /* 1xx to 5xx */

static const uint64_t BOUNDS_US[CH_METRIC_BUCKETS - 1] = {1000,   2500,   5000,    10000,  25000,
                                                          100000, 250000, 1000000, 5000000};
static const char *const BOUND_NAMES[CH_METRIC_BUCKETS] = {"0.001", "0.0025", "0.005", "0.01", "0.025",
                                                           "0.1",   "0.25",   "1",     "5",    "+Inf"};

struct ch_metrics {
    unsigned char *memory;
    size_t slot_size, size;
    unsigned slots, mine;
    size_t routes;
};

/* Text that grows in a stdio stream; the arena gets the finished copy. */
struct page {
    FILE *file;
    char *text;
    size_t size;
};

struct ch_metrics *ch_metrics_new(unsigned slots, size_t routes)
{
    struct ch_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        abort();
    size_t rows = (routes + 1) * CLASSES;
    metrics->slot_size = (sizeof(struct ch_metrics_slot) + rows * sizeof(uint64_t) + 63) / 64 * 64;
    metrics->slots = slots;
    metrics->routes = routes;
    metrics->size = metrics->slot_size * slots;
    metrics->memory = mmap(NULL, metrics->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (metrics->memory == MAP_FAILED)
        abort();
    return metrics;
}

void ch_metrics_free(struct ch_metrics *metrics)
{
    if (!metrics)
        return;
    munmap(metrics->memory, metrics->size);
    free(metrics);
}

void ch_metrics_use(struct ch_metrics *metrics, unsigned slot)
{
    metrics->mine = slot;
}

struct ch_metrics_slot *ch_metrics_slot(struct ch_metrics *metrics, unsigned slot)
{
    return (struct ch_metrics_slot *)(void *)(metrics->memory + metrics->slot_size * slot);
}

struct ch_metrics_slot *ch_metrics_mine(struct ch_metrics *metrics)
{
    return ch_metrics_slot(metrics, metrics->mine);
}

void ch_metrics_request(struct ch_metrics *metrics, size_t route, int status, uint64_t nanoseconds)
{
    struct ch_metrics_slot *slot = ch_metrics_mine(metrics);
    uint64_t us = nanoseconds / 1000;
    unsigned bucket = 0;
    while (bucket < CH_METRIC_BUCKETS - 1 && us > BOUNDS_US[bucket])
        bucket++;
    slot->buckets[bucket]++;
    slot->duration_us += us;
    if (status >= 100 && status < 600)
        slot->statuses[route * CLASSES + (size_t)(status / 100 - 1)]++;
}

static uint64_t sum_at(struct ch_metrics *metrics, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < metrics->slots; i++) {
        uint64_t value;
        memcpy(&value, metrics->memory + metrics->slot_size * i + offset, sizeof value);
        sum += value;
    }
    return sum;
}

#define SUM(metrics, member) sum_at(metrics, offsetof(struct ch_metrics_slot, member))

static void declare(struct page *page, const char *name, const char *type, const char *help)
{
    fprintf(page->file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_routes(struct page *page, struct ch_metrics *metrics, const struct ch_router *router)
{
    declare(page, "commonhold_requests_total", "counter", "Requests answered, by route and class of status.");
    for (size_t row = 0; row <= metrics->routes; row++) {
        const struct ch_route *route = row < metrics->routes ? ch_router_at(router, row)->route : NULL;
        for (size_t class = 0; class < CLASSES; class ++) {
            size_t offset = offsetof(struct ch_metrics_slot, statuses) + (row * CLASSES + class) * sizeof(uint64_t);
            uint64_t count = sum_at(metrics, offset);
            if (count > 0)
                fprintf(page->file, "commonhold_requests_total{method=\"%s\",route=\"%s\",status=\"%zuxx\"} %llu\n",
                        route ? ch_method_name(route->method) : "", route ? route->path : "", class + 1,
                        (unsigned long long)count);
        }
    }
}

static void write_durations(struct page *page, struct ch_metrics *metrics)
{
    uint64_t sum = 0, us = SUM(metrics, duration_us);
    declare(page, "commonhold_request_seconds", "histogram", "From the first byte of a request to its answer.");
    for (unsigned i = 0; i < CH_METRIC_BUCKETS; i++) {
        sum += sum_at(metrics, offsetof(struct ch_metrics_slot, buckets) + i * sizeof(uint64_t));
        fprintf(page->file, "commonhold_request_seconds_bucket{le=\"%s\"} %llu\n", BOUND_NAMES[i],
                (unsigned long long)sum);
    }
    fprintf(page->file, "commonhold_request_seconds_sum %llu.%06llu\n", (unsigned long long)(us / 1000000),
            (unsigned long long)(us % 1000000));
    fprintf(page->file, "commonhold_request_seconds_count %llu\n", (unsigned long long)sum);
}

static void write_one(struct page *page, const char *name, const char *type, const char *help, uint64_t value)
{
    declare(page, name, type, help);
    fprintf(page->file, "%s %llu\n", name, (unsigned long long)value);
}

static void write_process(struct page *page, struct ch_metrics *metrics)
{
    write_one(page, "commonhold_connections", "gauge", "Open connections.", SUM(metrics, connections));
    write_one(page, "commonhold_requests_in_flight", "gauge", "Requests being worked on.", SUM(metrics, in_flight));
    write_one(page, "commonhold_streams_gone_total", "counter", "Streams the client left or read too slowly.",
              SUM(metrics, streams_gone));
    write_one(page, "commonhold_restarts_total", "counter", "Processes started again after an unexpected end.",
              SUM(metrics, restarts));
    write_one(page, "commonhold_processes_ready", "gauge", "HTTP processes that take requests.", SUM(metrics, ready));
}

static void write_pools(struct page *page, struct ch_metrics *metrics, const char *const *pools)
{
    static const struct {
        const char *name, *type, *help;
        size_t offset;
    } ROWS[] = {
        {"statements_total", "counter", "Statements run.", offsetof(struct ch_metrics_pool, statements)},
        {"faults_total", "counter", "Statements that ended in a fault.", offsetof(struct ch_metrics_pool, faults)},
        {"retries_total", "counter", "Repeats after conflicts.", offsetof(struct ch_metrics_pool, retries)},
        {"reconnects_total", "counter", "Connections made again.", offsetof(struct ch_metrics_pool, reconnects)},
        {"connections", "gauge", "Open connections.", offsetof(struct ch_metrics_pool, connections)},
        {"idle", "gauge", "Idle connections.", offsetof(struct ch_metrics_pool, idle)},
        {"waiting", "gauge", "Requests waiting for a connection.", offsetof(struct ch_metrics_pool, waiting)}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char name[64];
        snprintf(name, sizeof name, "commonhold_pool_%s", ROWS[i].name);
        declare(page, name, ROWS[i].type, ROWS[i].help);
        for (size_t p = 0; pools[p] && p < CH_METRIC_POOLS; p++) {
            size_t offset = offsetof(struct ch_metrics_slot, pools) + p * sizeof(struct ch_metrics_pool);
            fprintf(page->file, "%s{role=\"%s\"} %llu\n", name, pools[p],
                    (unsigned long long)sum_at(metrics, offset + ROWS[i].offset));
        }
    }
}

static void write_counters(struct page *page, struct ch_metrics *metrics, const struct ch_service *const *roles)
{
    for (size_t r = 0; roles[r] && r < CH_METRIC_POOLS; r++) {
        const struct ch_counter *counters = roles[r]->counters;
        for (size_t i = 0; counters && counters[i].name && i < CH_COUNTERS_MOST; i++) {
            char name[96];
            size_t length = strlen(counters[i].name);
            bool rises = length > 6 && strcmp(counters[i].name + length - 6, "_total") == 0;
            snprintf(name, sizeof name, "commonhold_%s_%s", roles[r]->name, counters[i].name);
            write_one(page, name, rises ? "counter" : "gauge", counters[i].help,
                      sum_at(metrics, offsetof(struct ch_metrics_slot, counters) +
                                          (r * CH_COUNTERS_MOST + i) * sizeof(uint64_t)));
        }
    }
}

const char *ch_metrics_text(struct ch_metrics *metrics, struct ch_arena *arena, const struct ch_router *router,
                            const char *const *pools, const struct ch_service *const *roles)
{
    struct page page = {0};
    page.file = open_memstream(&page.text, &page.size);
    if (!page.file)
        abort();
    write_routes(&page, metrics, router);
    write_durations(&page, metrics);
    write_process(&page, metrics);
    write_pools(&page, metrics, pools);
    write_counters(&page, metrics, roles);
    if (fclose(page.file) != 0)
        abort();
    const char *text = ch_memdup(arena, page.text, page.size);
    free(page.text);
    return text;
}
