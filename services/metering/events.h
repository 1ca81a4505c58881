/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files events*.c and event_*.c share: the posts that wait, the group that is being committed, and what is
 * known of sources, grants and contributions.
 *
 * Events of many requests go into one transaction, on a connection of their own: a group. It begins when the connection
 * is free and something waits; so the busier it is, the larger the groups. Only when the group is committed are its
 * requests answered. */
#ifndef METERING_EVENTS_H
#define METERING_EVENTS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "commonhold/db.h"
#include "commonhold/http.h"
#include "core/event.h"
#include "core/event_rollup.h"
#include "core/out.h"

#define EVENTS_GROUP_MOST 20000 /* events of a group; a request is never parted, so it may be half as many more */

enum event_fate_kind {
    EVENT_PENDING, /* its group has not ended; then: accepted */
    EVENT_KEPT,    /* in quarantine, with the reason */
    EVENT_TWICE,   /* here already with the same content */
    EVENT_REFUSED  /* with the reason */
};
struct event_fate {
    enum event_fate_kind kind;
    const char *reason; /* static text */
};

/* The events of one request, from its body to its answer; in the request's arena. */
struct event_post {
    TAILQ_ENTRY(event_post) entry;
    struct ch_request *request;
    const char *client;
    struct event_batch batch;
    struct event_fate *fates; /* beside batch.events */
    bool alone;               /* its group failed: it is tried once more without the others */
};
TAILQ_HEAD(event_posts, event_post);

/* ---- facts (event_facts.c) ---- */

struct source_fact {
    uint8_t key[16];
    bool known;
    uint64_t asked, listed; /* numbers of groups */
    const char *client, *uri;
    size_t uri_size;
    int32_t no;
    uint8_t organisation[16];
    uint8_t low[16], high[16]; /* keys of the group's events */
};

struct grant_state {
    int64_t at;         /* microseconds since 1970 */
    const char *reason; /* why an event of then goes into quarantine; NULL: the grant was active */
};

struct grant_fact {
    uint8_t key[16]; /* grant id */
    bool known;
    uint64_t asked, listed;
    uint8_t pool[16], organisation[16];
    char ref[33];
    uint8_t ref_size;
    int64_t from, until, epoch;
    struct grant_state *states; /* rising */
    size_t states_count;
};

/* What the member decided of what a grant asks for; it stands until the next decision. */
struct consent_state {
    int64_t at, until; /* INT64_MAX: without end */
    bool covers;
};

struct contribution_fact {
    uint8_t key[32]; /* contribution id, grant id */
    bool known;
    uint64_t asked;
    uint8_t pool[16];
    int64_t until; /* end of use; INT64_MAX: none */
    int64_t consent_epoch;
    struct consent_state *consents; /* rising */
    size_t consents_count;
};

struct pool_fact {
    uint8_t key[16]; /* pool id */
    bool known;
    uint64_t asked, listed;
    int64_t consent_epoch; /* under which contributions were read; -1: none was */
    bool looked;           /* the group has events of contributions */
};

struct event_facts;
struct event_facts *event_facts_new(void);
void event_facts_free(struct event_facts *facts);
/* A new group: forgets what was not found, and everything when there is too much. */
void event_facts_begin(struct event_facts *facts);
/* What is known of the group's sources and grants and of its pools' contributions has moved: it is asked for again. */
void event_facts_doubt(struct event_facts *facts);
/* Looks an event's facts up; what is missing is noted down for event_facts_ask. */
void event_facts_want(struct event_facts *facts, const char *client, const struct usage_event *event);
bool event_facts_missing(const struct event_facts *facts);
/* Asks for all that is missing in one round trip; `done` like that of a session's statement. */
void event_facts_ask(struct event_facts *facts, struct ch_session *session, ch_session_done *done, void *arg);
/* Decides on an event whose facts are there, and fills in source_no and pool_id; one that is to be stored is listed. */
struct event_fate event_facts_judge(struct event_facts *facts, const char *client, struct usage_event *event);

/* What is listed since event_facts_begin: sources with the span of their keys; pools, rising, with the consent epoch
 * (NULL where no contribution was looked at); grants with their epochs. As text arrays. */
struct event_lists {
    struct out sources, low, high, pools, consent_epochs, grants, grant_epochs;
};
void event_facts_list(struct event_facts *facts, struct event_lists *lists);

/* ---- statements (event_store.c) ---- */

struct event_entry {
    struct usage_event *event;
    struct event_fate *fate;
    uint32_t place; /* order of arrival */
    uint32_t first; /* of one that came later: which entry has the same key */
};

/* Rising by source and key, so that everybody touches the same keys in the same order; equal ones as they came. */
void event_entries_sort(struct event_entry *entries, size_t count);
extern const struct ch_statement EVENT_COPY;
/* The bytes of EVENT_COPY for pending entries. */
void event_write_copy(struct out *out, const struct event_entry *entries, size_t count);

/* Arguments made of arrays; kept from group to group for their memory. */
#define EVENT_ARGS_MOST 16
struct event_args {
    struct event_lists lists;
    struct out columns[11];
    const char *args[EVENT_ARGS_MOST];
};
struct event_close_calls {
    ch_session_row *row;     /* the database's time */
    ch_session_done *closed; /* what the function says: 40001 where the group must go the other way */
    ch_session_done *committed;
};
/* close_events with the group's lines, and COMMIT. */
void event_send_close(struct event_args *args, struct event_facts *facts, struct usage_rollup *rollup,
                      struct ch_session *session, const struct event_close_calls *calls, void *arg);
/* store_events; its answer has a letter an entry. */
void event_send_store(struct event_args *args, struct event_facts *facts, const struct event_entry *entries,
                      size_t count, struct ch_session *session, ch_session_done *done, void *arg);
void event_args_free(struct event_args *args);

/* ---- groups (event_groups.c) ---- */

struct event_groups;
/* `queue_most`: events that may wait, over it a post is refused. `counters`: those of metering_service, in its order.
 * Owns the pool. */
struct event_groups *event_groups_new(struct ch_pool *pool, size_t queue_most, uint64_t *counters);
/* Every post that waits is answered with a fault. */
void event_groups_free(struct event_groups *groups);
/* The database's time in microseconds since 1970, by the offset last heard of; 0: none was heard of yet. */
int64_t event_groups_now(const struct event_groups *groups);
void event_groups_heard(struct event_groups *groups, int64_t now);
/* False when the queue is full: nothing of the post is kept. Else event_answer or ch_reply_fault comes once. */
bool event_groups_add(struct event_groups *groups, struct event_post *post);

/* ---- answers (events.c) ---- */

/* The group of the post is committed. */
void event_answer(struct event_post *post);

/* Order of metering_service's counters. */
enum event_counter {
    EVENT_COUNT_EVENTS,
    EVENT_COUNT_GROUPS,
    EVENT_COUNT_RESENT,
    EVENT_COUNT_REDONE,
    EVENT_COUNT_KEPT,
    EVENT_COUNT_REFUSED,
    EVENT_COUNT_WAITING,
    EVENT_COUNT_TURNED_AWAY
};

#endif
