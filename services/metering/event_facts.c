/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What events are judged by: whose a source is, what a grant was when, to which pool a contribution belongs and what
 * its member had consented to when. Kept per process, asked for a group at a time, and held against the database's own
 * state by the statement that ends the group (metering.lock_events), so that what is out of date costs a second try and
 * never a wrong answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/arena.h"
#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "event_table.h"
#include "events.h"
#include "gen/sql.h"

#define FACTS_MOST       100000                     /* of a kind; over it all are forgotten */
#define FACTS_BYTES_MOST ((size_t)64 * 1024 * 1024) /* of a kind, with what replaced others */

enum { SOURCES, GRANTS, CONTRIBUTIONS, POOLS, KINDS };

struct event_facts {
    struct event_table tables[KINDS];
    uint64_t group;
    struct out wanted[KINDS];     /* arrays of what is missing */
    struct out wanted_clients;    /* beside the URIs of sources */
    struct out wanted_under;      /* grants, beside contributions */
    struct source_fact *source;   /* the last one looked up, and for which text */
    struct source_fact **sources; /* listed */
    struct grant_fact **grants;
    struct pool_fact **pools;
    size_t sources_count, grants_count, pools_count, room;
    /* Planned anew each time: a plan kept from when there were few contributions reads all of them for each group. */
    struct ch_statement questions[CONTRIBUTIONS + 1];
    int asking;
    enum ch_fault fault;
    ch_session_done *done;
    void *arg;
};

static void *find(const struct event_facts *facts, int kind, const uint8_t *key)
{
    return event_table_find(&facts->tables[kind], key);
}

static void *find_or_add(struct event_facts *facts, int kind, const uint8_t *key)
{
    return event_table_find_or_add(&facts->tables[kind], key);
}

/* ---- asking ---- */

static void want_text(struct out *array, const char *text, size_t size)
{
    out_text(array, array->size > 0 ? ",\"" : "{\"");
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\')
            out_byte(array, '\\');
        out_byte(array, text[i]);
    }
    out_byte(array, '"');
}

static void want_id(struct out *array, const uint8_t id[16])
{
    char text[37];
    ch_id_format(id, text);
    out_byte(array, array->size > 0 ? ',' : '{');
    out_add(array, text, 36);
}

/* A client's events of one source come together, so the last one is remembered with its text. */
static struct source_fact *source_of(struct event_facts *facts, const char *client, const char *uri, size_t size)
{
    struct source_fact *last = facts->source;
    if (last && last->uri_size == size && memcmp(last->uri, uri, size) == 0 && strcmp(last->client, client) == 0)
        return last;
    struct ch_arena *arena = facts->tables[SOURCES].arena;
    char text[sizeof((struct ch_actor *)0)->client + EVENT_SOURCE_MOST + 2];
    int length = snprintf(text, sizeof text, "%s %.*s", client, (int)size, uri);
    uint8_t digest[32];
    ch_sha256(text, (size_t)length, digest);
    struct source_fact *fact = find_or_add(facts, SOURCES, digest);
    if (!fact->uri) {
        fact->client = ch_strdup(arena, client);
        fact->uri = ch_memdup(arena, uri, size);
        fact->uri_size = size;
    }
    facts->source = fact;
    return fact;
}

static void contribution_key(uint8_t key[32], const uint8_t contribution[16], const uint8_t grant[16])
{
    memcpy(key, contribution, 16);
    memcpy(key + 16, grant, 16);
}

static void want_contribution(struct event_facts *facts, const struct usage_event *event)
{
    uint8_t key[32];
    contribution_key(key, event->contribution, event->grant);
    struct contribution_fact *fact = find_or_add(facts, CONTRIBUTIONS, key);
    const struct pool_fact *pool = fact->known ? find(facts, POOLS, fact->pool) : NULL;
    bool stale = pool && pool->consent_epoch != fact->consent_epoch;
    if (!stale && (fact->known || fact->asked == facts->group))
        return;
    fact->known = false;
    fact->asked = facts->group;
    want_id(&facts->wanted[CONTRIBUTIONS], event->contribution);
    want_id(&facts->wanted_under, event->grant);
}

