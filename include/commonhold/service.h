/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a role is, and the skeleton that runs roles: configuration, signals, listening, pre-forking, privilege drop,
 * readiness, graceful drain, probes, metrics. Each role is one struct ch_service in services/<role>/service.c. */
#ifndef COMMONHOLD_SERVICE_H
#define COMMONHOLD_SERVICE_H

#include "commonhold/config.h"
#include "commonhold/crypto.h"
#include "commonhold/http.h"
#include "commonhold/job.h"
#include "commonhold/jwt.h"
#include "commonhold/rate.h"

struct event_base;
struct ch_service_context;

/* A number that a role counts for /metrics: commonhold_<role>_<name>. */
struct ch_counter {
    const char *name; /* ends in _total where it only rises */
    const char *help;
};
#define CH_COUNTERS_MOST 8

struct ch_service {
    const char *name;                 /* role, schema and configuration section */
    const struct ch_route *routes;    /* may be NULL */
    const struct ch_config_key *keys; /* of section [name]; may be NULL */
    const struct ch_job_kind *jobs;   /* what the worker runs for this role; may be NULL */
    const char *const *apart;  /* those of its kinds of jobs that wait for others than the database: the worker runs
                                  them beside the rest, which never waits for one; NULL-ended; may be NULL */
    const char *const *clocks; /* SQL functions the worker calls every second, a transaction each: a name, or a call
                                  with its arguments; NULL-ended; may be NULL */
    const char *const *listen; /* NOTIFY channels of the HTTP role, NULL-ended; may be NULL */
    void (*notified)(struct ch_service_context *context, const char *channel, const char *payload);
    /* Called once in each HTTP process after the loop exists and before listening: loads keys, caches. False stops the
     * process; it has logged why. May be NULL. */
    bool (*start)(struct ch_service_context *context);
    /* Why the role is not ready although it answers, one sentence, or NULL: /readyz tells it with 503. Called in the
     * loop for each probe, so it only looks. May be NULL. */
    const char *(*unready)(struct ch_service_context *context);
    /* What an operator should know of a role that is ready, one sentence, or NULL: /readyz tells it with 200. Only
     * looks, too. May be NULL. */
    const char *(*warning)(struct ch_service_context *context);
    /* A page of the role for an address of the skeleton (/problems/{slug}), where a browser asks. NULL where the role
     * has none at the moment; nothing was answered then. May be NULL. */
    struct ch_done *(*page)(struct ch_service_context *context, struct ch_request *request);
    const struct ch_counter *counters; /* at most CH_COUNTERS_MOST, NULL-ended; may be NULL */
    /* Called once when an HTTP process that ran `start` ends: connections are closed, the role's pool still lives. May
     * be NULL. */
    void (*stop)(struct ch_service_context *context);
};

/* One role inside one process. */
struct ch_service_context {
    const struct ch_service *service;
    const struct ch_config *config;
    struct event_base *base;     /* NULL in the worker */
    struct ch_pool *pool;        /* NULL in the worker */
    struct ch_keyset *keys;      /* public keys, kept fresh by the skeleton */
    const char *issuer;          /* [common] origin, e.g. https://coop.example */
    void *state;                 /* the role's own, made by its start hook */
    struct ch_rate_table *rates; /* of all processes of the daemon together; NULL in the worker */
    uint64_t *counters;          /* this process's, in the order of service->counters; NULL in the worker */
    struct ch_daemon *daemon;    /* the skeleton's */
};

/* Of a request: the context of the role whose route it took. */
struct ch_service_context *ch_context(const struct ch_request *request);

/* Runs the roles until a signal ends them; exit code for main. services: NULL-ended. */
int ch_serve(const struct ch_service *const *services, int argc, char **argv);

/* The worker's loop, in a process of its own: claims and runs the jobs of all services, calls their clocks, ends on
 * SIGTERM. services: NULL-ended. Exit code. */
int ch_worker_run(const struct ch_service *const *services, const struct ch_config *config);

/* Another pool of the role in this process, with so many connections and all else as configured; NULL where there is no
 * database. The role frees it, in its `stop`. */
struct ch_pool *ch_service_pool(struct ch_service_context *context, int connections);

/* A signing key of [section] key `key`: file loaded once per process; its public half registered as a row by
 * `commonhold init`/`migrate`. NULL with a logged message when it cannot be read. */
struct ch_signing_key *ch_service_signing_key(struct ch_service_context *context, const char *key);

#endif
