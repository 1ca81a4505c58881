/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a batch must know before its first row: which contributions may be delivered, whether the question's rows are of
 * enough members, and which rows the chain has counted before. All of it is kept from batch to batch; only what has
 * moved is asked for again, inside the batch's transaction and under its lock. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"

#define COUNTED_BATCHES 64
#define EPOCH_2000      INT64_C(946684800000000) /* PostgreSQL counts microseconds from 2000 */

static const struct ch_statement COVERED = {
    .name = "metering.covered",
    .text = "SELECT c.contribution_id, c.contribution_no, c.member_id, c.until_at "
            "FROM licensing.covered_contribution AS c WHERE c.pool_id = $1::uuid AND c.purpose = $2::text "
            "AND c.recipient_class = $3::text AND c.notice >= $4::integer AND (c.explicit OR NOT $5::boolean)",
    .shape = CH_SHAPE_ROWS,
    .columns = 4,
    .binary = true};

static const struct ch_statement COUNTED = {
    .name = "metering.counted_batches",
    .text = "SELECT c.first_row, c.last_row, c.runs FROM metering.counted_batches($1::uuid, $2::uuid, $3::bigint, "
            "$4::integer) AS c",
    .shape = CH_SHAPE_ROWS,
    .columns = 3,
    .binary = true};

static const uint8_t *bytes_at(const PGresult *result, int row, int column)
{
    return (const uint8_t *)PQgetvalue(result, row, column);
}

static int64_t number_at(const PGresult *result, int row, int column)
{
    uint64_t value = 0;
    const uint8_t *bytes = bytes_at(result, row, column);
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* ---- the allowed set ---- */

static void take_covered(void *arg, const PGresult *row)
{
    struct delivery *d = arg;
    tally_allow(d->loading, bytes_at(row, 0, 0), number_at(row, 0, 1), bytes_at(row, 0, 2));
    int64_t until = PQgetisnull(row, 0, 3) ? INT64_MAX : number_at(row, 0, 3);
    if (until < INT64_MAX - EPOCH_2000 && until + EPOCH_2000 < d->loading_until)
        d->loading_until = until + EPOCH_2000;
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
    d->ids.size = 0;
    d->sieved = false;
    d->spread = 1;
    d->until_us = d->loading_until;
    d->known_consent = d->consent_epoch;
    d->known_grant = d->grant_epoch;
    d->moved = false;
    d->began_ms = delivery_now_ms();
    cohort_begin(&d->cohort, tally_members_allowed(d->allowed), d->min_cohort, d->top);
    if ((int64_t)tally_members_allowed(d->allowed) >= d->min_cohort) {
        delivery_go_on(d);
        return;
    }
    delivery_release(d);
    delivery_refuse(d, "cohort_too_small", "these rows come from too few members");
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

/* ---- members of a filtered question ---- */

static void take_window(struct delivery *d, const PGresult *window, int64_t from)
{
    int count = PQntuples(window);
    size_t kept = 0;
    struct cohort_row *rows = ch_alloc_array(d->scratch, (size_t)count + 1, sizeof *rows);
    for (int i = 0; i < count; i++) {
        int64_t index = tally_find(d->allowed, bytes_at(window, i, 0));
        if (index < 0)
            continue;
        rows[kept++] = (struct cohort_row){.any = number_at(window, i, 1),
                                           .matching = PQgetisnull(window, i, 2) ? 0 : number_at(window, i, 2),
                                           .member = tally_member(d->allowed, index)};
    }
    cohort_add(&d->cohort, rows, kept, from);
}

static void window_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate;
    if (fault != CH_FAULT_NONE) {
        delivery_failed(d, fault);
        return;
    }
    int64_t took = delivery_now_ms() - d->began_ms;
    take_window(d, last, d->cohort.below > d->search_span ? d->cohort.below - d->search_span : 0);
    if (d->cohort.known && !cohort_is_enough(&d->cohort)) {
        delivery_release(d);
        delivery_refuse(d, "cohort_too_small", "these rows come from too few members");
    } else if (d->cohort.known || took < BATCH_MS / 2) {
        d->search_span *= took < BATCH_MS / 4 ? 2 : 1;
        delivery_go_on(d);
    } else {
        d->search_span = d->search_span > 2 * WINDOW_LEAST ? d->search_span / 2 : WINDOW_LEAST;
        delivery_commit_nothing(d); /* the lock is not held for longer: the search goes on in another transaction */
    }
}

/* Distinct members of the whole question, whatever position and limit: a resumed delivery is part of its chain. */
static void search(struct delivery *d)
{
    const char **args = ch_alloc_array(d->scratch, 3 + FILTERS_MOST, sizeof *args);
    args[0] = d->pool_id;
    args[1] = delivery_number(d, d->cohort.below > d->search_span ? d->cohort.below - d->search_span : 0);
    args[2] = delivery_number(d, d->cohort.below);
    int count = 3 + question_args(&d->question, args + 3);
    ch_session_send(d->session, d->sql.search, args, count, false, NULL, window_done, d);
}

/* ---- rows counted before ---- */

static void take_counted(struct delivery *d, const PGresult *batches)
{
    int count = PQntuples(batches);
    bool all = count < d->counted_batches;
    counted_reset(&d->counted);
    for (int i = 0; i < count; i++) {
        const uint8_t *runs = PQgetisnull(batches, i, 2) ? NULL : bytes_at(batches, i, 2);
        if (!runs || !counted_add_runs(&d->counted, runs, (size_t)PQgetlength(batches, i, 2)))
            counted_add(&d->counted, number_at(batches, i, 0), number_at(batches, i, 1));
    }
    counted_ready(&d->counted);
    /* what begins at the last one's first row, or behind it, may not have been told */
    d->counted_known = all ? d->counted_to : number_at(batches, count - 1, 0) - 1;
    if (d->counted_known <= d->position)
        d->counted_batches *= 2;
}

static void counted_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct delivery *d = arg;
    (void)sqlstate;
    if (fault != CH_FAULT_NONE) {
        delivery_failed(d, fault);
        return;
    }
    take_counted(d, last);
    delivery_go_on(d);
}

static void load_counted(struct delivery *d)
{
    if (d->counted_batches == 0)
        d->counted_batches = COUNTED_BATCHES;
    ch_session_send(d->session, &COUNTED,
                    CH_ARGS(d->pool_id, d->id, delivery_number(d, d->position), delivery_number(d, d->counted_batches)),
                    false, NULL, counted_done, d);
}

/* ---- entry points ---- */

static bool knows_cohort(const struct delivery *d)
{
    return d->question.filter_count == 0 || d->cohort.known;
}

static bool knows_counted(const struct delivery *d)
{
    return d->position >= d->counted_to || d->position < d->counted_known;
}

bool delivery_knows(const struct delivery *d)
{
    return d->allowed && knows_cohort(d) && knows_counted(d);
}

void delivery_learn(struct delivery *d)
{
    if (d->moved || !d->allowed)
        load_covered(d);
    else if (!knows_cohort(d))
        search(d);
    else
        load_counted(d);
}