void event_facts_want(struct event_facts *facts, const char *client, const struct usage_event *event)
{
    struct source_fact *source = source_of(facts, client, event->source, event->source_size);
    if (!source->known && source->asked != facts->group) {
        source->asked = facts->group;
        want_text(&facts->wanted[SOURCES], event->source, event->source_size);
        want_text(&facts->wanted_clients, client, strlen(client));
    }
    struct grant_fact *grant = find_or_add(facts, GRANTS, event->grant);
    if (!grant->known && grant->asked != facts->group) {
        grant->asked = facts->group;
        want_id(&facts->wanted[GRANTS], event->grant);
    }
    if (event->has_contribution)
        want_contribution(facts, event);
}

bool event_facts_missing(const struct event_facts *facts)
{
    return facts->wanted[SOURCES].size + facts->wanted[GRANTS].size + facts->wanted[CONTRIBUTIONS].size > 0;
}

/* ---- answers ---- */

static void read_id(const PGresult *result, int row, int column, uint8_t id[16])
{
    if (!ch_id_parse(PQgetvalue(result, row, column), id))
        abort(); /* the column's type is uuid */
}

static int64_t read_number(const PGresult *result, int row, int column, int64_t absent)
{
    return PQgetisnull(result, row, column) ? absent : strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static void take_source(struct event_facts *facts, const PGresult *result, int row)
{
    const char *uri = PQgetvalue(result, row, 2);
    struct source_fact *fact = source_of(facts, PQgetvalue(result, row, 1), uri, strlen(uri));
    fact->known = true;
    fact->no = (int32_t)read_number(result, row, 0, 0);
    read_id(result, row, 3, fact->organisation);
}

static const char *reason_of(const char *state)
{
    static const char *const STATES[][2] = {{"pending", "grant_pending"},
                                            {"suspended", "grant_suspended"},
                                            {"closed", "grant_closed"},
                                            {"revoked", "grant_revoked"},
                                            {"expired", "grant_expired"}};
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++)
        if (strcmp(state, STATES[i][0]) == 0)
            return STATES[i][1];
    return NULL;
}

static void take_grant(struct event_facts *facts, const PGresult *result, int first, int count)
{
    uint8_t id[16];
    read_id(result, first, 0, id);
    struct grant_fact *fact = find_or_add(facts, GRANTS, id);
    struct pool_fact *pool;
    size_t size = strlen(PQgetvalue(result, first, 2));
    fact->known = size < sizeof fact->ref;
    read_id(result, first, 1, fact->pool);
    memcpy(fact->ref, PQgetvalue(result, first, 2), fact->known ? size : 0);
    fact->ref_size = (uint8_t)size;
    read_id(result, first, 3, fact->organisation);
    fact->from = read_number(result, first, 4, 0);
    fact->until = read_number(result, first, 5, 0);
    fact->epoch = read_number(result, first, 6, 0);
    fact->states = ch_alloc_array(facts->tables[GRANTS].arena, (size_t)count, sizeof *fact->states);
    fact->states_count = (size_t)count;
    for (int i = 0; i < count; i++)
        fact->states[i] = (struct grant_state){.at = read_number(result, first + i, 7, INT64_MIN),
                                               .reason = reason_of(PQgetvalue(result, first + i, 8))};
    pool = find_or_add(facts, POOLS, fact->pool);
    if (!pool->known)
        pool->consent_epoch = -1;
    pool->known = true;
}

static void take_contribution(struct event_facts *facts, const PGresult *result, int first, int count)
{
    uint8_t key[32];
    read_id(result, first, 0, key);
    read_id(result, first, 1, key + 16);
    struct contribution_fact *fact = find_or_add(facts, CONTRIBUTIONS, key);
    fact->known = true;
    read_id(result, first, 2, fact->pool);
    fact->until = read_number(result, first, 3, INT64_MAX);
    fact->consent_epoch = read_number(result, first, 4, 0);
    fact->consents = ch_alloc_array(facts->tables[CONTRIBUTIONS].arena, (size_t)count, sizeof *fact->consents);
    fact->consents_count = (size_t)count;
    for (int i = 0; i < count; i++)
        fact->consents[i] = (struct consent_state){.at = read_number(result, first + i, 5, INT64_MIN),
                                                   .until = read_number(result, first + i, 6, INT64_MAX),
                                                   .covers = *PQgetvalue(result, first + i, 7) == 't'};
    struct pool_fact *pool = find_or_add(facts, POOLS, fact->pool);
    pool->known = true;
    pool->consent_epoch = fact->consent_epoch;
}

