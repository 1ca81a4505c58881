/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The beginning of a batch: what consent and grant say now, which contributions may be delivered, and whether they are
 * of enough members. Nothing of a row is seen here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "delivery.h"

static const struct ch_statement BEGIN = {.name = "begin", .text = "BEGIN", .shape = CH_SHAPE_NONE};

static const struct ch_statement OPEN = {
    .name = "metering.open_delivery",
    .text =
        "SELECT metering.open_delivery($1::uuid, $2::uuid, $3::text, $4::uuid, $5::uuid, $6::text, $7::text, $8::uuid, "
        "$9::integer, $10::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};

static const struct ch_statement COVERED = {
    .name = "metering.covered",
    .text =
        "SELECT c.contribution_id, c.contribution_no, c.member_id, (EXTRACT(EPOCH FROM c.until_at) * 1000000)::bigint "
        "FROM licensing.covered_contribution AS c WHERE c.pool_id = $1::uuid AND c.purpose = $2::text "
        "AND c.recipient_class = $3::text AND c.notice >= $4::integer AND (c.explicit OR NOT $5::boolean)",
    .shape = CH_SHAPE_ROWS,
    .columns = 4};

static void ignore_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    (void)arg, (void)fault, (void)sqlstate, (void)last;
}

/* ---- the allowed set ---- */

static void cohort_row(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    d->fetched = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
}

static void judge_cohort(struct delivery *d, int64_t members)
{
    if (members >= d->min_cohort) {
        delivery_ask_rows(d, delivery_rows_done);
        return;
    }
    delivery_release(d);
    delivery_refuse(d, "cohort_too_small", "these rows come from too few members");
}

static void cohort_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate, (void)last;
    if (fault != CH_FAULT_NONE)
        delivery_failed(d, fault);
    else
        judge_cohort(d, d->fetched);
}

/* Distinct members of the whole question, whatever the position: a resumed delivery is part of its chain. */
static void check_cohort(struct delivery *d)
{
    if (d->question.filter_count == 0 || (int64_t)tally_members_allowed(d->allowed) < d->min_cohort) {
        judge_cohort(d, (int64_t)tally_members_allowed(d->allowed));
        return;
    }
    d->args[0] = d->pool_id;
    d->args[1] = d->ids.bytes;
    d->args[2] = d->members.bytes;
    d->args[3] = d->args[4] = NULL;
    ch_session_send(d->session, &d->cohort, d->args, d->nargs, false, cohort_row, cohort_done, d);
}

static void take_covered(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    if (!tally_allow(d->loading, PQgetvalue(row, 0, 0), strtoll(PQgetvalue(row, 0, 1), NULL, 10),
                     PQgetvalue(row, 0, 2)))
        abort(); /* the column's type is uuid */
    int64_t until = PQgetisnull(row, 0, 3) ? INT64_MAX : strtoll(PQgetvalue(row, 0, 3), NULL, 10);
    if (until < d->loading_until)
        d->loading_until = until;
}

static void covered_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate, (void)last;
    if (fault != CH_FAULT_NONE) {
        delivery_failed(d, fault);
        return;
    }
    tally_free(d->allowed);
    d->allowed = d->loading;
    d->loading = NULL;
    d->ids.size = d->members.size = 0;
    tally_write_allowed(d->allowed, &d->ids, &d->members);
    d->until_us = d->loading_until;
    d->known_consent = d->consent_epoch;
    d->known_grant = d->grant_epoch;
    d->moved = false;
    d->began_ms = delivery_now_ms();
    check_cohort(d);
}

static void load_covered(struct delivery *d)
{
    tally_free(d->loading);
    d->loading = tally_new();
    d->loading_until = d->not_after_us;
    ch_session_send(
        d->session, &COVERED,
        CH_ARGS(d->pool_id, d->purpose, d->class, delivery_number(d, d->notice_floor), d->explicit_only ? "t" : "f"),
        false, take_covered, covered_done, d);
}

/* ---- the beginning ---- */

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
    d->consent_epoch = integer_of(row, 2);
    d->grant_epoch = integer_of(row, 3);
    d->moved = *PQgetvalue(row, 0, 4) == 't';
    d->allowance = integer_of(row, 5);
    d->top = integer_of(row, 6);
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
    } else if (strcmp(d->outcome, "ok") != 0) {
        delivery_release(d);
        delivery_refuse(d, d->outcome, d->detail);
    } else if (d->moved) {
        load_covered(d);
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
        delivery_ask_rows(d, delivery_rows_done);
}

static void rows_with_begin(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    if (!d->session)
        return;
    d->prefetched = false;
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

/* BEGIN, begin_batch and, when the allowed set is known, the rows. The scratch arena is renewed first: what the
 * statements before needed was copied. */
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
    ch_session_send(d->session, &d->begin,
                    CH_ARGS(d->pool_id, d->id, d->grant, d->question.column_array, delivery_number(d, d->known_consent),
                            delivery_number(d, d->known_grant), delivery_number(d, d->until_us),
                            delivery_number(d, d->want)),
                    with_rows, take_begun, with_rows ? ignore_done : begun_alone, d);
    if (with_rows)
        delivery_ask_rows(d, rows_with_begin);
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
    delivery_begin(d, d->allowed != NULL);
}

void delivery_make(struct delivery *d)
{
    if (d->working || d->state || d->gone || d->made.no)
        return;
    d->working = true;
    ch_session_begin(d->pool, delivery_session, d);
}
