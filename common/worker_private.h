/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the worker's threads share: the one that runs jobs, the one that keeps the running job alive, and the one that
 * calls the clocks. Each has a database connection of its own. Jobs that wait for others than the database run in a
 * second worker of the same process, which calls no clocks. */
#ifndef COMMONHOLD_WORKER_PRIVATE_H
#define COMMONHOLD_WORKER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "commonhold/job.h"
#include "commonhold/service.h"

#define WORKER_BEAT_MS     3000
#define WORKER_CLOCK_MS    1000
#define WORKER_TIMEOUT_S   30
#define WORKER_ATTEMPTS    20
#define WORKER_SERVICES    16
#define WORKER_DELAY_MAX_S 3600

struct worker {
    const struct ch_service *const *services;
    const struct ch_config *config;
    bool apart; /* runs the services' kinds that are `apart`, and no others */
    char conninfo[1024];
    char id[96];      /* host, process, chance: whose job it is */
    struct ch_db *db; /* of the thread that runs jobs */
    struct ch_service_context contexts[WORKER_SERVICES];
    struct ch_keyset *keys;
    char *kinds; /* JSON for job.claim */
    int session; /* backend whose LISTEN is known to have been sent */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool over;               /* threads end */
    struct ch_db *beat_db;   /* second connection, NULL while it is away */
    struct running *running; /* NULL between jobs */
};

/* A job under way. `job` comes first: the public pointer leads here. */
struct running {
    struct ch_job job;
    struct worker *worker;
    char attempt[16];
    atomic_bool lost; /* somebody else has it now */
};

extern atomic_bool ch_worker_stop; /* set by the signal */

/* Threads: heartbeat of the running job, clocks. `arg` is the worker. */
void *ch_worker_beat(void *arg);
void *ch_worker_clocks(void *arg);
/* Waits up to `ms` or until told; true when the threads shall end. The lock is held. */
bool ch_worker_wait(struct worker *worker, int ms);

#endif