/* After the last of the answers everything is there, or the first fault. */
static void one_answer(struct event_facts *facts, enum ch_fault fault, const char *sqlstate)
{
    if (facts->fault == CH_FAULT_NONE)
        facts->fault = fault;
    if (--facts->asking == 0)
        facts->done(facts->arg, facts->fault, sqlstate, NULL);
}

static void sources_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    for (int i = 0; last && i < PQntuples(last); i++)
        take_source(arg, last, i);
    one_answer(arg, fault, sqlstate);
}

/* Rows from `first` on whose first `columns` columns are the same: what one fact is told in. */
static int rows_of_fact(const PGresult *result, int first, int columns)
{
    int next = first + 1;
    for (; next < PQntuples(result); next++)
        for (int c = 0; c < columns; c++)
            if (strcmp(PQgetvalue(result, next, c), PQgetvalue(result, first, c)) != 0)
                return next - first;
    return next - first;
}

static void grants_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    for (int first = 0, count; last && first < PQntuples(last); first += count) {
        count = rows_of_fact(last, first, 1);
        take_grant(arg, last, first, count);
    }
    one_answer(arg, fault, sqlstate);
}

static void contributions_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    for (int first = 0, count; last && first < PQntuples(last); first += count) {
        count = rows_of_fact(last, first, 2);
        take_contribution(arg, last, first, count);
    }
    one_answer(arg, fault, sqlstate);
}

static void forget_wanted(struct event_facts *facts)
{
    for (int i = 0; i < KINDS; i++)
        facts->wanted[i].size = 0;
    facts->wanted_clients.size = facts->wanted_under.size = 0;
}

static const char *array_of(struct out *wanted)
{
    out_add(wanted, "}", 2);
    return wanted->bytes;
}

void event_facts_ask(struct event_facts *facts, struct ch_session *session, ch_session_done *done, void *arg)
{
    struct out *wanted = facts->wanted;
    facts->done = done;
    facts->arg = arg;
    facts->fault = CH_FAULT_NONE;
    facts->asking = (wanted[SOURCES].size > 0) + (wanted[GRANTS].size > 0) + (wanted[CONTRIBUTIONS].size > 0);
    if (wanted[SOURCES].size > 0)
        ch_session_send(session, &facts->questions[SOURCES],
                        CH_ARGS(array_of(&facts->wanted_clients), array_of(&wanted[SOURCES])), false, NULL,
                        sources_done, facts);
    if (wanted[GRANTS].size > 0)
        ch_session_send(session, &facts->questions[GRANTS], CH_ARGS(array_of(&wanted[GRANTS])), false, NULL,
                        grants_done, facts);
    if (wanted[CONTRIBUTIONS].size > 0)
        ch_session_send(session, &facts->questions[CONTRIBUTIONS],
                        CH_ARGS(array_of(&wanted[CONTRIBUTIONS]), array_of(&facts->wanted_under)), false, NULL,
                        contributions_done, facts);
    forget_wanted(facts);
}

/* ---- judging ---- */

/* Why the grant was not in force at a time; NULL: it was. */
static const char *grant_reason(const struct grant_fact *grant, int64_t time)
{
    size_t n = grant->states_count;
    if (time < grant->from)
        return "grant_not_begun";
    if (time >= grant->until)
        return "grant_expired";
    while (n > 0 && grant->states[n - 1].at > time)
        n--;
    return n > 0 ? grant->states[n - 1].reason : "grant_not_begun";
}

