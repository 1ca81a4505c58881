/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The beginning of a batch: what consent and grant say now. Nothing of a row is seen here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "delivery.h"

static const struct ch_statement BEGIN = {
    .name = "begin read committed", .text = "BEGIN ISOLATION LEVEL READ COMMITTED", .shape = CH_SHAPE_NONE};

static const struct ch_statement OPEN = {
    .name = "metering.open_delivery",
    .text =
        "SELECT metering.open_delivery($1::uuid, $2::uuid, $3::text, $4::uuid, $5::uuid, $6::text, $7::text, $8::uuid, "
        "$9::integer, $10::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};

static void ignore_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    (void)arg, (void)fault, (void)sqlstate, (void)last;
}

static const char *text_of(struct delivery *d, const PGresult *row, int column)
{
    return PQgetisnull(row, 0, column) ? NULL : ch_strdup(d->arena, PQgetvalue(row, 0, column));
}

static int64_t integer_of(const PGresult *row, int column)
{
    return PQgetisnull(row, 0, column) ? -1 : strtoll(PQgetvalue(row, 0, column), NULL, 10);
}

static void take_begun(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    bool fine = strcmp(PQgetvalue(row, 0, 0), "ok") == 0;
    d->outcome = fine ? "ok" : text_of(d, row, 0);
    d->detail = fine ? NULL : text_of(d, row, 1);
    d->quota = fine ? text_of(d, row, 1) : NULL;
    d->consent_epoch = integer_of(row, 2);
    d->grant_epoch = integer_of(row, 3);
    d->moved = *PQgetvalue(row, 0, 4) == 't';
    d->allowance = integer_of(row, 5);
    d->top = integer_of(row, 6);
    d->byte_allowance = PQgetisnull(row, 0, 7) ? INT64_MAX : integer_of(row, 7);
    d->began_ms = delivery_now_ms();
    if (fine && !d->moved)
        d->known_grant = d->grant_epoch;
}

/* What begin_batch said, once its Sync is through. True: the rows that came with it count. */
static bool may_go_on(struct delivery *d, enum ch_fault fault)
{
    if (fault != CH_FAULT_NONE) {
        delivery_failed(d, fault);
    } else if (d->gone) {
        delivery_release(d);
        delivery_advance(d);
    } else if (d->counted_to < 0) {
        delivery_release(d);
        delivery_refuse(d, "resume_refused",
                        "the batch it stands behind did not arrive, as far as is known here: take a token "
                        "of the delivery's record");
    } else if (strcmp(d->outcome, "ok") != 0) {
        delivery_release(d);
        delivery_refuse(d, d->outcome, d->detail);
    } else if (d->moved) {
        delivery_go_on(d);
    } else {
        return true;
    }
    return false;
}

static void begun_alone(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate, (void)last;
    if (may_go_on(d, fault))
        delivery_go_on(d);
}

static void rows_with_begin(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    if (!d->session)
        return;
    d->prefetched = false;
    if (d->moved) {
        d->parts--;
        delivery_drop_parts(d);
    }
    if (may_go_on(d, fault))
        delivery_rows_done(arg, fault, sqlstate, last);
}

static void opened_row(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    d->counted_to = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
}

static void send_open(struct delivery *d)
{
    char resumed[37], hash[65];
    bool again = d->from.batch >= 0;
    ch_id_format(d->from.delivery, resumed);
    ch_hex(d->question.hash, 32, hash);
    ch_session_send(d->session, &OPEN,
                    CH_ARGS(d->pool_id, d->id, d->ref, d->grant, d->org, hash, d->terms, again ? resumed : NULL,
                            again ? delivery_number(d, d->from.batch) : NULL,
                            again ? delivery_number(d, d->from.row_id) : NULL),
                    true, opened_row, ignore_done, d);
}

/* BEGIN, begin_batch and, when all is known, the rows. The scratch arena is renewed first: what the statements before
 * needed was copied. */
void delivery_begin(struct delivery *d, bool with_rows)
{
    ch_arena_free(d->scratch);
    d->scratch = ch_arena_new();
    d->began_ms = delivery_now_ms();
    d->outcome = "unavailable";
    d->want = delivery_rows_to_ask(d);
    ch_session_send(d->session, &BEGIN, CH_NO_ARGS, true, NULL, ignore_done, d);
    if (!d->opened)
        send_open(d);
    ch_session_send(d->session, d->sql.begin,
                    CH_ARGS(d->pool_id, d->id, d->grant, d->question.column_array, delivery_number(d, d->known_consent),
                            delivery_number(d, d->known_grant), delivery_number(d, d->until_us),
                            delivery_number(d, d->want), delivery_number(d, d->byte_want)),
                    with_rows, take_begun, with_rows ? ignore_done : begun_alone, d);
    if (with_rows)
        delivery_ask_rows(d, rows_with_begin);
}

void delivery_go_on(struct delivery *d)
{
    if (d->gone) {
        delivery_release(d);
        delivery_advance(d);
    } else if (d->moved || !delivery_knows(d)) {
        delivery_learn(d);
    } else {
        d->began_ms = delivery_now_ms(); /* what it took to learn says nothing of rows */
        delivery_ask_rows(d, delivery_rows_done);
    }
}

void delivery_session(void *arg, enum ch_fault fault, struct ch_session *session)
{
    struct delivery *d = arg;
    if (fault != CH_FAULT_NONE) {
        d->working = false;
        delivery_failed(d, fault);
        return;
    }
    d->session = session;
    if (d->gone) {
        delivery_release(d);
        delivery_advance(d);
        return;
    }
    delivery_begin(d, d->opened && delivery_knows(d));
}

void delivery_make(struct delivery *d)
{
    if (d->working || d->state || d->gone || d->made.no)
        return;
    d->working = true;
    ch_session_begin(d->pool, delivery_session, d);
}
