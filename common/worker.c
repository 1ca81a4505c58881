/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The worker: claims a job, runs it, says how it ended; one at a time, in plain blocking code, and beside them one at a
 * time of those that wait for others than the database. It may be killed at any line: the job's heartbeat grows old and
 * somebody else claims it. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "gen/sql.h"
#include "worker_private.h"

CH_FUNCTION(claim, "job.claim", "$1::text, $2::jsonb");
CH_FUNCTION(finish, "job.finish", "$1::bigint, $2::text, $3::integer");
CH_FUNCTION(retry, "job.retry", "$1::bigint, $2::text, $3::integer, $4::bigint, $5::text, $6::boolean");
CH_FUNCTION(fail, "job.fail", "$1::bigint, $2::text, $3::integer, $4::text");

/* Payloads are ours, and may hold what a person typed. */
static const struct ch_json_limits PAYLOAD = {.bytes = 64 << 20, .depth = 64};

atomic_bool ch_worker_stop;

static void on_signal(int signal)
{
    (void)signal;
    atomic_store(&ch_worker_stop, true);
}

static const struct ch_job_kind *find_kind(const struct worker *worker, const char *kind, size_t *service)
{
    for (size_t s = 0; worker->services[s]; s++)
        for (const struct ch_job_kind *k = worker->services[s]->jobs; k && k->kind; k++)
            if (strcmp(k->kind, kind) == 0) {
                *service = s;
                return k;
            }
    return NULL;
}

static bool is_apart(const struct ch_service *service, const char *kind)
{
    for (const char *const *apart = service->apart; apart && *apart; apart++)
        if (strcmp(*apart, kind) == 0)
            return true;
    return false;
}

static char *list_kinds(const struct worker *worker)
{
    json_t *list = json_array();
    for (size_t s = 0; worker->services[s]; s++)
        for (const struct ch_job_kind *k = worker->services[s]->jobs; k && k->kind; k++)
            if (is_apart(worker->services[s], k->kind) == worker->apart)
                json_array_append_new(list, json_pack("{s:s, s:i}", "kind", k->kind, "timeout",
                                                      k->timeout_s > 0 ? k->timeout_s : WORKER_TIMEOUT_S));
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    if (!text)
        abort();
    return text;
}

/* 1 s, doubling to 1 h, and up to a tenth more so that failures do not stay in step. */
static int64_t delay_ms(int attempt)
{
    int64_t seconds = attempt < 13 ? INT64_C(1) << (attempt - 1) : WORKER_DELAY_MAX_S;
    if (seconds > WORKER_DELAY_MAX_S)
        seconds = WORKER_DELAY_MAX_S;
    return seconds * 1000 + random() % (seconds * 100);
}

/* The job's verdict into its row. A job taken over by another worker is that one's to close. */
static void report(struct running *running, enum ch_job_result result, bool counts)
{
    struct worker *worker = running->worker;
    struct ch_job *job = &running->job;
    struct ch_answer answer;
    char delay[24];
    enum ch_fault fault = CH_FAULT_BUG;
    switch (result) {
    case CH_JOB_DONE:
        fault = ch_db_call(worker->db, job->arena, &finish, CH_ARGS(job->id, worker->id, running->attempt), &answer);
        break;
    case CH_JOB_RETRY:
        snprintf(delay, sizeof(delay), "%lld", counts ? (long long)delay_ms(job->attempt) : 0LL);
        ch_log(CH_LOG_WARN, "job will be tried again", "job", job->id, "kind", job->kind, "key", job->key, "reason",
               job->reason, "after_ms", delay, NULL);
        fault = ch_db_call(
            worker->db, job->arena, &retry,
            CH_ARGS(job->id, worker->id, running->attempt, delay, job->reason, counts ? "true" : "false"), &answer);
        break;
    case CH_JOB_DEAD:
        ch_log(CH_LOG_ERROR, "job was laid aside: a person must look", "job", job->id, "kind", job->kind, "key",
               job->key, "reason", job->reason, NULL);
        fault = ch_db_call(worker->db, job->arena, &fail, CH_ARGS(job->id, worker->id, running->attempt, job->reason),
                           &answer);
        break;
    }
    if (fault != CH_FAULT_NONE || strcmp(answer.outcome, "ok") != 0)
        ch_log(CH_LOG_WARN, "job's end could not be written; another worker takes it when its heartbeat is old", "job",
               job->id, "kind", job->kind, "why", fault != CH_FAULT_NONE ? ch_db_error(worker->db) : answer.outcome,
               NULL);
}

static void set_running(struct worker *worker, struct running *running)
{
    pthread_mutex_lock(&worker->lock);
    worker->running = running;
    pthread_mutex_unlock(&worker->lock);
}

