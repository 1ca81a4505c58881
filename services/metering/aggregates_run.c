/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a query reads: in one transaction, under the pool's lock, the epochs and the allowed set (the same view and the
 * same conditions as a delivery's); without the lock the cells and what is kept of the grant's earlier answers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aggregates.h"
#include "commonhold/crypto.h"

static const struct ch_statement BEGIN = {.name = "begin", .text = "BEGIN", .shape = CH_SHAPE_NONE};
static const struct ch_statement COMMIT = {.name = "commit", .text = "COMMIT", .shape = CH_SHAPE_NONE};

/* Cells and contributions are grouped by hash, which the planner does not believe in where it thinks there are many
 * groups: room for it, and no sorting of rows; as parallel as the server allows, though many groups come back from each
 * worker; nothing compiled, which takes longer than it saves here. */
static const struct ch_statement ROOM = {
    .name = "metering.query_room",
    .text = "SELECT pg_catalog.set_config('work_mem', '128MB', true), pg_catalog.set_config('enable_sort', 'off', "
            "true), pg_catalog.set_config('parallel_tuple_cost', '0.01', true), "
            "pg_catalog.set_config('parallel_setup_cost', '100', true), pg_catalog.set_config('jit', 'off', true)",
    .shape = CH_SHAPE_ROWS,
    .columns = 5};

static const struct ch_statement START = {.name = "metering.begin_query",
                                          .text = "SELECT q.consent_epoch, q.grant_epoch, q.answers, q.accepted, "
                                                  "q.pool_rows FROM metering.begin_query($1::uuid, $2::uuid, $3::uuid) "
                                                  "AS q",
                                          .shape = CH_SHAPE_ROWS,
                                          .columns = 5};

static const struct ch_statement ALLOWED = {
    .name = "metering.query_allowed",
    .text = "SELECT c.contribution_id, c.member_id, (EXTRACT(EPOCH FROM c.until_at) * 1000000)::bigint "
            "FROM licensing.covered_contribution AS c WHERE c.pool_id = $1::uuid AND c.purpose = $2::text "
            "AND c.recipient_class = $3::text AND c.notice >= $4::integer AND (c.explicit OR NOT $5::boolean) "
            "ORDER BY c.member_id, c.contribution_id",
    .shape = CH_SHAPE_ROWS,
    .columns = 3};

static const struct ch_statement EARLIER = {
    .name = "metering.earlier_answers",
    .text = "SELECT a.query_id, a.sketch FROM metering.earlier_answers($1::uuid, $2::uuid, $3::uuid) AS a",
    .shape = CH_SHAPE_ROWS,
    .columns = 2};

static void *grown(void *block, size_t count, size_t size)
{
    void *bytes = reallocarray(block, count, size);
    if (!bytes)
        abort();
    return bytes;
}

static int64_t integer_of(const PGresult *row, int column)
{
    return PQgetisnull(row, 0, column) ? -1 : strtoll(PQgetvalue(row, 0, column), NULL, 10);
}

static void end_session(struct query *query)
{
    if (query->session)
        ch_session_end(query->session);
    query->session = NULL;
}

/* Any statement of the session: a fault ends the query, once. */
static bool went_well(struct query *query, enum ch_fault fault, const char *sqlstate)
{
    if (!query->session)
        return false;
    if (fault == CH_FAULT_NONE)
        return true;
    query->failed = strcmp(sqlstate, "57014") == 0 ? "57014" : "";
    end_session(query);
    aggregates_failed(query, fault);
    return false;
}

static void just_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    (void)last;
    went_well(arg, fault, sqlstate);
}

/* ---- earlier answers ---- */

static void take_earlier(void *arg, const PGresult *row)
{
    struct query *query = arg;
    size_t length = (size_t)PQgetlength(row, 0, 1) / 2;
    const char *text = PQgetvalue(row, 0, 1);
    if (length == 0 || query->earlier_bytes + length > AGGREGATE_HISTORY_MOST) {
        query->earlier_bytes = SIZE_MAX / 2;
        return;
    }
    if (query->earlier_count == query->earlier_room) {
        query->earlier_room = 2 * query->earlier_room + 16;
        query->earlier = grown(query->earlier, query->earlier_room, sizeof *query->earlier);
    }
    struct aggregate_earlier *earlier = &query->earlier[query->earlier_count++];
    *earlier = (struct aggregate_earlier){.size = length - 1, .bytes = grown(NULL, length, 1)};
    memcpy(earlier->id, PQgetvalue(row, 0, 0), 36);
    query->earlier_bytes += length;
    if (!ch_unhex(text + 2, earlier->bytes, earlier->size))
        query->broken = true;
}

static void earlier_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct query *query = arg;
    (void)last;
    if (!went_well(query, fault, sqlstate))
        return;
    end_session(query);
    aggregates_read_done(query);
}

/* ---- cells ---- */

