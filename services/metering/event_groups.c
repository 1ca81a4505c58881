/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Group commit of usage events: what waits becomes a group, a group becomes one transaction, and when that is committed
 * its requests are answered. Two ways through the database: COPY, for events that are new; and store_events, event by
 * event, once some are here already, some go into quarantine, or nobody knows how a commit ended. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/crypto.h"
#include "events.h"

#define TRIES_MOST   6  /* of a group */
#define PASSES_MOST  16 /* until what a group is judged by stands still */
#define RESENDS_HIGH 30 /* per mille of resends above which COPY is not tried first */

struct event_groups {
    struct ch_pool *pool;
    struct event_facts *facts;
    struct usage_rollup *rollup;
    struct event_args args;
    struct out copy;
    uint64_t *counters;
    size_t queue_most, waiting; /* events */
    struct event_posts queue, running;
    struct event_entry *entries, *later; /* each key once; those whose key an entry has */
    size_t entries_count, later_count, room;
    struct ch_session *session;
    int tries, passes;
    bool busy, stopping;
    bool careful;        /* this group goes through store_events */
    bool rollback;       /* a transaction is open that must not be committed */
    char state[6];       /* SQLSTATE of close_events */
    int64_t clock_ahead; /* database's clock less the monotonic one, in microseconds */
    bool clock_known;
    unsigned resends; /* per mille, of the last groups */
};

static void prepare(struct event_groups *groups);
static void write_group(struct event_groups *groups);
static void on_session(void *arg, enum ch_fault fault, struct ch_session *session);

static const struct ch_statement ROLLBACK = {.name = "rollback", .text = "ROLLBACK", .shape = CH_SHAPE_NONE};

/* ---- the database's clock ---- */

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t event_groups_now(const struct event_groups *groups)
{
    return groups->clock_known ? monotonic_us() + groups->clock_ahead : 0;
}

void event_groups_heard(struct event_groups *groups, int64_t now)
{
    groups->clock_ahead = now - monotonic_us();
    groups->clock_known = true;
}

/* ---- a group's end ---- */

static void release_session(struct event_groups *groups)
{
    struct ch_session *session = groups->session;
    groups->session = NULL;
    if (session)
        ch_session_end(session);
}

/* The next group begins at the end of this turn of the loop: what has come in meanwhile goes along. */
static void go_on(struct event_groups *groups)
{
    groups->tries = 0;
    groups->careful = groups->rollback = false;
    release_session(groups);
    groups->busy = !TAILQ_EMPTY(&groups->queue) && !groups->stopping;
    if (groups->busy)
        ch_session_begin(groups->pool, on_session, groups);
}

static void settle(struct event_groups *groups)
{
    struct event_posts done;
    struct event_post *post;
    TAILQ_INIT(&done);
    TAILQ_CONCAT(&done, &groups->running, entry);
    groups->counters[EVENT_COUNT_GROUPS]++;
    go_on(groups);
    while ((post = TAILQ_FIRST(&done))) {
        TAILQ_REMOVE(&done, post, entry);
        event_answer(post);
    }
}

static void fail(struct event_groups *groups, enum ch_fault fault)
{
    struct event_posts lost;
    struct event_post *post;
    TAILQ_INIT(&lost);
    TAILQ_CONCAT(&lost, &groups->running, entry);
    go_on(groups);
    while ((post = TAILQ_FIRST(&lost))) {
        TAILQ_REMOVE(&lost, post, entry);
        ch_reply_fault(post->request, fault);
    }
}

/* What the database refuses is one request's matter: each is tried once more on its own. */
static void part(struct event_groups *groups)
{
    struct event_post *post = TAILQ_FIRST(&groups->running);
    if (post->alone || !TAILQ_NEXT(post, entry)) {
        fail(groups, CH_FAULT_BUG);
        return;
    }
    TAILQ_FOREACH(post, &groups->running, entry)
    {
        post->alone = true;
        groups->waiting += post->batch.count;
    }
    TAILQ_CONCAT(&groups->running, &groups->queue, entry);
    TAILQ_CONCAT(&groups->queue, &groups->running, entry);
    go_on(groups);
}

/* Once more through store_events, on a connection known to be good. */
static void try_again(struct event_groups *groups, enum ch_fault fault)
{
    groups->counters[EVENT_COUNT_REDONE]++;
    groups->careful = true;
    groups->rollback = false;
    if (groups->stopping || ++groups->tries >= TRIES_MOST) {
        fail(groups, fault);
        return;
    }
    release_session(groups);
    ch_session_begin(groups->pool, on_session, groups);
}

