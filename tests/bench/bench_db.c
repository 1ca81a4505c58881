/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads through the pool, as fast as they come back, with a fixed number of clients on one event loop:
 *     bench_db CONNINFO CLIENTS CONNECTIONS SECONDS ROWS
 * prints statements per second. tests/bench/bench_db.sh compares it with pgbench on the same statement. */
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/db.h"

static const struct ch_statement READ = {.name = "bench_read",
                                         .text =
                                             "SELECT 'ok'::text, pg_catalog.jsonb_build_object('id', id, 'name', name, "
                                             "'amount', amount) FROM bench.item WHERE id = $1::bigint",
                                         .shape = CH_SHAPE_ANSWER,
                                         .read_only = true};

struct bench {
    struct event_base *base;
    struct ch_pool *pool;
    uint64_t answers, faults;
    int64_t rows;
    bool over;
    uint64_t random;
};

static void ask(struct bench *bench);

static void on_answer(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct bench *bench = arg;
    if (fault == CH_FAULT_NONE && strcmp(PQgetvalue(result, 0, 0), "ok") == 0)
        bench->answers++;
    else if (!bench->over)
        bench->faults++;
    if (!bench->over)
        ask(bench);
}

static void ask(struct bench *bench)
{
    char id[24];
    bench->random = bench->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    snprintf(id, sizeof(id), "%" PRId64, (int64_t)(bench->random >> 33) % bench->rows + 1);
    ch_pool_run(bench->pool, &READ, CH_ARGS(id), on_answer, bench);
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct bench *bench = arg;
    bench->over = true;
    event_base_loopexit(bench->base, NULL);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: bench_db CONNINFO CLIENTS CONNECTIONS SECONDS ROWS\n", stderr);
        return 64;
    }
    int clients = (int)strtol(argv[2], NULL, 10);
    const struct timeval seconds = {.tv_sec = strtol(argv[4], NULL, 10)};
    struct bench bench = {.base = event_base_new(), .rows = strtol(argv[5], NULL, 10), .random = 1};
    const struct ch_pool_options options = {.conninfo = argv[1],
                                            .connections = (int)strtol(argv[3], NULL, 10),
                                            .queue_max = clients,
                                            .wait_ms = 5000,
                                            .statement_ms = 5000};
    bench.pool = ch_pool_new(bench.base, &options);
    struct event *end = evtimer_new(bench.base, on_end, &bench);
    evtimer_add(end, &seconds);
    for (int i = 0; i < clients; i++)
        ask(&bench);
    event_base_dispatch(bench.base);
    printf("%" PRIu64 "\n", bench.answers / (uint64_t)seconds.tv_sec);
    if (bench.faults > 0)
        fprintf(stderr, "bench_db: %" PRIu64 " faults\n", bench.faults);
    event_free(end);
    ch_pool_free(bench.pool);
    event_base_free(bench.base);
    return bench.faults > 0;
}