static const struct contribution_fact *contribution_of(const struct event_facts *facts, const struct usage_event *event)
{
    uint8_t key[32];
    if (!event->has_contribution)
        return NULL;
    contribution_key(key, event->contribution, event->grant);
    return find(facts, CONTRIBUTIONS, key);
}

/* Whether the member's consents covered what the grant asks for at a time. */
static bool was_covered(const struct contribution_fact *contribution, int64_t time)
{
    size_t n = contribution->consents_count;
    while (n > 0 && contribution->consents[n - 1].at > time)
        n--;
    return n > 0 && contribution->consents[n - 1].covers && time < contribution->consents[n - 1].until;
}

static void list_source(struct event_facts *facts, struct source_fact *source, const uint8_t key[16])
{
    if (source->listed != facts->group) {
        source->listed = facts->group;
        facts->sources[facts->sources_count++] = source;
        memcpy(source->low, key, 16);
        memcpy(source->high, key, 16);
    } else if (memcmp(key, source->low, 16) < 0) {
        memcpy(source->low, key, 16);
    } else if (memcmp(key, source->high, 16) > 0) {
        memcpy(source->high, key, 16);
    }
}

static void make_room(struct event_facts *facts)
{
    if (facts->sources_count < facts->room && facts->grants_count < facts->room && facts->pools_count < facts->room)
        return;
    facts->room = 2 * facts->room + 64;
    facts->sources = realloc(facts->sources, facts->room * sizeof *facts->sources);
    facts->grants = realloc(facts->grants, facts->room * sizeof *facts->grants);
    facts->pools = realloc(facts->pools, facts->room * sizeof *facts->pools);
    if (!facts->sources || !facts->grants || !facts->pools)
        abort();
}

static void list(struct event_facts *facts, struct source_fact *source, struct grant_fact *grant,
                 const struct usage_event *event)
{
    struct pool_fact *pool = find(facts, POOLS, grant->pool);
    make_room(facts);
    list_source(facts, source, event->event_key);
    if (grant->listed != facts->group)
        facts->grants[facts->grants_count++] = grant;
    grant->listed = facts->group;
    if (pool->listed != facts->group) {
        facts->pools[facts->pools_count++] = pool;
        pool->looked = false;
    }
    pool->listed = facts->group;
    pool->looked = pool->looked || event->has_contribution;
}

static struct event_fate refused(const char *reason)
{
    return (struct event_fate){EVENT_REFUSED, reason};
}

/* Another licensee's grant is answered like one that does not exist. */
struct event_fate event_facts_judge(struct event_facts *facts, const char *client, struct usage_event *event)
{
    struct source_fact *source = source_of(facts, client, event->source, event->source_size);
    struct grant_fact *grant = find(facts, GRANTS, event->grant);
    if (!source->known)
        return refused(event_reason_slug(EVENT_SOURCE_UNKNOWN));
    if (!grant || !grant->known || memcmp(grant->organisation, source->organisation, 16) != 0)
        return refused("grant_unknown");
    if (event->pool_size != grant->ref_size || memcmp(event->pool, grant->ref, grant->ref_size) != 0)
        return refused("pool_not_of_grant");
    const struct contribution_fact *contribution = contribution_of(facts, event);
    if (event->has_contribution &&
        (!contribution || !contribution->known || memcmp(contribution->pool, grant->pool, 16) != 0))
        return refused("contribution_unknown");
    event->source_no = source->no;
    memcpy(event->pool_id, grant->pool, 16);
    list(facts, source, grant, event);
    const char *reason = grant_reason(grant, event->time);
    if (!reason && contribution && contribution->until <= event->time)
        reason = "contribution_ended";
    else if (!reason && contribution && !was_covered(contribution, event->time))
        reason = "consent_missing";
    return reason ? (struct event_fate){EVENT_KEPT, reason} : (struct event_fate){EVENT_PENDING, NULL};
}

/* ---- lists ---- */

static int compare_pools(const void *a, const void *b)
{
    return memcmp((*(struct pool_fact *const *)a)->key, (*(struct pool_fact *const *)b)->key, 16);
}

static int compare_sources(const void *a, const void *b)
{
    int32_t one = (*(struct source_fact *const *)a)->no, other = (*(struct source_fact *const *)b)->no;
    return (one > other) - (one < other);
}