static void judge_anew(struct event_groups *groups)
{
    groups->counters[EVENT_COUNT_REDONE]++;
    groups->careful = true;
    event_facts_doubt(groups->facts);
    if (++groups->tries >= TRIES_MOST)
        fail(groups, CH_FAULT_BUSY);
    else
        prepare(groups);
}

static void after_fault(struct event_groups *groups, enum ch_fault fault, const char *state)
{
    bool again = strncmp(state, "40", 2) == 0;
    if (again)
        judge_anew(groups);
    else if (fault == CH_FAULT_BUG)
        part(groups);
    else
        try_again(groups, fault);
}

/* ---- store_events ---- */

static void take_letter(struct event_groups *groups, struct event_entry *entry, char letter)
{
    struct event_fate *fate = entry->fate;
    groups->counters[EVENT_COUNT_RESENT] += letter != 'n';
    if (letter == 'd')
        *fate = (struct event_fate){EVENT_TWICE, NULL};
    else if (letter == 'c')
        *fate = (struct event_fate){EVENT_REFUSED, event_reason_slug(EVENT_CONFLICT)};
}

/* Those whose key another had first: what they are hangs on what is stored. It is the first one's content, unless that
 * was refused; then they are asked for themselves. */
static void settle_later(struct event_groups *groups)
{
    size_t again = 0, left = 0;
    for (size_t i = 0; i < groups->later_count; i++) {
        struct event_entry *entry = &groups->later[i];
        const struct event_entry *first = &groups->entries[entry->first];
        bool same = memcmp(entry->event->content_hash, first->event->content_hash, 32) == 0;
        if (first->fate->kind != EVENT_REFUSED || same) {
            take_letter(groups, entry, same && first->fate->kind != EVENT_REFUSED ? 'd' : 'c');
            continue;
        }
        groups->later[left++] = *entry;
    }
    groups->later_count = 0;
    for (size_t i = 0; i < left; i++) {
        struct event_entry entry = groups->later[i];
        const struct event_entry *last = again > 0 ? &groups->entries[again - 1] : NULL;
        if (last && last->event->source_no == entry.event->source_no &&
            memcmp(last->event->event_key, entry.event->event_key, 16) == 0) {
            entry.first = (uint32_t)(again - 1);
            groups->later[groups->later_count++] = entry;
        } else {
            groups->entries[again++] = entry;
        }
    }
    groups->entries_count = again;
}

static void weigh_resends(struct event_groups *groups, size_t resent, size_t all)
{
    groups->resends = (unsigned)((groups->resends * 3 + resent * 1000 / (all > 0 ? all : 1)) / 4);
}

static void stored(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct event_groups *groups = arg;
    size_t resent = 0;
    if (fault != CH_FAULT_NONE) {
        after_fault(groups, fault, sqlstate);
        return;
    }
    const char *letters = PQgetvalue(last, 0, 0);
    if (strlen(letters) != groups->entries_count)
        abort(); /* the function answers one for each */
    for (size_t i = 0; i < groups->entries_count; i++) {
        take_letter(groups, &groups->entries[i], letters[i]);
        resent += letters[i] != 'n';
    }
    weigh_resends(groups, resent, groups->entries_count);
    settle_later(groups);
    if (groups->entries_count > 0)
        write_group(groups);
    else
        settle(groups);
}

/* ---- COPY ---- */

static void close_row(void *arg, const PGresult *row)
{
    event_groups_heard(arg, strtoll(PQgetvalue(row, 0, 0), NULL, 10));
}

static void closed(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct event_groups *groups = arg;
    (void)last;
    memcpy(groups->state, fault == CH_FAULT_NONE ? "" : sqlstate, strnlen(sqlstate, 5) + 1);
}

static void committed(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct event_groups *groups = arg;
    (void)last;
    if (fault != CH_FAULT_NONE) {
        bool refused = groups->state[0] != '\0' && strcmp(sqlstate, "25P02") == 0;
        groups->rollback = refused;
        after_fault(groups, fault, refused ? groups->state : sqlstate);
        return;
    }
    weigh_resends(groups, 0, groups->entries_count);
    settle_later(groups); /* leaves none: all the first ones were accepted */
    settle(groups);
}

