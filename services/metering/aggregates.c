/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /metering/v1/pools/{pool}/aggregates: reads the request, loads what the grant says, lets the query run, stores
 * and answers. */
#include "aggregates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"
#include "commonhold/json.h"
#include "core/accept.h"

#define WAIT_MS    20
#define WAITS_MOST 500 /* ten seconds */

static const char *const FORMATS[] = {"application/json", "text/csv"};

CH_FUNCTION(load_query, "metering.load_query", "$1::uuid, $2::text, $3::bigint, $4::text[], $5::boolean");
CH_FUNCTION(store_query, "metering.store_query",
            "$1::uuid, $2::uuid, $3::uuid, $4::text[], $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::text, "
            "$10::integer, $11::bigint, $12::boolean, $13::uuid, $14::bytea, $15::uuid[], $16::bigint[]");

static struct ch_done *load(struct query *query);

/* ---- the query's life ---- */

/* Everything that belongs to one try. */
static void forget(struct query *query)
{
    for (size_t i = 0; i < query->earlier_count; i++)
        free(query->earlier[i].bytes);
    free(query->earlier);
    free(query->contributions);
    free(query->member_keys);
    free(query->cells);
    out_free(&query->ids);
    out_free(&query->sketch);
    out_free(&query->used_ids);
    out_free(&query->used_counts);
    ch_arena_free(query->arena);
}

static struct query *renewed(const struct query *old)
{
    struct query *query = calloc(1, sizeof *query);
    if (!query)
        abort();
    query->request = old->request;
    query->request_arena = old->request_arena;
    query->csv = old->csv;
    query->slot = old->slot;
    query->columns = old->columns;
    query->tries = old->tries;
    query->waits = old->waits;
    memcpy(query->id, old->id, sizeof query->id);
    query->arena = ch_arena_new();
    return query;
}

static void begin_again(struct query *query)
{
    struct query *fresh = renewed(query);
    forget(query);
    *query = *fresh;
    free(fresh);
}

static void give_slot_back(struct query *query)
{
    if (query->slot)
        metering_of(query->request)->aggregates--;
    query->slot = false;
}

static void release(void *state)
{
    struct query *query = state;
    give_slot_back(query);
    forget(query);
    free(query);
}

/* ---- refusals ---- */

static struct ch_done *refuse_fault(struct query *query, const struct aggregate_fault *fault)
{
    struct ch_arena *arena = query->request_arena;
    if (!fault->detail)
        return ch_refuse(query->request, "column_not_granted", "not in the grant: %.64s", fault->column);
    const json_t *body = ch_json_pack(arena, "{s:[{s:s, s:s}]}", "errors", "pointer",
                                      ch_printf(arena, "/%s", fault->field), "detail", fault->detail);
    return ch_reply(query->request, "invalid", ch_json_canonical(arena, body, NULL));
}

static struct ch_done *refuse_answer(struct query *query, const struct ch_answer *answer)
{
    give_slot_back(query);
    return metering_refuse(query->request, answer->outcome, answer->body);
}

void aggregates_failed(struct query *query, enum ch_fault fault)
{
    give_slot_back(query);
    if (query->failed && strcmp(query->failed, "57014") == 0)
        ch_refuse(query->request, "query_too_heavy", "it was given up after the time a statement may take here");
    else
        ch_reply_fault(query->request, fault);
}

/* ---- storing ---- */

static struct ch_done *stored(struct ch_request *request, const struct ch_answer *answer)
{
    struct query *query = ch_state(request);
    if (strcmp(answer->outcome, "stale") == 0) {
        if (++query->tries == AGGREGATE_TRIES) {
            give_slot_back(query);
            return ch_reply_fault(request, CH_FAULT_BUSY);
        }
        begin_again(query);
        return load(query);
    }
    if (strcmp(answer->outcome, "ok") != 0)
        return refuse_answer(query, answer);
    give_slot_back(query);
    return aggregates_answer(query);
}

static const char *number(struct query *query, int64_t value)
{
    return ch_printf(query->arena, "%" PRId64, value);
}

static struct ch_done *decided(struct ch_request *request, void *state)
{
    struct query *query = state;
    if (strcmp(query->outcome, "ok") != 0) {
        give_slot_back(query);
        return query->detail ? ch_refuse(request, query->outcome, "%s", query->detail)
                             : ch_reply(request, query->outcome, NULL);
    }
    return ch_call_then(
        request, &store_query,
        CH_ARGS(query->id, query->pool_id, query->grant_id, query->columns, number(query, query->consent_epoch),
                number(query, query->grant_epoch), number(query, query->until_us), number(query, query->answers),
                aggregate_text(query->arena, &query->aggregate), number(query, (int64_t)query->shown_cells),
                number(query, (int64_t)query->shown_rows), query->suppressed ? "t" : "f", query->same_as,
                query->sketch.bytes, query->used_ids.bytes, query->used_counts.bytes),
        stored);
}

void aggregates_read_done(struct query *query)
{
    ch_offload(query->request, aggregates_decide, decided, query);
}

/* ---- the grant ---- */

static struct ch_done *wait_for_slot(struct ch_request *request, void *state);

