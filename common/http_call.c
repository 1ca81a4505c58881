/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bridge from a request to the pool: one statement out, its answer back. The request waits for its statement even
 * when the client has left, so that a write is never half-known. */
#include "commonhold/log.h"
#include "http_private.h"

/* The row (outcome, body); false when the statement gave anything else, which is a bug of ours. */
static bool read_answer(struct ch_request *request, const PGresult *result, struct ch_answer *answer)
{
    if (!result || PQntuples(result) != 1 || PQnfields(result) != 2 || PQgetisnull(result, 0, 0)) {
        ch_log(CH_LOG_ERROR, "statement did not answer one row (outcome, body)", "request", request->id, "route",
               ch_request_pattern(request), NULL);
        return false;
    }
    answer->outcome = PQgetvalue(result, 0, 0);
    answer->body = PQgetisnull(result, 0, 1) ? NULL : PQgetvalue(result, 0, 1);
    return true;
}

static void on_answer(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct ch_request *request = arg;
    struct ch_answer answer = {0};
    ch_continue *next = request->next;
    request->next = NULL;
    if (fault != CH_FAULT_NONE || !read_answer(request, result, &answer)) {
        ch_reply_fault(request, fault != CH_FAULT_NONE ? fault : CH_FAULT_BUG);
        return;
    }
    if (!next) {
        ch_reply(request, answer.outcome, answer.body);
        return;
    }
    answer.outcome = ch_strdup(request->arena, answer.outcome);
    answer.body = ch_strdup(request->arena, answer.body);
    next(request, &answer);
}

struct ch_done *ch_call_then(struct ch_request *request, const struct ch_statement *statement, const char *const *args,
                             int nargs, ch_continue *next)
{
    struct ch_pool *pool = ch_pool_of(request);
    if (!pool)
        return ch_reply_fault(request, CH_FAULT_UNAVAILABLE);
    request->next = next;
    bool reads = request->method == CH_GET || request->method == CH_HEAD;
    (reads ? ch_pool_run_repeatable : ch_pool_run)(pool, statement, args, nargs, on_answer, request);
    return &CH_DONE;
}

struct ch_done *ch_call(struct ch_request *request, const struct ch_statement *statement, const char *const *args,
                        int nargs)
{
    return ch_call_then(request, statement, args, nargs, NULL);
}

struct ch_done *ch_promise(struct ch_request *request)
{
    if (request->answered)
        abort(); /* there is nothing left to promise */
    return &CH_DONE;
}

/* ---- time ---- */

struct wait {
    struct ch_request *request;
    ch_after *next;
    void *state;
};

static void end_wait(evutil_socket_t fd, short what, void *arg)
{
    const struct wait *wait = arg;
    (void)fd, (void)what;
    wait->next(wait->request, wait->state);
}

struct ch_done *ch_wait(struct ch_request *request, unsigned milliseconds, ch_after *next, void *state)
{
    struct wait *wait = ch_alloc(request->arena, sizeof *wait);
    struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    *wait = (struct wait){.request = request, .next = next, .state = state};
    if (event_base_once(request->server->base, -1, EV_TIMEOUT, end_wait, wait, &time) != 0)
        abort();
    return &CH_DONE;
}

struct ch_done *ch_session_then(struct ch_request *request, ch_session_ready *ready, void *arg)
{
    struct ch_pool *pool = ch_pool_of(request);
    if (!pool)
        return ch_reply_fault(request, CH_FAULT_UNAVAILABLE);
    ch_session_begin(pool, ready, arg);
    return &CH_DONE;
}
