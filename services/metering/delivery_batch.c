/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Making a batch: one transaction. Behind BEGIN and begin_batch the rows are asked for at once, on the assumption that
 * consent and grant are as before; where they are not, what came is thrown away and the allowed set read again under
 * the same lock. While the client keeps up and nobody else waits for a connection, the next batch's statements stand
 * behind this one's COMMIT. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/log.h"
#include "delivery.h"

static const struct ch_statement COMMIT = {.name = "commit", .text = "COMMIT", .shape = CH_SHAPE_NONE};

static const struct ch_statement STORE = {
    .name = "metering.store_batch",
    .text =
        "SELECT metering.store_batch($1::uuid, $2::uuid, $3::integer, $4::uuid, $5::bigint, $6::bigint, $7::integer, "
        "$8::integer, $9::bigint, $10::bytea, $11::bigint, $12::bigint, $13::bigint[], $14::integer[], $15::integer, "
        "$16::bytea)",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};

int64_t delivery_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *delivery_number(struct delivery *d, int64_t value)
{
    return ch_printf(d->scratch, "%" PRId64, value);
}

void delivery_release(struct delivery *d)
{
    if (d->session)
        ch_session_end(d->session);
    d->session = NULL;
    d->working = false;
    d->prefetched = false;
}

void delivery_conclude(struct delivery *d, const char *state, const char *reason)
{
    if (d->state)
        return;
    d->state = state;
    d->reason = reason;
}

/* The statement failed: a conflict is tried again from the same position, everything else ends the delivery. */
void delivery_failed(struct delivery *d, enum ch_fault fault)
{
    delivery_release(d);
    if (d->gone) {
        delivery_advance(d);
    } else if (fault == CH_FAULT_BUSY && ++d->tries < DELIVERY_TRIES && !d->made.no) {
        delivery_make(d);
    } else {
        delivery_fault(d, fault);
    }
}

static bool over_time(const struct delivery *d)
{
    return delivery_now_ms() - d->began_ms > BATCH_MS;
}

/* ---- the batch that is being made ---- */

static void start_batch(struct delivery *d)
{
    struct batch *batch = &d->making;
    batch->body.size = 0;
    out_reserve(&batch->body, BATCH_BYTES + 65536);
    batch->refs.count = 0;
    runs_reset(&batch->runs);
    batch->first_row = batch->last_row = 0;
    batch->rows = batch->repeated = 0;
    batch->full = false;
    d->fetched = 0;
    if (d->allowed)
        tally_reset(d->allowed);
    if (d->no == 0)
        d->question.writer->begin(&batch->body, d->question.columns, d->question.count);
}

/* How many rows fit into the batch by what rows were like so far. */
int64_t delivery_rows_to_ask(const struct delivery *d)
{
    int64_t most = BATCH_ROWS;
    if (d->row_bytes > 0 && (int64_t)(BATCH_BYTES / d->row_bytes) < most)
        most = (int64_t)(BATCH_BYTES / d->row_bytes);
    if (d->left >= 0 && d->left < most)
        most = d->left;
    return most > 0 ? most : 1;
}

static void take_row(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    struct batch *batch = &d->making;
    const char *values[PLAN_COLUMNS_MOST];
    int lengths[PLAN_COLUMNS_MOST];
    d->fetched++;
    if (d->gone || d->moved || batch->full || strcmp(d->outcome, "ok") != 0)
        return;
    int64_t taken = batch->rows + batch->repeated;
    int64_t index = tally_find(d->allowed, PQgetvalue(row, 0, 1));
    if (taken >= d->allowance || index < 0 || ((taken & 255) == 255 && over_time(d))) {
        batch->full = true;
        return;
    }
    for (size_t i = 0; i < d->question.count; i++) {
        values[i] = PQgetisnull(row, 0, (int)i + 2) ? NULL : PQgetvalue(row, 0, (int)i + 2);
        lengths[i] = PQgetlength(row, 0, (int)i + 2);
    }
    int64_t row_id = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
    size_t at = d->question.writer->row(&batch->body, d->question.columns, d->question.count, values, lengths);
    row_refs_add(&batch->refs, row_id, at);
    runs_add(&batch->runs, row_id, tally_no(d->allowed, index));
    if (row_id > d->counted_to) {
        tally_count(d->allowed, index);
        batch->rows++;
    } else {
        tally_see(d->allowed, index);
        batch->repeated++;
    }
    batch->first_row = taken == 0 ? row_id : batch->first_row;
    batch->last_row = row_id;
    batch->full = batch->body.size >= BATCH_BYTES - 2 * (batch->body.size / (size_t)(taken + 1));
}

