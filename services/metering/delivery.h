/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A delivery under way: a chain of batches, each committed before its bytes leave (metering's promise: nothing leaves
 * that is not allowed at that instant, and what is counted is what left).
 *
 * Seven files: get_rows.c reads the request and sets it up; delivery_begin.c, delivery_known.c and delivery_batch.c
 * make a batch (its transaction; what is known of contributions, members and rows counted before; its rows and
 * attribution); delivery_stream.c gives batches to the socket and learns which arrived; delivery_end.c closes and
 * refuses; delivery_beat.c says that it lives. A batch is being made, or made and waiting for the socket (at most one),
 * or in the socket. No transaction is open while the client is waited for: a new one begins only when the batch before
 * it has gone to the socket. */
#ifndef METERING_DELIVERY_H
#define METERING_DELIVERY_H

#include <event2/event.h>
#include <sys/queue.h>

#include "core/cohort.h"
#include "core/counted.h"
#include "core/resume.h"
#include "core/row_ref.h"
#include "core/runs.h"
#include "core/tally.h"
#include "metering.h"
#include "question.h"

#define BATCH_ROWS     10000
#define BATCH_BYTES    ((size_t)1024 * 1024)
#define BATCH_MS       200
#define ROWS_LEAST     500
#define WINDOW_FIRST   200000 /* row ids looked through by one statement, adapted to BATCH_MS */
#define WINDOW_LEAST   20000
#define SPREAD_MOST    8
#define PARTS          4    /* statements of a batch: one's rows are written while the server reads the next one's */
#define PART_LEAST     1000 /* rows that are worth a statement */
#define DELIVERY_TRIES 10
#define FLIGHT_MOST    32

/* A batch of bytes with what the table batch says of it. */
struct batch {
    struct out body;
    struct row_refs refs;
    struct runs runs; /* which rows, for tombstones */
    int64_t first_row, last_row;
    int64_t position;       /* rows up to here are done with it */
    int32_t rows, repeated; /* counted, and sent again without counting */
    int no;
    bool full;       /* the rest of the statement's rows is passed over */
    size_t too_long; /* bytes the body would have had with the first row that the quotas leave no room for; 0: none */
    uint8_t sha256[32];
};

/* Batches that the socket has and the client may not have yet. */
struct in_flight {
    int no;
    uint64_t ends_at; /* bytes given to the socket when its last byte was */
};

struct delivery {
    LIST_ENTRY(delivery) entry; /* of the process's deliveries */
    struct ch_request *request; /* until the stream has ended or gone */
    struct ch_stream *stream;   /* NULL before the first byte and after the last */
    struct ch_pool *pool;
    struct event_base *base;
    struct ch_arena *arena;   /* the delivery's own */
    struct ch_arena *scratch; /* of the batch being made */
    struct question question;
    struct plan plan;
    struct question_statements sql;
    const char **args; /* the filters' values stand behind QUESTION_FIXED others, room for one more behind them */

    char id[37], grant[37], pool_id[37], org[37];
    const char *ref, *purpose, *class, *terms;
    int64_t notice_floor, min_cohort, not_after_us;
    bool explicit_only;
    uint8_t key[32];
    struct resume from; /* of the token, batch -1 without */

    struct ch_session *session;
    bool working;    /* a session is asked for or lent */
    bool prefetched; /* the next batch's statements stand behind this one's commit */
    int tries;

    /* what the last begin_batch said */
    const char *outcome, *detail;
    const char
        *quota; /* JSON: what a client is told whom the quotas give nothing; NULL: they gave all that was wanted */
    int64_t consent_epoch, grant_epoch, allowance, top;
    int64_t want; /* rows asked of the quotas */
    int64_t byte_allowance, byte_want;
    bool moved;

    /* what is known (delivery_known.c) */
    int64_t known_consent, known_grant; /* what the allowed set rests on; -1: nothing yet */
    int64_t until_us;
    struct tally *allowed, *loading;
    int64_t loading_until;
    struct cohort cohort; /* with filters */
    int64_t search_span;
    struct counted counted;
    int64_t counted_to;    /* rows up to here may have been counted earlier in the chain */
    int64_t counted_known; /* up to here `counted` says which */
    int counted_batches;   /* asked for by one statement */

