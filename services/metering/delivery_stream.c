/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Committed batches to the socket, and which of them the client's side has acknowledged. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "delivery.h"

/* ---- what has arrived ---- */

/* The kernel counts bytes until the other side has acknowledged them: "in the socket" alone would call five batches
 * sent that a stalled client never saw. */
void delivery_look_what_arrived(struct delivery *d)
{
    if (!d->stream || d->in_flight == 0)
        return;
    uint64_t waiting = ch_stream_waiting(d->stream);
    uint64_t arrived = d->given > waiting ? d->given - waiting : 0;
    int count = 0;
    while (count < d->in_flight && (waiting == 0 || d->flight[count].ends_at <= arrived))
        d->sent = d->flight[count++].no;
    d->in_flight -= count;
    memmove(d->flight, d->flight + count, (size_t)d->in_flight * sizeof d->flight[0]);
}

static void give(struct delivery *d, struct evbuffer *bytes)
{
    uint64_t before = ch_stream_waiting(d->stream);
    d->wanting = false;
    ch_stream_write(d->stream, bytes);
    uint64_t after = ch_stream_waiting(d->stream);
    d->given += after > before ? after - before : 0;
}

static void free_body(const void *bytes, size_t size, void *arg)
{
    (void)bytes, (void)size;
    free(arg);
}

void delivery_give_body(struct delivery *d, struct out *body)
{
    struct evbuffer *bytes = evbuffer_new();
    if (!bytes || evbuffer_add_reference(bytes, body->bytes, body->size, free_body, body->bytes) != 0)
        abort();
    *body = (struct out){0};
    give(d, bytes);
    evbuffer_free(bytes);
}

static void give_batch(struct delivery *d)
{
    struct batch *batch = &d->made;
    delivery_look_what_arrived(d);
    ch_sha256_add(d->hash, batch->body.bytes, batch->body.size);
    d->rows += batch->rows + batch->repeated;
    d->bytes += (int64_t)batch->body.size;
    d->resume_row = batch->position;
    d->resume_no = batch->no;
    delivery_give_body(d, &batch->body);
    if (d->in_flight == FLIGHT_MOST)
        d->in_flight--; /* the last two become one: they are known to have arrived together */
    d->flight[d->in_flight++] = (struct in_flight){batch->no, d->given};
    batch->no = 0;
}

/* ---- the stream ---- */

static void want(struct ch_stream *stream, void *state)
{
    struct delivery *d = state;
    d->stream = stream;
    d->wanting = true;
    delivery_look_what_arrived(d);
    if (!d->poll)
        delivery_advance(d);
}

static void gone(struct ch_stream *stream, void *state)
{
    struct delivery *d = state;
    d->stream = stream;
    delivery_look_what_arrived(d);
    d->stream = NULL;
    d->gone = true;
    delivery_advance(d);
}

static void start_stream(struct delivery *d)
{
    static const struct ch_stream_calls CALLS = {want, gone};
    d->started = true;
    ch_set_header(d->request, "X-Commonhold-Delivery", d->id);
    ch_set_header(d->request, "X-Commonhold-Terms", d->terms);
    ch_stream_start(d->request, 200, d->question.writer->content_type, &CALLS, d);
}

void delivery_committed(struct delivery *d)
{
    d->made_is_committed = true;
    delivery_advance(d);
}

void delivery_advance(struct delivery *d)
{
    if (d->gone) {
        if (!d->working && !d->asking)
            delivery_close(d);
        return;
    }
    bool ready = d->made.no && d->made_is_committed;
    bool over = d->state && !d->working && !d->made.no;
    if (!d->started && (ready || over)) {
        start_stream(d);
        return;
    }
    if (ready && d->stream && d->wanting) {
        give_batch(d);
        over = d->state && !d->working;
    }
    if (over && d->stream && !d->asking && !d->poll && !d->closing)
        delivery_end_body(d);
    else
        delivery_make(d);
}