/* A transaction left open is a bug of the job; what it wrote must not stay half done. */
static enum ch_job_result call(const struct ch_job_kind *kind, struct ch_job *job)
{
    enum ch_job_result result = kind->run(job);
    PGTransactionStatusType status = PQtransactionStatus(ch_db_raw(job->db));
    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
        ch_db_rollback(job->db);
        if (result == CH_JOB_DONE) {
            ch_log(CH_LOG_ERROR, "job ended inside a transaction", "kind", job->kind, NULL);
            snprintf(job->reason, sizeof(job->reason), "it ended inside a transaction, which was rolled back");
            return CH_JOB_RETRY;
        }
    }
    return result;
}

static void run(struct worker *worker, struct running *running, const struct ch_job_kind *kind)
{
    struct ch_job *job = &running->job;
    int most = kind->max_attempts > 0 ? kind->max_attempts : WORKER_ATTEMPTS;
    if (job->attempt > most) {
        snprintf(job->reason, sizeof(job->reason), "its worker vanished in each of the last tries, %d in all", most);
        report(running, CH_JOB_DEAD, true);
        return;
    }
    set_running(worker, running);
    enum ch_job_result result = call(kind, job);
    set_running(worker, NULL);
    bool stopped = result == CH_JOB_RETRY && atomic_load(&ch_worker_stop);
    if (result == CH_JOB_RETRY && job->attempt == most && !stopped)
        result = CH_JOB_DEAD;
    report(running, result, !stopped);
}

static void run_claimed(struct worker *worker, struct ch_arena *arena, const char *body)
{
    struct ch_json_error error;
    const json_t *claimed = ch_json_parse(arena, body, strlen(body), &PAYLOAD, &error);
    if (!claimed) {
        ch_log(CH_LOG_ERROR, "job.claim answered what is no JSON", "detail", error.detail, NULL);
        return;
    }
    size_t service = 0;
    struct running running = {.worker = worker};
    running.job = (struct ch_job){.id = json_string_value(json_object_get(claimed, "id")),
                                  .kind = json_string_value(json_object_get(claimed, "kind")),
                                  .key = json_string_value(json_object_get(claimed, "key")),
                                  .payload = json_object_get(claimed, "payload"),
                                  .attempt = (int)json_integer_value(json_object_get(claimed, "attempt")),
                                  .db = worker->db,
                                  .arena = arena};
    const struct ch_job_kind *kind = find_kind(worker, running.job.kind, &service);
    if (!kind)
        abort(); /* only kinds of ours were asked for */
    running.job.context = &worker->contexts[service];
    snprintf(running.attempt, sizeof(running.attempt), "%d", running.job.attempt);
    run(worker, &running, kind);
}

/* True when there was a job. */
static bool run_one(struct worker *worker)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_answer answer;
    enum ch_fault fault = ch_db_call(worker->db, arena, &claim, CH_ARGS(worker->id, worker->kinds), &answer);
    bool claimed = fault == CH_FAULT_NONE && strcmp(answer.outcome, "ok") == 0;
    if (claimed)
        run_claimed(worker, arena, answer.body);
    else if (fault != CH_FAULT_NONE)
        ch_log(CH_LOG_WARN, "no job can be claimed", "why", ch_db_error(worker->db), NULL);
    ch_arena_free(arena);
    return claimed;
}

static bool add_key(void *arg, const PGresult *row)
{
    uint8_t public_key[32];
    if (PQntuples(row) == 1 && ch_unhex(PQgetvalue(row, 0, 0), public_key, sizeof(public_key)))
        ch_keyset_add(arg, public_key, PQgetvalue(row, 0, 1), strtoll(PQgetvalue(row, 0, 2), NULL, 10),
                      PQgetisnull(row, 0, 3) ? 0 : strtoll(PQgetvalue(row, 0, 3), NULL, 10));
    return true;
}

static void load_keys(struct worker *worker)
{
    ch_keyset_clear(worker->keys);
    if (ch_db_stream(worker->db, &ch_sql_common_signing_keys, CH_NO_ARGS, add_key, worker->keys) != CH_FAULT_NONE)
        ch_log(CH_LOG_WARN, "signing keys cannot be read", "why", ch_db_error(worker->db), NULL);
}

/* A new session hears nothing yet, and may have missed a change of keys. */
static void listen_again(struct worker *worker)
{
    static const struct ch_statement listen_job = {.text = "LISTEN job", .shape = CH_SHAPE_NONE};
    static const struct ch_statement listen_key = {.text = "LISTEN signing_key", .shape = CH_SHAPE_NONE};
    enum ch_fault fault;
    int session = PQbackendPID(ch_db_raw(worker->db));
    if (PQstatus(ch_db_raw(worker->db)) == CONNECTION_OK && session == worker->session)
        return;
    PQclear(ch_db_run(worker->db, &listen_job, CH_NO_ARGS, &fault));
    if (fault == CH_FAULT_NONE)
        PQclear(ch_db_run(worker->db, &listen_key, CH_NO_ARGS, &fault));
    if (fault != CH_FAULT_NONE)
        return;
    worker->session = PQbackendPID(ch_db_raw(worker->db));
    load_keys(worker);
}

