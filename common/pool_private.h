/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the asynchronous pool share. Nobody else includes it.
 *
 * One piece of work is one statement somebody waits for, or a session that waits for a connection. Work goes from the
 * pool's queue into a connection's pipeline as slots (prepare, query, sync), comes back as results, and is settled when
 * the Sync behind it arrives: until then neither a deferred constraint nor the commit has spoken.
 *
 * A connection is idle, or busy with one group behind one Sync (many reads, or one write), or lent to a session. So a
 * slow statement holds up only the reads that were sent together with it. */
#ifndef COMMONHOLD_POOL_PRIVATE_H
#define COMMONHOLD_POOL_PRIVATE_H

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "commonhold/db.h"
#include "db_internal.h"

#define POOL_CONNECTIONS_MAX 32
#define POOL_GROUP_MAX       64  /* reads behind one Sync */
#define POOL_PREPARED_MAX    512 /* statements of one connection; over it they run unprepared */
#define POOL_CONFLICTS_MAX   5   /* tries of a statement that lost against a concurrent one */
#define POOL_LOSSES_MAX      2   /* repeats after a lost connection */
#define POOL_TICK_MS         10
#define POOL_GRACE_MS        5000  /* silence over statement_ms that makes a connection lost */
#define POOL_CONNECT_MS      10000 /* longest time for making one */
#define POOL_BACKOFF_MIN_MS  50
#define POOL_BACKOFF_MAX_MS  10000
#define POOL_LISTEN_PROBE_MS 30000

enum pool_kind {
    POOL_RUN,       /* ch_pool_run */
    POOL_SESSION,   /* ch_session_begin: waits for a connection */
    POOL_STATEMENT, /* ch_session_send */
    POOL_SILENT,    /* a statement whose session has ended: runs out, nobody is told */
    POOL_INTERNAL   /* the pool's own: settings of a new connection, ROLLBACK at a session's end */
};

struct pool_work {
    struct pool_work *next;
    enum pool_kind kind;
    const struct ch_statement *statement;
    char **args; /* copied, one block; NULL without arguments */
    int nargs;
    ch_pool_done *done;            /* POOL_RUN */
    ch_session_ready *ready;       /* POOL_SESSION */
    ch_session_row *row;           /* POOL_STATEMENT, may be NULL */
    ch_session_done *session_done; /* POOL_STATEMENT */
    struct ch_session *session;    /* POOL_STATEMENT: whose it is; only compared */
    void *arg;
    int64_t deadline;   /* latest moment to leave the queue */
    int64_t not_before; /* of one that waits before its repeat */
    int conflicts, losses;
    bool repeatable;     /* may run twice: sent again after a lost connection even when its Sync was sent */
    bool alone;          /* its Sync is its own: a write, or a read whose neighbour failed */
    bool more;           /* POOL_STATEMENT: the Sync comes with the next one */
    PGresult *result;    /* last result seen, or the error */
    enum ch_fault fault; /* of one that failed without reaching a connection */
};

struct pool_list {
    struct pool_work *first, **last;
    int count;
};

enum pool_slot_kind { POOL_SLOT_PREPARE, POOL_SLOT_QUERY, POOL_SLOT_SYNC };

struct pool_slot {
    struct pool_slot *next;
    enum pool_slot_kind kind;
    struct pool_work *work; /* NULL for a Sync */
    int prepared;           /* POOL_SLOT_PREPARE: index in prepared[] */
    int covers;             /* POOL_SLOT_SYNC: how many pieces of work it settles */
};

enum pool_state { POOL_DOWN, POOL_CONNECTING, POOL_SETTING, POOL_IDLE, POOL_BUSY, POOL_LENT };

struct pool_copy;

struct pool_conn {
    struct ch_pool *pool;
    PGconn *pg; /* NULL when down */
    enum pool_state state;
    struct event *io;    /* for the socket; made anew when socket or direction changes */
    struct event *again; /* next attempt to connect */
    int fd;
    short watched;
    int64_t backoff_ms;
    int64_t heard_at; /* last byte, or the beginning of what is under way */
    struct pool_slot *slots, **slots_last;
    struct pool_list group;    /* sent or answered, and not yet settled by their Sync */
    struct pool_list settling; /* results are in, callbacks under way */
    int unsynced;              /* work at the group's end without a Sync behind it */
    PGresult *sync_error;      /* said at a Sync itself: a deferred constraint, a conflict at commit */
    struct ch_session *session;
    struct pool_copy *copy;                  /* under way; then there are no slots */
    const char *prepared[POOL_PREPARED_MAX]; /* text of statement "s<index>"; "" for a name that is used up */
    int prepared_count;
};

