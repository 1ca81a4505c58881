/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counters for /metrics, in memory that all processes of a daemon share: whichever process is asked answers for all. */
#ifndef COMMON_METRICS_H
#define COMMON_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/service.h"
#include "route.h"

#define CH_METRIC_BUCKETS 10 /* durations; the last is +Inf */
#define CH_METRIC_POOLS   8

/* One process writes a slot, all read it; a restarted child goes on where its slot stands. */
struct ch_metrics_pool {
    uint64_t statements, faults, retries, reconnects, connections, idle, waiting;
};
struct ch_metrics_slot {
    uint64_t buckets[CH_METRIC_BUCKETS]; /* of request durations */
    uint64_t duration_us;
    uint64_t connections, in_flight, streams_gone, restarts, ready, ready_once;
    struct ch_metrics_pool pools[CH_METRIC_POOLS];
    uint64_t counters[CH_METRIC_POOLS][CH_COUNTERS_MOST]; /* of the roles */
    uint64_t statuses[]; /* [route index][status class 1..5]; the last row counts what matched no route */
};

struct ch_metrics;

/* Before forking. `slots` processes, `routes` rows. */
struct ch_metrics *ch_metrics_new(unsigned slots, size_t routes);
void ch_metrics_free(struct ch_metrics *metrics);
/* After forking: which slot is ours. */
void ch_metrics_use(struct ch_metrics *metrics, unsigned slot);
struct ch_metrics_slot *ch_metrics_slot(struct ch_metrics *metrics, unsigned slot);
struct ch_metrics_slot *ch_metrics_mine(struct ch_metrics *metrics);
void ch_metrics_request(struct ch_metrics *metrics, size_t route, int status, uint64_t nanoseconds);
/* Prometheus text format 0.0.4 of all slots together. `pools`: names of the pools in use; `roles`: those that run, in
 * the same order. Both NULL-ended. */
const char *ch_metrics_text(struct ch_metrics *metrics, struct ch_arena *arena, const struct ch_router *router,
                            const char *const *pools, const struct ch_service *const *roles);

#endif
