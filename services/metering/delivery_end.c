/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The end of a delivery: its closing block, its record, refusals. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/json.h"
#include "delivery.h"

#define POLL_MOST_MS 64

static const struct ch_statement FIGURES = {
    .name = "metering.trailer",
    .text = "SELECT metering.quota_state($1::uuid), metering.charge_class($1::uuid)",
    .shape = CH_SHAPE_ROWS,
    .columns = 2,
    .read_only = true};

static const struct ch_statement END = {.name = "metering.end_delivery",
                                        .text = "SELECT metering.end_delivery($1::uuid, $2::uuid, $3::integer, "
                                                "$4::text, $5::text, $6::bigint, $7::bigint, $8::text)",
                                        .shape = CH_SHAPE_ROWS,
                                        .columns = 1};

static const struct ch_statement DROP = {.name = "metering.drop_delivery",
                                         .text = "SELECT metering.drop_delivery($1::uuid, $2::uuid, $3::uuid)",
                                         .shape = CH_SHAPE_ROWS,
                                         .columns = 1};

static void delivery_free(struct delivery *d)
{
    delivery_unlist(d);
    if (d->poll)
        event_free(d->poll);
    if (d->hash)
        ch_sha256_end(d->hash, d->body_sha256);
    tally_free(d->allowed);
    tally_free(d->loading);
    cohort_free(&d->cohort);
    counted_free(&d->counted);
    out_free(&d->ids);
    out_free(&d->shown);
    out_free(&d->making.body);
    out_free(&d->made.body);
    row_refs_free(&d->making.refs);
    row_refs_free(&d->made.refs);
    runs_free(&d->making.runs);
    runs_free(&d->made.runs);
    memset(d->key, 0, sizeof d->key);
    ch_arena_free(d->scratch);
    ch_arena_free(d->arena);
    free(d);
}

static void finish_hash(struct delivery *d)
{
    if (d->hash)
        ch_sha256_end(d->hash, d->body_sha256);
    d->hash = NULL;
}

static void dropped(void *arg, enum ch_fault fault, const PGresult *result)
{
    (void)fault, (void)result; /* what was set aside comes back without us too, 30 s later */
    delivery_free(arg);
}

static void closed(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct delivery *d = arg;
    (void)fault, (void)result;
    if (d->stream)
        ch_stream_end(d->stream);
    delivery_free(d);
}

void delivery_close(struct delivery *d)
{
    char hex[65];
    if (d->closing)
        return;
    d->closing = true;
    finish_hash(d);
    ch_hex(d->body_sha256, 32, hex);
    const char *state = d->gone ? "gone" : d->state;
    const char *reason = d->gone ? "the client left" : d->reason;
    ch_pool_run(d->pool, &END,
                CH_ARGS(d->pool_id, d->id, ch_printf(d->arena, "%d", d->sent), state, reason,
                        ch_printf(d->arena, "%" PRId64, d->rows), ch_printf(d->arena, "%" PRId64, d->bytes), hex),
                closed, d);
}

/* Everything is in the socket: wait until it has arrived. A client that stalls is ended by the stream's own deadline.
 */
static void poll_arrival(evutil_socket_t fd, short what, void *arg)
{
    struct delivery *d = arg;
    (void)fd, (void)what;
    if (d->gone || !d->stream)
        return;
    delivery_look_what_arrived(d);
    if (ch_stream_waiting(d->stream) == 0) {
        delivery_close(d);
        return;
    }
    const struct timeval next = {.tv_usec = d->poll_ms * 1000};
    evtimer_add(d->poll, &next);
    if (d->poll_ms < POLL_MOST_MS)
        d->poll_ms *= 2;
}

static void add_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text ? json_string(text) : json_null());
}

static const char *closing_members(struct delivery *d, const PGresult *figures)
{
    char hex[65];
    struct resume at = {.row_id = d->resume_row, .batch = d->resume_no};
    json_t *object = ch_json_own(d->arena, json_object());
    ch_id_parse(d->id, at.delivery);
    memcpy(at.plan_hash, d->question.hash, 32);
    ch_hex(d->body_sha256, 32, hex);
    add_text(object, "delivery", d->id);
    add_text(object, "end", strcmp(d->state, "complete") == 0 ? "complete" : d->reason);
    json_object_set_new(object, "rows", json_integer(d->rows));
    json_object_set_new(object, "bytes", json_integer(d->bytes));
    add_text(object, "sha256", hex);
    add_text(object, "resume", resume_write(d->arena, d->key, &at));
    for (int i = 0; i < 2; i++) {
        json_t *value = figures ? json_loads(PQgetvalue(figures, 0, i), 0, NULL) : NULL;
        json_object_set_new(object, i == 0 ? "quotas" : "expected_charge", value ? value : json_null());
    }
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    const char *copy = ch_strdup(d->arena, text);
    free(text);
    return copy;
}

static void figures_are_here(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct delivery *d = arg;
    struct out text = {0};
    d->asking = false;
    if (d->gone) {
        delivery_advance(d);
        return;
    }
    d->question.writer->end(&text, closing_members(d, fault == CH_FAULT_NONE ? result : NULL));
    delivery_give_body(d, &text);
    d->trailer_out = true;
    delivery_advance(d);
}

/* A delivery without any row still has what stands before the first. */
static void give_empty_body(struct delivery *d)
{
    struct out body = {0};
    d->question.writer->begin(&body, d->question.columns, d->question.count);
    if (body.size == 0)
        return;
    ch_sha256_add(d->hash, body.bytes, body.size);
    d->bytes = (int64_t)body.size;
    delivery_give_body(d, &body);
}

void delivery_end_body(struct delivery *d)
{
    if (d->no == 0 && d->bytes == 0)
        give_empty_body(d);
    finish_hash(d);
    if (d->question.trailer && !d->trailer_out) {
        d->asking = true;
        ch_pool_run(d->pool, &FIGURES, CH_ARGS(d->grant), figures_are_here, d);
        return;
    }
    d->poll = evtimer_new(d->base, poll_arrival, d);
    d->poll_ms = 1;
    poll_arrival(-1, 0, d);
}

/* ---- refusals ---- */

void delivery_drop(struct delivery *d)
{
    ch_pool_run(d->pool, &DROP, CH_ARGS(d->pool_id, d->grant, d->id), dropped, d);
}

/* Nothing has been answered yet: the refusal is the answer. What is committed of the delivery is closed without client.
 */
static void answered(struct delivery *d)
{
    d->started = d->gone = true;
    if (d->opened)
        delivery_advance(d);
    else
        delivery_drop(d);
}

void delivery_refuse(struct delivery *d, const char *outcome, const char *detail)
{
    if (d->started) {
        delivery_conclude(d, "ended", outcome);
        delivery_advance(d);
        return;
    }
    if (strcmp(outcome, "quota_reached") == 0)
        metering_refuse(d->request, outcome, detail ? detail : d->quota);
    else if (detail)
        ch_refuse(d->request, outcome, "%s", detail);
    else
        ch_reply(d->request, outcome, NULL);
    answered(d);
}

void delivery_fault(struct delivery *d, enum ch_fault fault)
{
    if (d->started) {
        delivery_conclude(d, "ended", "unavailable");
        delivery_advance(d);
        return;
    }
    ch_reply_fault(d->request, fault);
    answered(d);
}