static struct ch_done *run(struct query *query)
{
    struct metering *metering = metering_of(query->request);
    struct ch_pool_stats stats;
    ch_pool_stats(ch_pool_of(query->request), &stats);
    unsigned most = stats.connections > 3 ? (unsigned)stats.connections / 2 : 1;
    if (!query->slot && metering->aggregates >= most) {
        if (++query->waits > WAITS_MOST)
            return ch_refuse(query->request, "too_many_requests", "other queries are under way");
        return ch_wait(query->request, WAIT_MS, wait_for_slot, query);
    }
    metering->aggregates += !query->slot;
    query->slot = true;
    return aggregates_run(query);
}

static struct ch_done *wait_for_slot(struct ch_request *request, void *state)
{
    (void)request;
    return run(state);
}

static void keep(char into[37], const json_t *grant, const char *name)
{
    const char *text = json_string_value(json_object_get(grant, name));
    if (text && strlen(text) == 36)
        memcpy(into, text, 37);
}

static bool is_reserved(const char *name)
{
    return strcmp(name, "by") == 0 || strcmp(name, "measure") == 0;
}

static bool read_again(struct query *query, struct aggregate_fault *fault)
{
    struct ch_request *request = query->request;
    size_t cursor = 0;
    const char *name, *value;
    if (!aggregate_read(query->arena, ch_query(request, "by"), ch_query(request, "measure"), &query->aggregate,
                        fault) ||
        !aggregate_bind(&query->plan, &query->aggregate, fault))
        return false;
    while (ch_query_each(request, &cursor, &name, &value))
        if (!is_reserved(name) && !aggregate_filter(query->arena, &query->plan, &query->aggregate, name, value, fault))
            return false;
    return true;
}

static struct ch_done *loaded(struct ch_request *request, const struct ch_answer *answer)
{
    struct query *query = ch_state(request);
    struct aggregate_fault fault;
    if (strcmp(answer->outcome, "ok") != 0)
        return refuse_answer(query, answer);
    query->grant = metering_parse(query->arena, answer->body);
    if (!query->grant)
        return ch_reply(request, "internal", NULL);
    keep(query->grant_id, query->grant, "grant_id");
    keep(query->pool_id, query->grant, "pool_id");
    keep(query->organisation_id, query->grant, "organisation_id");
    query->k = json_integer_value(json_object_get(query->grant, "min_cohort"));
    query->k = query->k > 1 ? query->k : 1;
    query->not_after_us = json_integer_value(json_object_get(query->grant, "not_after_us"));
    query->plan =
        plan_read(query->arena, json_object_get(query->grant, "plan"), json_object_get(query->grant, "schema"));
    if (!read_again(query, &fault)) {
        give_slot_back(query);
        return refuse_fault(query, &fault);
    }
    return run(query);
}

static struct ch_done *load(struct query *query)
{
    struct ch_request *request = query->request;
    const json_t *claims = ch_actor(request)->claims;
    const char *grant = json_string_value(json_object_get(claims, "grant"));
    return ch_call_then(request, &load_query,
                        CH_ARGS(grant ? grant : "", ch_path(request, "pool"),
                                number(query, json_integer_value(json_object_get(claims, "epoch"))), query->columns,
                                query->tries ? "f" : "t"),
                        loaded);
}

/* ---- the request ---- */

/* In double quotes, with what could end the literal taken out: a column of such a name exists nowhere. */
static void add_name(struct out *out, const char *name)
{
    out_text(out, out->size > 1 ? ",\"" : "\"");
    for (; *name; name++)
        out_byte(out, *name == '"' || *name == '\\' || (unsigned char)*name < 32 ? '?' : *name);
    out_byte(out, '"');
}

static const char *named_columns(struct ch_request *request, const struct aggregate *aggregate)
{
    struct out names = {0};
    size_t cursor = 0;
    const char *name, *value;
    out_byte(&names, '{');
    for (size_t i = 0; i < aggregate->by_count; i++)
        add_name(&names, aggregate->by_names[i]);
    for (size_t i = 0; i < aggregate->measure_count; i++)
        if (aggregate->measures[i].column_name)
            add_name(&names, aggregate->measures[i].column_name);
    while (ch_query_each(request, &cursor, &name, &value))
        if (!is_reserved(name))
            add_name(&names, name);
    out_add(&names, "}", 2);
    const char *text = ch_strdup(ch_arena_of(request), names.bytes);
    out_free(&names);
    return text;
}

struct ch_done *get_aggregates(struct ch_request *request)
{
    struct query *query = calloc(1, sizeof *query);
    struct aggregate_fault fault;
    if (!query)
        abort();
    query->request = request;
    query->request_arena = ch_arena_of(request);
    query->arena = ch_arena_new();
    ch_id_new(query->id);
    ch_request_at_end(request, release, query);
    ch_set_state(request, query);
    int format = accept_choose(ch_header(request, "Accept"), FORMATS, 2);
    if (format < 0)
        return ch_refuse(request, "not_acceptable", "application/json and text/csv can be had");
    query->csv = format == 1;
    if (!aggregate_read(query->arena, ch_query(request, "by"), ch_query(request, "measure"), &query->aggregate, &fault))
        return refuse_fault(query, &fault);
    query->columns = named_columns(request, &query->aggregate);
    struct ch_done *refused = metering_limit_rate(request);
    return refused ? refused : load(query);
}
