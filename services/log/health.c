/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether the sequencer signs, as /readyz of this role tells it. The worker writes it down (log.halt); here it is only
 * read: at start, on NOTIFY, and when a probe finds what is known to be old, since a notice may have been missed. */
#include <stdio.h>
#include <time.h>

#include "log_role.h"

enum { OLD_SECONDS = 5 };

static const struct ch_statement read_health = {.name = "log.read_health",
                                                .text = "SELECT body ->> 'reason' FROM log.read_health()",
                                                .shape = CH_SHAPE_ROWS,
                                                .columns = 1};

/* One HTTP process. */
static struct {
    char reason[600]; /* empty: it signs */
    time_t read_at;
    bool asked;
} health;

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static void on_health(void *arg, enum ch_fault fault, const PGresult *result)
{
    (void)arg;
    health.asked = false;
    if (fault != CH_FAULT_NONE) /* that the database is away is told by the skeleton */
        return;
    health.read_at = now();
    health.reason[0] = '\0';
    if (PQntuples(result) == 1 && !PQgetisnull(result, 0, 0))
        snprintf(health.reason, sizeof health.reason, "The transparency log refuses to sign: %s.",
                 PQgetvalue(result, 0, 0));
}

static void read_again(struct ch_service_context *context)
{
    if (context->pool == NULL || health.asked)
        return;
    health.asked = true;
    ch_pool_run(context->pool, &read_health, CH_NO_ARGS, on_health, NULL);
}

bool log_health_start(struct ch_service_context *context)
{
    read_again(context);
    return true;
}

void log_health_notified(struct ch_service_context *context, const char *channel, const char *payload)
{
    (void)channel, (void)payload;
    read_again(context);
}

const char *log_unready(struct ch_service_context *context)
{
    if (now() - health.read_at >= OLD_SECONDS)
        read_again(context);
    return health.reason[0] != '\0' ? health.reason : NULL;
}