/* ---- storing and committing ---- */

static void store_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate, (void)last;
    if (fault != CH_FAULT_NONE)
        d->detail = "store";
}

static void commit_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate, (void)last;
    if (fault != CH_FAULT_NONE) {
        d->prefetched = false;
        d->made.no = 0;
        delivery_failed(d, fault == CH_FAULT_BUSY ? CH_FAULT_UNAVAILABLE : fault);
        return;
    }
    d->opened = true;
    d->tries = 0;
    if (!d->prefetched || d->gone)
        delivery_release(d);
    if (d->made.no)
        delivery_committed(d);
    else if (!d->state)
        delivery_make(d);
    else
        delivery_advance(d);
}

static const char *bytea(struct delivery *d, const uint8_t *bytes, size_t size)
{
    char *text = ch_alloc(d->scratch, 2 * size + 3);
    text[0] = '\\';
    text[1] = 'x';
    ch_hex(bytes, size, text + 2);
    return text;
}

static void send_store(struct delivery *d, struct batch *batch)
{
    struct out numbers = {0}, counts = {0};
    runs_end(&batch->runs);
    tally_write(d->allowed, &numbers, &counts);
    ch_session_send(d->session, &STORE,
                    CH_ARGS(d->pool_id, d->id, delivery_number(d, batch->no), d->grant,
                            delivery_number(d, batch->first_row), delivery_number(d, batch->last_row),
                            delivery_number(d, batch->rows), delivery_number(d, batch->repeated),
                            delivery_number(d, (int64_t)batch->body.size), bytea(d, batch->sha256, 32),
                            delivery_number(d, d->consent_epoch), delivery_number(d, d->grant_epoch), numbers.bytes,
                            counts.bytes, delivery_number(d, d->sent),
                            bytea(d, (const uint8_t *)batch->runs.bytes.bytes, batch->runs.bytes.size)),
                    true, NULL, store_done, d);
    out_free(&numbers);
    out_free(&counts);
}

/* Whether another delivery, or anything else of this role, waits for a connection. */
static bool others_wait(const struct delivery *d)
{
    struct ch_pool_stats stats;
    ch_pool_stats(d->pool, &stats);
    return stats.waiting > 0;
}

/* The batch moves aside, its bytes final, and is committed; where the client wants more already, the next one's
 * statements follow at once. */
static void commit_batch(struct delivery *d)
{
    struct batch spare = d->made;
    struct batch *batch = &d->making;
    batch->no = ++d->no;
    row_refs_fill(&batch->refs, d->key, batch->body.bytes);
    ch_sha256(batch->body.bytes, batch->body.size, batch->sha256);
    int64_t taken = batch->rows + batch->repeated;
    d->row_bytes = batch->body.size / (size_t)taken + 1;
    if (d->left >= 0)
        d->left -= taken;
    if (d->left == 0)
        delivery_conclude(d, "complete", "limit");
    d->position = batch->full ? batch->last_row : d->position;
    send_store(d, batch);
    ch_session_send(d->session, &COMMIT, CH_NO_ARGS, false, NULL, commit_done, d);
    d->made = *batch;
    d->making = spare;
    d->making.no = 0;
    d->made_is_committed = false;
    d->prefetched = !d->state && d->stream && d->wanting && !others_wait(d);
    if (d->prefetched)
        delivery_begin(d, true);
}