/* Until a notice comes, a second is over, or a signal. */
static void wait_for_work(struct worker *worker)
{
    PGconn *conn = ch_db_raw(worker->db);
    struct pollfd socket = {.fd = PQsocket(conn), .events = POLLIN};
    poll(&socket, 1, WORKER_CLOCK_MS);
    if (socket.fd >= 0)
        PQconsumeInput(conn);
}

static void take_notices(struct worker *worker)
{
    PGnotify *notice;
    bool keys = false;
    while ((notice = PQnotifies(ch_db_raw(worker->db)))) {
        keys = keys || strcmp(notice->relname, "signing_key") == 0;
        PQfreemem(notice);
    }
    if (keys)
        load_keys(worker);
}

static void work(struct worker *worker)
{
    while (!atomic_load(&ch_worker_stop)) {
        listen_again(worker);
        take_notices(worker);
        if (!run_one(worker))
            wait_for_work(worker);
    }
}

static void fill_contexts(struct worker *worker)
{
    for (size_t s = 0; worker->services[s]; s++) {
        if (s == WORKER_SERVICES)
            abort();
        worker->contexts[s] = (struct ch_service_context){.service = worker->services[s],
                                                          .config = worker->config,
                                                          .keys = worker->keys,
                                                          .issuer = ch_config_text(worker->config, "common", "origin")};
    }
}

/* No restart of poll(): a signal must end the wait. */
static void take_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The heartbeat, and the clocks or what else the worker leaves to a thread; signals are the process's first thread's.
 */
static void start_threads(struct worker *worker, pthread_t threads[2], void *(*second)(void *worker))
{
    sigset_t all, before;
    pthread_condattr_t monotonic;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->changed, &monotonic);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&threads[0], NULL, ch_worker_beat, worker) != 0 ||
        pthread_create(&threads[1], NULL, second, worker) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void end_threads(struct worker *worker, pthread_t threads[2])
{
    pthread_mutex_lock(&worker->lock);
    worker->over = true;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

/* Waits for the database as long as it takes: the worker has nobody to answer to. */
static bool open_database(struct worker *worker)
{
    char error[512];
    while (!atomic_load(&ch_worker_stop)) {
        worker->db = ch_db_open(worker->conninfo, error);
        if (worker->db)
            return true;
        ch_log(CH_LOG_WARN, "worker waits for the database", "why", error, NULL);
        sleep(1);
    }
    return false;
}

static void name_worker(struct worker *worker)
{
    const char *passfile = ch_config_text(worker->config, "common", "passfile");
    char host[48] = "";
    uint8_t chance[4];
    char hex[9];
    snprintf(worker->conninfo, sizeof(worker->conninfo), "%s user=ch_worker application_name=commonhold-worker%s%s%s",
             ch_config_text(worker->config, "common", "database"), *passfile ? " passfile='" : "", passfile,
             *passfile ? "'" : "");
    gethostname(host, sizeof(host) - 1);
    ch_random(chance, sizeof(chance));
    ch_hex(chance, sizeof(chance), hex);
    srandom((unsigned)chance[0] << 16 | (unsigned)chance[1] << 8 | chance[2]);
    snprintf(worker->id, sizeof(worker->id), "%s:%d:%s", host, (int)getpid(), hex);
}

static void begin(struct worker *worker, const struct ch_service *const *services, const struct ch_config *config,
                  bool apart)
{
    *worker = (struct worker){.services = services, .config = config, .apart = apart, .keys = ch_keyset_new()};
    name_worker(worker);
    fill_contexts(worker);
    worker->kinds = list_kinds(worker);
}

static void end(struct worker *worker, pthread_t threads[2])
{
    end_threads(worker, threads);
    ch_db_close(worker->db);
    ch_keyset_free(worker->keys);
    free(worker->kinds);
}

static void *work_apart(void *worker)
{
    const struct worker *own = worker;
    if (strcmp(own->kinds, "[]") != 0 && open_database(worker))
        work(worker);
    return NULL;
}

int ch_worker_run(const struct ch_service *const *services, const struct ch_config *config)
{
    static struct worker worker, apart;
    pthread_t threads[2], threads_apart[2];
    atomic_store(&ch_worker_stop, false);
    begin(&worker, services, config, false);
    begin(&apart, services, config, true);
    take_signals();
    start_threads(&worker, threads, ch_worker_clocks);
    start_threads(&apart, threads_apart, work_apart);
    if (open_database(&worker)) {
        ch_log(CH_LOG_INFO, "worker is ready", "worker", worker.id, NULL);
        work(&worker);
    }
    end(&apart, threads_apart);
    end(&worker, threads);
    ch_log(CH_LOG_INFO, "worker has stopped", "worker", worker.id, NULL);
    return 0;
}
