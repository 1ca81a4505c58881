/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Making a batch: one transaction. Behind BEGIN and begin_batch the rows are asked for at once, on the assumption that
 * consent and grant are as before; where they are not, what came is thrown away and the allowed set read again under
 * the same lock. While the client keeps up and nobody else waits for a connection, the next batch's statements stand
 * behind this one's COMMIT.
 *
 * Rows come as the pool holds them and are made coarser here (core/value.h), and whether a row's contribution is
 * allowed is decided here: the server only spares the way to what would be passed over. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/log.h"
#include "core/value.h"
#include "delivery.h"

#define ROOM_LEAST 65536 /* of a body, beyond what rows were like so far */

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
    d->parts = d->stale = 0;
}

void delivery_conclude(struct delivery *d, const char *state, const char *reason)
{
    if (d->state)
        return;
    d->state = state;
    d->reason = reason;
}

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

/* ---- the batch that is being made ---- */

static void start_batch(struct delivery *d)
{
    struct batch *batch = &d->making;
    batch->body.size = 0;
    out_reserve(&batch->body, d->row_bytes * (size_t)delivery_rows_to_ask(d) + ROOM_LEAST);
    batch->refs.count = 0;
    runs_reset(&batch->runs);
    batch->first_row = batch->last_row = 0;
    batch->rows = batch->repeated = 0;
    batch->full = false;
    batch->too_long = 0;
    d->fetched = d->skipped = 0;
    d->parts_filled = false;
    d->part_fetched = 0;
    d->seen_to = d->position;
    counted_rewind(&d->counted);
    if (d->allowed)
        tally_reset(d->allowed);
    if (d->no == 0)
        d->question.writer->begin(&batch->body, d->question.columns, d->question.count);
}

/* How many rows fit into the batch by what rows were like so far. */
int64_t delivery_rows_to_ask(const struct delivery *d)
{
    int64_t most = d->rows_most;
    if (d->row_bytes > 0 && (int64_t)(BATCH_BYTES / d->row_bytes) < most)
        most = (int64_t)(BATCH_BYTES / d->row_bytes);
    if (d->left >= 0 && d->left < most)
        most = d->left;
    return most > 0 ? most : 1;
}