static void commit_nothing(struct delivery *d)
{
    ch_session_send(d->session, &COMMIT, CH_NO_ARGS, false, NULL, commit_done, d);
}

/* ---- after the rows ---- */

/* The span of row ids follows the time it takes to look through it, so that the pool's lock is never held long. */
static void adapt_window(struct delivery *d)
{
    int64_t took = delivery_now_ms() - d->began_ms;
    if (took > BATCH_MS && d->window > WINDOW_LEAST)
        d->window /= 2;
    else if (took < BATCH_MS / 4 && d->window < INT64_C(1) << 40)
        d->window *= 2;
}

static void span_row(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    d->allowance = strtoll(PQgetvalue(row, 0, 0), NULL, 10); /* borrowed: members in the span, filters left aside */
}

static void span_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate, (void)last;
    if (fault != CH_FAULT_NONE) {
        delivery_failed(d, fault);
        return;
    }
    if (d->allowance < d->min_cohort) {
        delivery_conclude(d, "complete", NULL);
        d->position = d->top;
        commit_batch(d);
        return;
    }
    delivery_conclude(d, "ended", "cohort_too_small");
    delivery_release(d);
    delivery_advance(d);
}

/* The filters leave rows of too few members at the end of a delivery that has sent some: they stay here, unless the
 * same rows without filters would be of as few. */
static void check_span(struct delivery *d)
{
    ch_session_send(d->session, &d->span,
                    CH_ARGS(d->pool_id, delivery_number(d, d->position), delivery_number(d, d->window_end),
                            d->ids.bytes, d->members.bytes),
                    false, span_row, span_done, d);
}

static bool is_narrow(const struct delivery *d)
{
    return d->no > 0 && d->question.filter_count > 0 && (int64_t)tally_members(d->allowed) < d->min_cohort;
}

/* Every row of the span was looked at. */
static void span_is_done(struct delivery *d, int64_t taken)
{
    bool last = d->window_end >= d->top;
    if (taken > 0 && is_narrow(d)) {
        if (last) {
            check_span(d);
            return;
        }
        d->window = d->window_end - d->position + d->window; /* the same rows and more, in a new transaction */
        delivery_release(d);
        delivery_make(d);
        return;
    }
    d->position = last ? d->top : d->window_end;
    if (last)
        delivery_conclude(d, "complete", NULL);
    if (taken > 0)
        commit_batch(d);
    else
        commit_nothing(d);
}

void delivery_rows_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate, (void)last;
    if (!d->session)
        return;
    if (fault != CH_FAULT_NONE) {
        delivery_failed(d, fault);
        return;
    }
    int64_t taken = d->making.rows + d->making.repeated;
    if (d->gone) {
        delivery_release(d);
        delivery_advance(d);
        return;
    }
    adapt_window(d);
    if (d->fetched < d->asked && !d->making.full) {
        span_is_done(d, taken);
        return;
    }
    d->making.full = true;
    if (taken > 0) {
        if (d->allowance < d->want && taken >= d->allowance)
            delivery_conclude(d, "ended", "quota_reached");
        commit_batch(d);
        return;
    }
    delivery_release(d);
    delivery_refuse(d, d->allowance <= 0 ? "quota_reached" : "unavailable", NULL);
}

void delivery_ask_rows(struct delivery *d, ch_session_done *done)
{
    d->asked = delivery_rows_to_ask(d);
    d->window_end = d->position + d->window;
    d->args[0] = d->pool_id;
    d->args[1] = delivery_number(d, d->position);
    d->args[2] = delivery_number(d, d->window_end);
    d->args[3] = d->ids.bytes;
    d->args[4] = delivery_number(d, d->asked);
    start_batch(d);
    ch_session_send(d->session, &d->rows_statement, d->args, d->nargs, false, take_row, done, d);
}