struct ch_session {
    struct ch_pool *pool;   /* NULL once the pool is gone */
    struct pool_conn *conn; /* NULL once the connection is lost */
    bool ended;             /* by its owner */
};

struct pool_listener {
    PGconn *pg;
    struct event *io, *again;
    int fd;
    short watched;
    int64_t backoff_ms, heard_at;
    bool up, asking;
};

struct ch_pool {
    struct event_base *base;
    char *conninfo;
    int queue_max;
    int64_t wait_ms, statement_ms;
    char **listen; /* NULL-ended, may be NULL */
    void (*notified)(void *arg, const char *channel, const char *payload);
    void (*connected)(void *arg, bool up);
    void *arg;
    struct pool_conn conns[POOL_CONNECTIONS_MAX];
    int connections;
    struct pool_list waiting; /* for a connection */
    struct pool_list delayed; /* for their next try */
    struct pool_list failed;  /* to be told on the next turn */
    struct event *kick;       /* dispatch at the end of this loop turn */
    struct event *tick;       /* deadlines, while something waits */
    struct event *watch;      /* once a second: connections that fell silent */
    struct pool_listener listener;
    struct ch_pool_stats stats;
    bool closing;
};

int64_t ch_pool_now(void);
/* 50 to 150 percent of `ms`: many processes must not come back in step. */
struct timeval ch_pool_jitter(int64_t ms);

void ch_pool_list_init(struct pool_list *list);
void ch_pool_append(struct pool_list *list, struct pool_work *work);
void ch_pool_prepend(struct pool_list *list, struct pool_work *work);
struct pool_work *ch_pool_take_first(struct pool_list *list);

struct pool_work *ch_pool_work_new(enum pool_kind kind, const struct ch_statement *statement, const char *const *args,
                                   int nargs);
/* Calls its callback and frees it. */
void ch_pool_finish(struct pool_work *work, enum ch_fault fault, const char *sqlstate, const PGresult *result);
/* The same on the next turn of the loop. */
void ch_pool_finish_later(struct ch_pool *pool, struct pool_work *work, enum ch_fault fault);
void ch_pool_kick(struct ch_pool *pool);
void ch_pool_requeue(struct ch_pool *pool, struct pool_work *work, int64_t delay_ms);

/* pool_conn.c */
void ch_pool_conn_init(struct ch_pool *pool, struct pool_conn *conn);
void ch_pool_conn_free(struct pool_conn *conn);
void ch_pool_conn_lost(struct pool_conn *conn, const char *why);
void ch_pool_conn_watch(struct pool_conn *conn, bool write);
void ch_pool_conn_idle(struct pool_conn *conn);
void ch_pool_conn_check(struct pool_conn *conn, int64_t now);

/* pool_send.c: false when the connection turned out to be lost; the caller then calls ch_pool_conn_lost. */
bool ch_pool_send(struct pool_conn *conn, struct pool_work *work);
bool ch_pool_sync(struct pool_conn *conn);
bool ch_pool_flush(struct pool_conn *conn);

/* pool_read.c: takes everything that has arrived. */
void ch_pool_read(struct pool_conn *conn);

/* pool_session.c */
void ch_pool_session_lend(struct pool_conn *conn, struct pool_work *work);
void ch_pool_session_settled(struct pool_conn *conn);

/* pool_copy.c: goes on with a COPY, the socket being ready; its work when the connection is lost, or NULL; its owner
 * has left, so that its bytes may not be read any more. */
void ch_pool_copy_go(struct pool_conn *conn);
struct pool_work *ch_pool_copy_drop(struct pool_conn *conn);
void ch_pool_copy_silence(struct pool_conn *conn);

/* pool_listen.c */
void ch_pool_listen_start(struct ch_pool *pool);
void ch_pool_listen_stop(struct ch_pool *pool);
void ch_pool_listen_check(struct ch_pool *pool, int64_t now);

#endif
