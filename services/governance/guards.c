/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether the database's event triggers stand guard over schema governance, as /readyz tells it. They need a superuser:
 * a house without one works, and says so. Read at start, and when a probe finds what is known to be old. */
#include <stdio.h>
#include <time.h>

#include "commonhold/db.h"
#include "commonhold/migrate.h"
#include "governance.h"

enum { OLD_SECONDS = 60 };

static const struct ch_statement read_guards = {.name = "governance.missing_guards",
                                                .text =
                                                    "SELECT pg_catalog.array_to_string(migrate.missing_guards(), ', ')",
                                                .shape = CH_SHAPE_ROWS,
                                                .columns = 1};

/* One HTTP process. */
static struct {
    char warning[600]; /* empty: nothing is missing */
    time_t read_at;
    bool asked;
} guards;

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static void on_guards(void *arg, enum ch_fault fault, const PGresult *result)
{
    (void)arg;
    guards.asked = false;
    if (fault != CH_FAULT_NONE || PQntuples(result) != 1) /* that the database is away is told by the skeleton */
        return;
    const char *missing = PQgetvalue(result, 0, 0);
    guards.read_at = now();
    guards.warning[0] = '\0';
    if (*missing != '\0')
        snprintf(guards.warning, sizeof guards.warning, "%s: %s.", CH_MIGRATE_UNGUARDED, missing);
}

void guards_read(struct ch_service_context *context)
{
    if (context->pool == NULL || guards.asked)
        return;
    guards.asked = true;
    ch_pool_run(context->pool, &read_guards, CH_NO_ARGS, on_guards, NULL);
}

const char *guards_warning(struct ch_service_context *context)
{
    if (now() - guards.read_at >= OLD_SECONDS)
        guards_read(context);
    return guards.warning[0] != '\0' ? guards.warning : NULL;
}