    int64_t position; /* rows up to here are done */
    int64_t seen_to;  /* last row that was looked at */
    int64_t window, window_end, asked, fetched, part_fetched, skipped, most;
    int parts, stale;   /* statements for rows under way; those among them whose rows are not wanted any more */
    int64_t asked_last; /* by the last part; by each other one `asked` */
    int64_t apart;      /* row ids a row, by the batch before */
    bool parts_filled;  /* a part gave as many rows as were asked for: there may be more */
    int64_t rows_most;  /* of a batch, adapted to BATCH_MS */
    int64_t began_ms;
    int64_t left; /* of limit; -1: no limit */
    size_t row_bytes;
    int spread;     /* rows asked for, for each that is hoped for: the others' are passed over here */
    bool sieved;    /* so many are the others' that the server leaves them out */
    struct out ids; /* for that: the allowed set as array literal; empty: not written yet */
    struct out shown;
    bool opened; /* the row of delivery is committed */

    struct batch making, made; /* made.no 0: none waits */
    int no;                    /* last batch made */
    bool made_is_committed;
    struct in_flight flight[FLIGHT_MOST];
    int in_flight, sent;
    uint64_t given;

    int64_t rows, bytes; /* given to the socket, without trailer */
    int64_t resume_row;  /* where a resumed delivery goes on: behind what was given, not what was made */
    int resume_no;
    struct ch_sha256 *hash;
    uint8_t body_sha256[32];
    const char *state, *reason;  /* set when no further batch will be made */
    bool started, wanting, gone; /* of the stream */
    bool asking, trailer_out, closing;
    struct event *poll;
    int poll_ms;
};

int64_t delivery_now_ms(void);
/* An argument, in the scratch arena. */
const char *delivery_number(struct delivery *d, int64_t value);

/* delivery_begin.c: begins the next batch when it may; does nothing while one is being made. */
void delivery_make(struct delivery *d);
void delivery_session(void *arg, enum ch_fault fault, struct ch_session *session);
/* BEGIN and begin_batch on the session, and the rows behind them when all that is to be known is. */
void delivery_begin(struct delivery *d, bool with_rows);
/* Inside the transaction: finds out what is still to be known, then asks for the rows. */
void delivery_go_on(struct delivery *d);

/* delivery_known.c */
bool delivery_knows(const struct delivery *d);
/* Asks for the next thing that is not known and calls delivery_go_on when it is. */
void delivery_learn(struct delivery *d);

/* delivery_batch.c: asks for the next rows; `done` is delivery_rows_done or ends in it. */
void delivery_ask_rows(struct delivery *d, ch_session_done *done);
void delivery_rows_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last);
/* The rows that are under way are not wanted. */
void delivery_drop_parts(struct delivery *d);
int64_t delivery_rows_to_ask(const struct delivery *d);
/* Ends the transaction without a batch; the next one goes on. */
void delivery_commit_nothing(struct delivery *d);
/* A statement failed: a conflict is tried again from the same position, everything else ends the delivery. */
void delivery_failed(struct delivery *d, enum ch_fault fault);
/* No more batches: state complete or ended, and why. */
void delivery_conclude(struct delivery *d, const char *state, const char *reason);
/* Gives the session back; what it has not committed is rolled back. */
void delivery_release(struct delivery *d);

/* delivery_stream.c: the batch in d->made is committed. */
void delivery_committed(struct delivery *d);
/* Looks whether anything is left to do; closes or frees. */
void delivery_advance(struct delivery *d);
void delivery_give_body(struct delivery *d, struct out *body);
void delivery_look_what_arrived(struct delivery *d);

/* delivery_end.c: everything is in the socket, or refused, or the client has gone. */
void delivery_end_body(struct delivery *d);
void delivery_close(struct delivery *d);
/* Refusal before the first byte, or the end of a stream for the same reason. */
void delivery_refuse(struct delivery *d, const char *outcome, const char *detail);
void delivery_fault(struct delivery *d, enum ch_fault fault);
/* Frees a delivery that was never opened, and gives back what was set aside for it. */
void delivery_drop(struct delivery *d);

/* delivery_beat.c: says every few seconds, for all deliveries of the process, that they are still being sent. */
void delivery_beats_start(struct event_base *base, struct ch_pool *pool);
void delivery_beats_stop(void);
void delivery_list(struct delivery *d);
void delivery_unlist(struct delivery *d);

#endif