static void ask_cells(struct query *query)
{
    const char *args[AGGREGATE_FIXED + FILTERS_MOST];
    int count = AGGREGATE_FIXED;
    query->of_rows = query->pool_rows <= AGGREGATE_ROWS_MOST;
    query->channels = (unsigned)query->aggregate.measured_count + 1;
    query->place = ch_alloc_array(query->arena, query->member_count + 1, sizeof *query->place);
    query->place_cell = ch_alloc_array(query->arena, query->member_count + 1, sizeof *query->place_cell);
    memset(query->place_cell, 0, query->member_count * sizeof *query->place_cell); /* cells count from 1 there */
    query->statement = (struct ch_statement){
        .text = aggregates_sql(query->arena, &query->aggregate, ch_sql_pool_table(query->arena, query->pool_id),
                               query->of_rows, 2 * (int64_t)query->contribution_count < query->accepted),
        .shape = CH_SHAPE_ROWS,
        .columns = aggregates_sql_columns(&query->aggregate, query->of_rows)};
    args[0] = query->pool_id;
    args[1] = query->ids.bytes;
    for (size_t i = 0; i < query->aggregate.filter_count; i++)
        if (filter_has_value(&query->aggregate.filters[i]))
            args[count++] = query->aggregate.filters[i].value;
    ch_session_send(query->session, &BEGIN, CH_NO_ARGS, true, NULL, just_done, query);
    ch_session_send(query->session, &ROOM, CH_NO_ARGS, true, NULL, just_done, query);
    ch_session_send(query->session, &query->statement, args, count, false, aggregates_take_cell, just_done, query);
    ch_session_send(query->session, &EARLIER, CH_ARGS(query->pool_id, query->organisation_id, query->grant_id), false,
                    take_earlier, earlier_done, query);
}

/* ---- the allowed set ---- */

static void take_start(void *arg, const PGresult *row)
{
    struct query *query = arg;
    query->consent_epoch = integer_of(row, 0);
    query->grant_epoch = integer_of(row, 1);
    query->answers = integer_of(row, 2);
    query->accepted = integer_of(row, 3);
    query->pool_rows = integer_of(row, 4);
}

/* A number for the member that means nothing to another organisation, nor in another pool. */
static uint64_t key_of(const struct query *query, const char *member)
{
    uint8_t digest[32];
    uint64_t key;
    const char *text = ch_printf(query->arena, "%s %s %s", query->organisation_id, query->pool_id, member);
    ch_sha256(text, strlen(text), digest);
    memcpy(&key, digest, sizeof key);
    return key;
}

static uint32_t member_of(struct query *query, const char *member)
{
    uint64_t key = key_of(query, member);
    if (query->member_count > 0 && query->member_keys[query->member_count - 1] == key)
        return (uint32_t)query->member_count - 1; /* they come ordered by member */
    if (query->member_count == query->member_room) {
        query->member_room = 2 * query->member_room + 64;
        query->member_keys = grown(query->member_keys, query->member_room, sizeof *query->member_keys);
    }
    query->member_keys[query->member_count] = key;
    return (uint32_t)query->member_count++;
}

static void take_allowed(void *arg, const PGresult *row)
{
    struct query *query = arg;
    int64_t until = PQgetisnull(row, 0, 2) ? INT64_MAX : integer_of(row, 2);
    if (query->contribution_count == query->contribution_room) {
        query->contribution_room = 2 * query->contribution_room + 64;
        query->contributions = grown(query->contributions, query->contribution_room, sizeof *query->contributions);
    }
    out_byte(&query->ids, query->contribution_count ? ',' : '{');
    out_text(&query->ids, PQgetvalue(row, 0, 0));
    query->contributions[query->contribution_count++] = (struct aggregate_contribution){
        .id = ch_strdup(query->arena, PQgetvalue(row, 0, 0)), .member = member_of(query, PQgetvalue(row, 0, 1))};
    if (until < query->until_us)
        query->until_us = until;
}

static void allowed_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct query *query = arg;
    (void)last;
    if (!went_well(query, fault, sqlstate))
        return;
    out_add(&query->ids, query->contribution_count ? "}" : "{}", query->contribution_count ? 2 : 3);
    ask_cells(query);
}

static const char *member_text(const struct query *query, const char *name)
{
    return json_string_value(json_object_get(query->grant, name));
}

static void ready(void *arg, enum ch_fault fault, struct ch_session *session)
{
    struct query *query = arg;
    if (fault != CH_FAULT_NONE) {
        aggregates_failed(query, fault);
        return;
    }
    query->session = session;
    int64_t floor = json_integer_value(json_object_get(query->grant, "notice_floor"));
    bool explicit_only = json_is_true(json_object_get(query->grant, "explicit_only"));
    ch_session_send(session, &BEGIN, CH_NO_ARGS, true, NULL, just_done, query);
    ch_session_send(session, &START, CH_ARGS(query->pool_id, query->grant_id, query->organisation_id), true, take_start,
                    just_done, query);
    ch_session_send(session, &ALLOWED,
                    CH_ARGS(query->pool_id, member_text(query, "purpose"), member_text(query, "class"),
                            ch_printf(query->arena, "%" PRId64, floor), explicit_only ? "t" : "f"),
                    true, take_allowed, just_done, query);
    ch_session_send(session, &COMMIT, CH_NO_ARGS, false, NULL, allowed_done, query);
}

struct ch_done *aggregates_run(struct query *query)
{
    query->until_us = query->not_after_us;
    return ch_session_then(query->request, ready, query);
}