static int64_t row_id_of(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* What the row shows, into the batch's body; returns the offset of _row. */
static size_t write_row(struct delivery *d, const PGresult *rows, int i)
{
    const struct question *q = &d->question;
    const char *values[PLAN_COLUMNS_MOST];
    int lengths[PLAN_COLUMNS_MOST];
    size_t room = 0;
    for (size_t c = 0; c < q->count; c++) {
        int at = (int)c + 2;
        values[c] = PQgetvalue(rows, i, at);
        lengths[c] = PQgetlength(rows, i, at);
        if (lengths[c] == 0 && PQgetisnull(rows, i, at))
            values[c] = NULL;
        else
            room += value_room(q->columns[c], (const uint8_t *)values[c], (size_t)lengths[c]);
    }
    char *to = out_reserve(&d->shown, room);
    for (size_t c = 0; c < q->count; c++) {
        if (!values[c])
            continue;
        lengths[c] = value_show(q->columns[c], (const uint8_t *)values[c], (size_t)lengths[c], to, &values[c]);
        if (lengths[c] < 0)
            abort(); /* the server sends another type than the pool's schema names */
        to += values[c] == to ? lengths[c] : 0;
    }
    return q->writer->row(&d->making.body, q->columns, q->count, values, lengths);
}

static void count_row(struct delivery *d, int64_t row_id, int64_t index)
{
    struct batch *batch = &d->making;
    bool again = row_id <= d->counted_to && counted_has(&d->counted, row_id);
    runs_add(&batch->runs, row_id, tally_no(d->allowed, index));
    if (batch->rows + batch->repeated == 0)
        batch->first_row = row_id;
    batch->last_row = d->seen_to = row_id;
    if (again) {
        tally_see(d->allowed, index);
        batch->repeated++;
    } else {
        tally_count(d->allowed, index);
        batch->rows++;
    }
}

/* Whether the body is longer now than a batch may be, unless it is of one row, or than the quotas allow. */
static bool is_too_long(struct delivery *d, int64_t taken)
{
    struct batch *batch = &d->making;
    if (batch->body.size > BATCH_BYTES && taken > 0)
        return true;
    if ((int64_t)batch->body.size > d->byte_allowance)
        batch->too_long = batch->body.size;
    return batch->too_long > 0;
}

/* A row that is too much for the body waits for the next batch. */
static void take_row(struct delivery *d, const PGresult *rows, int i)
{
    struct batch *batch = &d->making;
    int64_t row_id = row_id_of((const uint8_t *)PQgetvalue(rows, i, 0)), taken = batch->rows + batch->repeated;
    int64_t index = tally_find(d->allowed, (const uint8_t *)PQgetvalue(rows, i, 1));
    if (index < 0) {
        d->skipped++;
        d->seen_to = row_id;
        return;
    }
    size_t before = batch->body.size;
    batch->full = taken >= d->most;
    if (batch->full)
        return;
    size_t at = write_row(d, rows, i);
    if (is_too_long(d, taken)) {
        batch->body.size = before;
        batch->full = true;
        return;
    }
    row_refs_add(&batch->refs, row_id, at);
    count_row(d, row_id, index);
    batch->full = taken + 1 == d->most;
}

static void note_most(struct delivery *d)
{
    int64_t room = delivery_rows_to_ask(d);
    d->most = d->allowance < room ? d->allowance : room;
}

/* The rows of a part, or what is left of them when they came one by one. */
static void take_rows(struct delivery *d, const PGresult *rows)
{
    int count = PQntuples(rows);
    note_most(d);
    for (int i = 0; i < count && !d->making.full; i++)
        take_row(d, rows, i);
    d->part_fetched += count;
    d->fetched += d->part_fetched;
    d->parts_filled |= d->part_fetched >= (d->parts > 0 ? d->asked : d->asked_last);
    d->part_fetched = 0;
}

/* One row as it comes, where rows may be of any length: a part of them must not be held at once. */
static void take_one(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    if (d->gone || d->stale > 0 || d->moved || strcmp(d->outcome, "ok") != 0)
        return;
    if (d->part_fetched++ == 0)
        note_most(d);
    if (!d->making.full && !d->parts_filled)
        take_row(d, row, 0);
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
    if (!d->made.no)
        d->resume_row = d->position;
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
static void commit_batch(struct delivery *d, int64_t position)
{
    struct batch spare = d->made;
    struct batch *batch = &d->making;
    batch->no = ++d->no;
    row_refs_fill(&batch->refs, d->key, batch->body.bytes);
    ch_sha256(batch->body.bytes, batch->body.size, batch->sha256);
    int64_t taken = batch->rows + batch->repeated;
    d->row_bytes = batch->body.size / (size_t)taken + 1;
    d->apart = (position - d->position) / taken + ((position - d->position) % taken != 0);
    if (d->left >= 0)
        d->left -= taken;
    if (d->left == 0)
        delivery_conclude(d, "complete", "limit");
    d->position = batch->position = position;
    send_store(d, batch);
    ch_session_send(d->session, &COMMIT, CH_NO_ARGS, false, NULL, commit_done, d);
    d->made = *batch;
    d->making = spare;
    d->making.no = 0;
    d->made_is_committed = false;
    d->prefetched = !d->state && d->stream && d->wanting && !others_wait(d) && d->opened && delivery_knows(d);
    if (d->prefetched)
        delivery_begin(d, true);
}

void delivery_commit_nothing(struct delivery *d)
{
    ch_session_send(d->session, &COMMIT, CH_NO_ARGS, false, NULL, commit_done, d);
}

/* ---- after the rows ---- */

/* The span of row ids follows the time it takes to look through it, so that the pool's lock is never held long. */
static void adapt_window(struct delivery *d)
{
    int64_t took = delivery_now_ms() - d->began_ms;
    if (took > BATCH_MS) {
        d->window = d->window > 2 * WINDOW_LEAST ? d->window / 2 : WINDOW_LEAST;
        d->rows_most = d->rows_most > 2 * ROWS_LEAST ? d->rows_most / 2 : ROWS_LEAST;
    } else if (took < BATCH_MS / 4) {
        d->window *= d->window < INT64_C(1) << 40 ? 2 : 1;
        d->rows_most = d->rows_most < BATCH_ROWS / 2 ? 2 * d->rows_most : BATCH_ROWS;
    }
}

/* Rows of others come along and are passed over here; once that costs more than to name those that are allowed, the
 * server leaves them out. */
static void adapt_sieve(struct delivery *d, int64_t taken)
{
    if (d->skipped > taken && (int64_t)tally_allowed(d->allowed) < 2 * d->skipped) {
        d->sieved = true;
        d->spread = 1;
    } else if (d->skipped > taken) {
        d->spread = d->spread < SPREAD_MOST ? 2 * d->spread : SPREAD_MOST;
    } else if (d->skipped < taken / 4) {
        d->spread = 1;
    }
}

/* In a part of the question that is not its beginning: the filters leave rows of fewer members here than there must be.
 */
static bool is_narrow(const struct delivery *d)
{
    return (d->no > 0 || d->from.batch >= 0) && d->question.filter_count > 0 &&
           (int64_t)tally_members(d->allowed) < d->min_cohort;
}

/* The rows stay here: what is left of the question is of too few members, for the filters' sake. */
static void withhold(struct delivery *d)
{
    delivery_release(d);
    delivery_refuse(d, "cohort_too_small", "what is left comes from too few members");
}

/* Every row up to the window's end was looked at. */
static void window_is_done(struct delivery *d, int64_t taken)
{
    bool last = d->window_end >= d->top;
    if (taken > 0 && is_narrow(d) && !last) {
        d->window = d->window_end - d->position + d->window; /* the same rows and more, in a new transaction */
        delivery_release(d);
        delivery_make(d);
        return;
    }
    if (taken > 0 && is_narrow(d) && !cohort_lets_go(&d->cohort, d->position)) {
        withhold(d);
        return;
    }
    if (last)
        delivery_conclude(d, "complete", NULL);
    if (taken > 0) {
        commit_batch(d, last ? d->top : d->window_end);
        return;
    }
    d->position = last ? d->top : d->window_end;
    delivery_commit_nothing(d);
}

/* A row longer than what was asked of the quotas: more is asked, and the batch made again. */
static void ask_for_more_bytes(struct delivery *d)
{
    d->byte_want = (int64_t)d->making.too_long;
    delivery_release(d);
    delivery_make(d);
}

static void commit_full(struct delivery *d)
{
    if (d->making.too_long || (d->allowance < d->want && d->making.rows + d->making.repeated >= d->allowance))
        delivery_conclude(d, "ended", "quota_reached");
    commit_batch(d, d->seen_to);
}

/* The batch, the limit or the quota ends before the window does. A batch as long as batches may be is no small group
 * that somebody asked for; one that limit or quota made short may be. */
static void batch_is_full(struct delivery *d, int64_t taken)
{
    bool cut = taken == d->left || d->allowance < d->want || d->making.too_long;
    if (taken > 0 && cut && is_narrow(d) && !cohort_lets_go(&d->cohort, d->position)) {
        withhold(d);
    } else if (taken > 0) {
        commit_full(d);
    } else if (d->making.too_long && d->byte_allowance >= d->byte_want) {
        ask_for_more_bytes(d);
    } else if (d->making.full) {
        bool used_up = d->allowance <= 0 || d->making.too_long;
        delivery_release(d);
        delivery_refuse(d, used_up ? "quota_reached" : "unavailable", NULL);
    } else {
        d->position = d->seen_to;
        delivery_commit_nothing(d);
    }
}

static void all_is_there(struct delivery *d)
{
    int64_t taken = d->making.rows + d->making.repeated;
    adapt_window(d);
    adapt_sieve(d, taken);
    if (!d->parts_filled && !d->making.full)
        window_is_done(d, taken);
    else
        batch_is_full(d, taken);
}

/* A part's rows. What comes behind a full batch, or behind a part that was cut short, is not wanted. */
void delivery_rows_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate;
    if (!d->session)
        return;
    d->parts--;
    if (d->stale > 0) {
        d->stale--; /* whatever it is: the commit, or what was asked for behind it, says the same */
    } else if (fault != CH_FAULT_NONE) {
        delivery_failed(d, fault);
    } else if (d->gone) {
        delivery_release(d);
        delivery_advance(d);
    } else {
        take_rows(d, last);
        if (d->parts > 0 && !d->making.full && !d->parts_filled)
            return;
        delivery_drop_parts(d);
        all_is_there(d);
    }
}

void delivery_drop_parts(struct delivery *d)
{
    d->stale = d->parts;
}

/* As many parts as are worth it. With filters, or where the server sieves, nobody knows how far rows are apart. */
static int count_parts(const struct delivery *d)
{
    if (d->question.filter_count > 0 || d->sieved || d->spread > 1 || delivery_rows_to_ask(d) < PARTS * PART_LEAST)
        return 1;
    return PARTS;
}

/* Row ids that hold a part's rows, by how far they were apart in the batch before. */
static int64_t ids_of_part(const struct delivery *d, int64_t rows, int parts)
{
    return rows * d->apart > d->window / parts ? d->window / parts : rows * d->apart;
}

static void ask_part(struct delivery *d, int64_t behind, int64_t to, int64_t rows, ch_session_done *done)
{
    int count = QUESTION_FIXED + question_args(&d->question, d->args + QUESTION_FIXED);
    d->args[0] = d->pool_id;
    d->args[1] = delivery_number(d, behind);
    d->args[2] = delivery_number(d, to);
    d->args[3] = delivery_number(d, rows);
    if (d->sieved && d->ids.size == 0)
        tally_write_allowed(d->allowed, &d->ids);
    if (d->sieved)
        d->args[count++] = d->ids.bytes;
    d->parts++;
    ch_session_send(d->session, d->sieved ? d->sql.sieved : d->sql.rows, d->args, count, false,
                    d->question.any_length ? take_one : NULL, done, d);
}

/* The last part goes to the window's end, so that no gap is crossed in small steps; its limit keeps it short. */
void delivery_ask_rows(struct delivery *d, ch_session_done *done)
{
    int parts = count_parts(d);
    int64_t rows = delivery_rows_to_ask(d) * d->spread, each = (rows + parts - 1) / parts;
    int64_t ids = ids_of_part(d, each, parts), behind = d->position;
    d->asked = rows;
    d->asked_last = each;
    d->window_end = d->position + d->window;
    if (d->position < d->counted_to && d->window_end > d->counted_known)
        d->window_end = d->counted_known;
    start_batch(d);
    for (int i = 1; i < parts && behind + ids < d->window_end; i++, behind += ids) {
        ask_part(d, behind, behind + ids, rows, done);
        done = delivery_rows_done;
    }
    ask_part(d, behind, d->window_end, each, done);
}
