/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The heartbeat of deliveries: one statement for all that this process sends, whatever their readers do. What nobody
 * says so of for a minute is taken for lost (metering.settle_batches). */
#include <stdlib.h>

#include "delivery.h"

#define BEAT_SECONDS 10

/* One a process, and there to its end: statements may come back when the role has been stopped. */
static struct {
    LIST_HEAD(, delivery) deliveries;
    struct ch_pool *pool;
    struct event *timer;
    struct out pools, ids; /* array literals, kept for the next beat */
    bool beating;          /* the statement before has not come back */
} beats;

static const struct ch_statement BEAT = {.name = "metering.beat_deliveries",
                                         .text = "SELECT metering.beat_deliveries($1::uuid[], $2::uuid[])",
                                         .shape = CH_SHAPE_ROWS,
                                         .columns = 1};

static void beaten(void *arg, enum ch_fault fault, const PGresult *result)
{
    (void)arg, (void)fault, (void)result; /* the next one says the same */
    beats.beating = false;
}

static void add(struct out *array, const char *id)
{
    out_byte(array, array->size > 0 ? ',' : '{');
    out_text(array, id);
}

static void beat(evutil_socket_t fd, short what, void *arg)
{
    const struct delivery *d;
    (void)fd, (void)what, (void)arg;
    if (beats.beating)
        return;
    beats.pools.size = beats.ids.size = 0;
    LIST_FOREACH(d, &beats.deliveries, entry)
    if (d->opened) {
        add(&beats.pools, d->pool_id);
        add(&beats.ids, d->id);
    }
    if (beats.ids.size == 0)
        return;
    out_add(&beats.pools, "}", 2);
    out_add(&beats.ids, "}", 2);
    beats.beating = true;
    ch_pool_run(beats.pool, &BEAT, CH_ARGS(beats.pools.bytes, beats.ids.bytes), beaten, NULL);
}

void delivery_list(struct delivery *d)
{
    LIST_INSERT_HEAD(&beats.deliveries, d, entry);
}

void delivery_unlist(struct delivery *d)
{
    LIST_REMOVE(d, entry);
}

void delivery_beats_start(struct event_base *base, struct ch_pool *pool)
{
    const struct timeval every = {.tv_sec = BEAT_SECONDS};
    beats.pool = pool;
    beats.timer = event_new(base, -1, EV_PERSIST, beat, NULL);
    if (!beats.timer || event_add(beats.timer, &every) != 0)
        abort();
}

void delivery_beats_stop(void)
{
    event_free(beats.timer);
    out_free(&beats.pools);
    out_free(&beats.ids);
}