static void copied(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    static const struct event_close_calls CALLS = {close_row, closed, committed};
    struct event_groups *groups = arg;
    (void)last;
    if (fault == CH_FAULT_NONE) {
        event_send_close(&groups->args, groups->facts, groups->rollup, groups->session, &CALLS, groups);
    } else if (strcmp(sqlstate, "23505") == 0) {
        groups->counters[EVENT_COUNT_REDONE]++;
        groups->careful = groups->rollback = true;
        write_group(groups);
    } else {
        groups->rollback = true;
        after_fault(groups, fault, sqlstate);
    }
}

static void rolled_back(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    (void)arg, (void)fault, (void)sqlstate, (void)last; /* what comes behind it fails too when this does */
}

static void copy_group(struct event_groups *groups)
{
    usage_rollup_reset(groups->rollup);
    for (size_t i = 0; i < groups->entries_count; i++)
        if (!usage_rollup_add(groups->rollup, groups->entries[i].event))
            abort(); /* a group is too small for that */
    event_write_copy(&groups->copy, groups->entries, groups->entries_count);
    groups->state[0] = '\0';
    ch_session_copy(groups->session, &EVENT_COPY, groups->copy.bytes, groups->copy.size, copied, groups);
}

static void write_group(struct event_groups *groups)
{
    if (groups->rollback)
        ch_session_send(groups->session, &ROLLBACK, CH_NO_ARGS, false, NULL, rolled_back, groups);
    groups->rollback = false;
    if (groups->careful || groups->resends > RESENDS_HIGH)
        event_send_store(&groups->args, groups->facts, groups->entries, groups->entries_count, groups->session, stored,
                         groups);
    else
        copy_group(groups);
}

/* ---- a group's beginning ---- */

static void add_entry(struct event_groups *groups, struct usage_event *event, struct event_fate *fate)
{
    if (groups->entries_count == groups->room) {
        groups->room = 2 * groups->room + 1024;
        groups->entries = realloc(groups->entries, groups->room * sizeof *groups->entries);
        groups->later = realloc(groups->later, groups->room * sizeof *groups->later);
        if (!groups->entries || !groups->later)
            abort();
    }
    groups->entries[groups->entries_count] =
        (struct event_entry){.event = event, .fate = fate, .place = (uint32_t)groups->entries_count};
    groups->entries_count++;
}

static void judge_post(struct event_groups *groups, struct event_post *post)
{
    for (size_t i = 0; i < post->batch.count; i++) {
        struct usage_event *event = &post->batch.events[i];
        struct event_fate *fate = &post->fates[i];
        if (event->reason != EVENT_GOOD) {
            *fate = (struct event_fate){EVENT_REFUSED, event_reason_slug(event->reason)};
            continue;
        }
        *fate = event_facts_judge(groups->facts, post->client, event);
        if (fate->kind == EVENT_REFUSED)
            continue;
        groups->careful = groups->careful || fate->kind == EVENT_KEPT;
        add_entry(groups, event, fate);
    }
}

/* Each key once among the entries; the others know which entry has theirs. */
static void part_keys(struct event_groups *groups)
{
    size_t count = 0;
    groups->later_count = 0;
    event_entries_sort(groups->entries, groups->entries_count);
    for (size_t i = 0; i < groups->entries_count; i++) {
        struct event_entry *entry = &groups->entries[i];
        const struct event_entry *last = count > 0 ? &groups->entries[count - 1] : NULL;
        if (last && last->event->source_no == entry->event->source_no &&
            memcmp(last->event->event_key, entry->event->event_key, 16) == 0) {
            groups->later[groups->later_count] = *entry;
            groups->later[groups->later_count++].first = (uint32_t)(count - 1);
        } else {
            groups->entries[count++] = *entry;
        }
    }
    groups->entries_count = count;
}

static void judge(struct event_groups *groups)
{
    struct event_post *post;
    groups->entries_count = 0;
    TAILQ_FOREACH(post, &groups->running, entry)
    judge_post(groups, post);
    part_keys(groups);
    if (groups->entries_count > 0)
        write_group(groups);
    else
        settle(groups);
}

static void ask_or_judge(struct event_groups *groups);

static void asked(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct event_groups *groups = arg;
    (void)sqlstate, (void)last;
    if (fault == CH_FAULT_BUG)
        part(groups);
    else if (fault != CH_FAULT_NONE)
        try_again(groups, fault);
    else if (++groups->passes >= PASSES_MOST)
        fail(groups, CH_FAULT_BUSY);
    else
        ask_or_judge(groups);
}

