/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A pool on a server by script (tests/faults/scripted_libpq.c), and what was said to those who asked it: for the tests
 * of common/pool*.c. */
#ifndef POOL_TALK_H
#define POOL_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <time.h>

#include "../faults/scripted_libpq.c"
#include "commonhold/db.h"
#include "commonhold/log.h"

static const struct ch_statement READ = {
    .name = "read", .text = "SELECT read", .shape = CH_SHAPE_ANSWER, .read_only = true};
static const struct ch_statement COMMIT = {.text = "COMMIT", .shape = CH_SHAPE_NONE};
static const struct ch_pool_options ALONE = {
    .conninfo = "", .connections = 1, .queue_max = 16, .wait_ms = 2000, .statement_ms = 1000};

/* One statement alone. */
struct asked {
    int calls;
    enum ch_fault fault;
    char outcome[16];
};

/* A session and the statements on it. */
struct talk {
    struct ch_session *session;
    enum ch_fault ready;
    int readies, rows, done;
    enum ch_fault faults[8];
    char states[8][6];
    bool end_in_row;
};

static struct event_base *base;
static struct ch_pool *pool;

static inline bool is_ready(const void *arg)
{
    (void)arg;
    return ch_pool_ready(pool);
}

/* Runs the loop until the condition holds; five seconds are the end of patience. */
static inline void run_until(bool (*holds)(const void *), const void *arg)
{
    time_t end = time(NULL) + 5;
    while (!holds(arg)) {
        assert_true(time(NULL) <= end);
        event_base_loop(base, EVLOOP_ONCE);
    }
}

static inline void open_pool(const struct ch_pool_options *options)
{
    base = event_base_new();
    pool = ch_pool_new(base, options);
}

static inline int set_up(void **state)
{
    (void)state;
    fake_reset();
    ch_log_level(CH_LOG_ERROR + 1);
    open_pool(&ALONE);
    run_until(is_ready, NULL);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    ch_pool_free(pool);
    event_base_free(base);
    return 0;
}

static inline void on_done(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct asked *asked = arg;
    asked->calls++;
    asked->fault = fault;
    assert_true((fault == CH_FAULT_NONE) == (result != NULL));
    if (result && PQnfields(result) > 0)
        snprintf(asked->outcome, sizeof(asked->outcome), "%s", PQgetvalue(result, 0, 0));
}

static inline bool one_called(const void *arg)
{
    return ((const struct asked *)arg)->calls > 0;
}

static inline void ask(const struct ch_statement *statement, struct asked *asked)
{
    *asked = (struct asked){0};
    ch_pool_run(pool, statement, CH_ARGS("a", NULL), on_done, asked);
    assert_int_equal(asked->calls, 0); /* never from inside */
}

static inline enum ch_fault ask_alone(const struct ch_statement *statement)
{
    struct asked asked;
    ask(statement, &asked);
    run_until(one_called, &asked);
    assert_int_equal(asked.calls, 1);
    return asked.fault;
}

static inline void on_said(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last)
{
    struct talk *talk = arg;
    assert_non_null(sqlstate);
    assert_true((fault == CH_FAULT_NONE) == (last != NULL));
    talk->faults[talk->done] = fault;
    snprintf(talk->states[talk->done++], 6, "%s", sqlstate);
}

static inline bool one_said(const void *arg)
{
    return ((const struct talk *)arg)->done >= 1;
}

static inline bool two_said(const void *arg)
{
    return ((const struct talk *)arg)->done >= 2;
}

static inline bool three_said(const void *arg)
{
    return ((const struct talk *)arg)->done >= 3;
}

#endif
