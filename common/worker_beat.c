/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The worker's helpers: the heartbeat, on a connection of its own, so that neither a long statement nor a transaction
 * of the job hides that its worker lives; and the clocks, so that a long job does not stop the time of the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "worker_private.h"

CH_FUNCTION(beat, "job.beat", "$1::bigint, $2::text, $3::integer, $4::jsonb");

/* A clock that is refused is tried again after this: a bug should not fill the log every second. */
#define CLOCK_PAUSE_S 60

bool ch_worker_wait(struct worker *worker, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    if (!worker->over)
        pthread_cond_timedwait(&worker->changed, &worker->lock, &until);
    return worker->over;
}

static struct ch_db *open_quietly(const struct worker *worker)
{
    char error[512];
    struct ch_db *db = ch_db_open(worker->conninfo, error);
    if (!db)
        ch_log(CH_LOG_WARN, "worker has no second connection", "why", error, NULL);
    return db;
}

/* The lock is held, so the running job cannot end meanwhile. */
static void beat_now(struct worker *worker, const char *progress)
{
    struct running *running = worker->running;
    if (!worker->beat_db)
        worker->beat_db = open_quietly(worker);
    if (!worker->beat_db || !running)
        return;
    struct ch_arena *arena = ch_arena_new();
    struct ch_answer answer;
    enum ch_fault fault = ch_db_call(worker->beat_db, arena, &beat,
                                     CH_ARGS(running->job.id, worker->id, running->attempt, progress), &answer);
    if (fault == CH_FAULT_NONE && strcmp(answer.outcome, "ok") != 0 && !atomic_exchange(&running->lost, true))
        ch_log(CH_LOG_WARN, "job was taken over by another worker", "job", running->job.id, "kind", running->job.kind,
               NULL);
    ch_arena_free(arena);
}

void *ch_worker_beat(void *arg)
{
    struct worker *worker = arg;
    pthread_mutex_lock(&worker->lock);
    while (!ch_worker_wait(worker, WORKER_BEAT_MS))
        beat_now(worker, NULL);
    ch_db_close(worker->beat_db);
    worker->beat_db = NULL;
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

void ch_job_progress(struct ch_job *job, const json_t *progress)
{
    struct worker *worker = ((struct running *)job)->worker;
    const char *text = ch_json_canonical(job->arena, progress, NULL);
    pthread_mutex_lock(&worker->lock);
    beat_now(worker, text);
    pthread_mutex_unlock(&worker->lock);
}

bool ch_job_stopping(const struct ch_job *job)
{
    const struct running *running = (const struct running *)job;
    return atomic_load(&ch_worker_stop) || atomic_load(&running->lost);
}

struct clock {
    const char *function;
    char text[128];
    time_t not_before;
};

static size_t list_clocks(const struct worker *worker, struct clock *clocks, size_t max)
{
    size_t count = 0;
    for (size_t s = 0; worker->services[s]; s++)
        for (const char *const *name = worker->services[s]->clocks; name && *name; name++) {
            if (count == max)
                abort(); /* more clocks than anybody declared */
            clocks[count] = (struct clock){.function = *name};
            snprintf(clocks[count].text, sizeof(clocks[count].text), "SELECT %s%s", *name,
                     strchr(*name, '(') ? "" : "()");
            count++;
        }
    return count;
}

static void call_clock(struct ch_db *db, struct clock *clock)
{
    const struct ch_statement statement = {.text = clock->text, .shape = CH_SHAPE_ROWS, .columns = 1};
    enum ch_fault fault;
    time_t now = time(NULL);
    if (now < clock->not_before)
        return;
    PQclear(ch_db_run(db, &statement, CH_NO_ARGS, &fault));
    if (fault == CH_FAULT_NONE)
        return;
    ch_log(CH_LOG_ERROR, "clock failed", "function", clock->function, "why", ch_db_error(db), NULL);
    clock->not_before = fault == CH_FAULT_BUG ? now + CLOCK_PAUSE_S : now;
}

static bool is_over(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool over = ch_worker_wait(worker, WORKER_CLOCK_MS);
    pthread_mutex_unlock(&worker->lock);
    return over;
}

void *ch_worker_clocks(void *arg)
{
    struct worker *worker = arg;
    struct clock clocks[32];
    size_t count = list_clocks(worker, clocks, sizeof(clocks) / sizeof(clocks[0]));
    struct ch_db *db = NULL;
    do {
        if (!db)
            db = open_quietly(worker);
        for (size_t i = 0; db && i < count; i++)
            call_clock(db, &clocks[i]);
    } while (!is_over(worker));
    ch_db_close(db);
    return NULL;
}