static void list_number(struct out *array, int64_t number)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%c%lld", array->size > 0 ? ',' : '{', (long long)number);
    out_add(array, text, (size_t)size);
}

static void list_end(struct out *array)
{
    out_add(array, array->size > 0 ? "}" : "{}", array->size > 0 ? 2 : 3);
}

void event_facts_list(struct event_facts *facts, struct event_lists *lists)
{
    struct out *const outs[] = {&lists->sources,        &lists->low,    &lists->high,        &lists->pools,
                                &lists->consent_epochs, &lists->grants, &lists->grant_epochs};
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++)
        outs[i]->size = 0;
    qsort(facts->sources, facts->sources_count, sizeof *facts->sources, compare_sources);
    qsort(facts->pools, facts->pools_count, sizeof *facts->pools, compare_pools);
    for (size_t i = 0; i < facts->sources_count; i++) {
        list_number(&lists->sources, facts->sources[i]->no);
        want_id(&lists->low, facts->sources[i]->low);
        want_id(&lists->high, facts->sources[i]->high);
    }
    for (size_t i = 0; i < facts->pools_count; i++) {
        want_id(&lists->pools, facts->pools[i]->key);
        if (facts->pools[i]->looked)
            list_number(&lists->consent_epochs, facts->pools[i]->consent_epoch);
        else
            out_text(&lists->consent_epochs, i > 0 ? ",NULL" : "{NULL");
    }
    for (size_t i = 0; i < facts->grants_count; i++) {
        want_id(&lists->grants, facts->grants[i]->key);
        list_number(&lists->grant_epochs, facts->grants[i]->epoch);
    }
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++)
        list_end(outs[i]);
}

/* ---- life ---- */

void event_facts_begin(struct event_facts *facts)
{
    facts->group++;
    facts->sources_count = facts->grants_count = facts->pools_count = 0;
    forget_wanted(facts);
    for (int i = 0; i < KINDS; i++)
        if (facts->tables[i].count > FACTS_MOST || ch_arena_used(facts->tables[i].arena) > FACTS_BYTES_MOST) {
            facts->source = NULL;
            for (int k = 0; k < KINDS; k++)
                event_table_reset(&facts->tables[k]);
            return;
        }
}

void event_facts_doubt(struct event_facts *facts)
{
    for (size_t i = 0; i < facts->sources_count; i++)
        facts->sources[i]->known = false;
    for (size_t i = 0; i < facts->grants_count; i++)
        facts->grants[i]->known = false;
    for (size_t i = 0; i < facts->pools_count; i++)
        facts->pools[i]->consent_epoch = -1;
}

struct event_facts *event_facts_new(void)
{
    static const size_t SIZES[KINDS] = {sizeof(struct source_fact), sizeof(struct grant_fact),
                                        sizeof(struct contribution_fact), sizeof(struct pool_fact)};
    struct event_facts *facts = calloc(1, sizeof *facts);
    if (!facts)
        abort();
    for (int i = 0; i < KINDS; i++) {
        facts->tables[i].size = SIZES[i];
        facts->tables[i].key_size = i == CONTRIBUTIONS ? 32 : 16;
        event_table_reset(&facts->tables[i]);
    }
    facts->questions[SOURCES] = ch_sql_metering_event_sources;
    facts->questions[GRANTS] = ch_sql_metering_event_grants;
    facts->questions[CONTRIBUTIONS] = ch_sql_metering_event_contributions;
    for (int i = 0; i <= CONTRIBUTIONS; i++)
        facts->questions[i].name = NULL;
    make_room(facts);
    return facts;
}

void event_facts_free(struct event_facts *facts)
{
    if (!facts)
        return;
    for (int i = 0; i < KINDS; i++) {
        event_table_free(&facts->tables[i]);
        out_free(&facts->wanted[i]);
    }
    out_free(&facts->wanted_clients);
    out_free(&facts->wanted_under);
    free(facts->sources);
    free(facts->grants);
    free(facts->pools);
    free(facts);
}