static void ask_or_judge(struct event_groups *groups)
{
    const struct event_post *post;
    TAILQ_FOREACH(post, &groups->running, entry)
    for (size_t i = 0; i < post->batch.count; i++)
        if (post->batch.events[i].reason == EVENT_GOOD)
            event_facts_want(groups->facts, post->client, &post->batch.events[i]);
    if (event_facts_missing(groups->facts))
        event_facts_ask(groups->facts, groups->session, asked, groups);
    else
        judge(groups);
}

static void prepare(struct event_groups *groups)
{
    groups->passes = 0;
    event_facts_begin(groups->facts);
    if (groups->rollback)
        ch_session_send(groups->session, &ROLLBACK, CH_NO_ARGS, false, NULL, rolled_back, groups);
    groups->rollback = false;
    ask_or_judge(groups);
}

static void gather(struct event_groups *groups)
{
    struct event_post *post;
    size_t events = 0;
    while ((post = TAILQ_FIRST(&groups->queue)) && events < EVENTS_GROUP_MOST) {
        if (post->alone && events > 0)
            break;
        TAILQ_REMOVE(&groups->queue, post, entry);
        TAILQ_INSERT_TAIL(&groups->running, post, entry);
        groups->waiting -= post->batch.count;
        events += post->batch.count > 0 ? post->batch.count : 1;
        if (post->alone)
            break;
    }
    groups->counters[EVENT_COUNT_WAITING] = groups->waiting;
}

static void fail_waiting(struct event_groups *groups, enum ch_fault fault)
{
    struct event_posts lost;
    struct event_post *post;
    if (groups->careful && !TAILQ_EMPTY(&groups->running))
        fault = CH_FAULT_UNKNOWN; /* it was tried before */
    TAILQ_INIT(&lost);
    TAILQ_CONCAT(&lost, &groups->running, entry);
    TAILQ_CONCAT(&lost, &groups->queue, entry);
    groups->waiting = groups->counters[EVENT_COUNT_WAITING] = 0;
    go_on(groups);
    while ((post = TAILQ_FIRST(&lost))) {
        TAILQ_REMOVE(&lost, post, entry);
        ch_reply_fault(post->request, fault);
    }
}

static void on_session(void *arg, enum ch_fault fault, struct ch_session *session)
{
    struct event_groups *groups = arg;
    groups->session = session;
    if (fault != CH_FAULT_NONE) {
        fail_waiting(groups, fault);
        return;
    }
    if (TAILQ_EMPTY(&groups->running))
        gather(groups);
    prepare(groups);
}

bool event_groups_add(struct event_groups *groups, struct event_post *post)
{
    if (groups->waiting > 0 && groups->waiting + post->batch.count > groups->queue_most) {
        groups->counters[EVENT_COUNT_TURNED_AWAY]++;
        return false;
    }
    TAILQ_INSERT_TAIL(&groups->queue, post, entry);
    groups->waiting += post->batch.count;
    groups->counters[EVENT_COUNT_WAITING] = groups->waiting;
    if (!groups->busy) {
        groups->busy = true;
        ch_session_begin(groups->pool, on_session, groups);
    }
    return true;
}

/* ---- life ---- */

struct event_groups *event_groups_new(struct ch_pool *pool, size_t queue_most, uint64_t *counters)
{
    struct event_groups *groups = calloc(1, sizeof *groups);
    uint64_t seed;
    if (!groups)
        abort();
    groups->pool = pool;
    groups->queue_most = queue_most;
    groups->counters = counters;
    groups->facts = event_facts_new();
    ch_random(&seed, sizeof seed);
    groups->rollup = usage_rollup_new(seed);
    TAILQ_INIT(&groups->queue);
    TAILQ_INIT(&groups->running);
    return groups;
}

void event_groups_free(struct event_groups *groups)
{
    if (!groups)
        return;
    groups->stopping = true;
    ch_pool_free(groups->pool); /* its callbacks end what is under way */
    fail_waiting(groups, CH_FAULT_UNAVAILABLE);
    event_facts_free(groups->facts);
    usage_rollup_free(groups->rollup);
    event_args_free(&groups->args);
    out_free(&groups->copy);
    free(groups->entries);
    free(groups->later);
    free(groups);
}
