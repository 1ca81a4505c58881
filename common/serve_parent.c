/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parent process: it starts the others, starts them again when they die, and ends them all. It takes no request and
 * opens no database, so there is little in it that can fail. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/log.h"
#include "serve_private.h"

#define DELAY_FIRST_MS INT64_C(200)
#define DELAY_MOST_MS  INT64_C(10000)
#define GOOD_MS        INT64_C(60000) /* a life this long forgives earlier deaths */
#define EXTRA_SECONDS  3              /* beyond drain_seconds, before SIGKILL */

struct child {
    pid_t pid;          /* 0: not running */
    unsigned slot;      /* of the metrics; HTTP processes first */
    int64_t started_at; /* monotonic ms */
    int64_t start_at;   /* when to start again; 0: not wanted */
    int64_t delay;
};

struct parent {
    struct ch_daemon *daemon;
    struct child *children;
    unsigned count;
    bool stopping;
    bool killed;
    int64_t kill_at;
    int code;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_worker(const struct parent *parent, const struct child *child)
{
    return child->slot >= parent->daemon->processes;
}

static void watched_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGCHLD);
}

static int run_worker(struct ch_daemon *daemon)
{
    ch_daemon_close_listeners(daemon, -1);
    ch_log_role("worker");
    return ch_worker_run(daemon->services, daemon->config);
}

/* In the new process; never returns. */
static void become_child(struct parent *parent, const struct child *child, pid_t parent_pid)
{
    struct ch_daemon *daemon = parent->daemon;
    sigset_t set;
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a killed parent leaves no orphans behind */
    if (getppid() != parent_pid)
        _exit(1);
    watched_signals(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    bool worker = is_worker(parent, child);
    free(parent->children);
    int code = worker ? run_worker(daemon) : ch_daemon_child(daemon, child->slot);
    exit(code);
}

static void start_child(struct parent *parent, struct child *child)
{
    pid_t self = getpid();
    child->start_at = 0;
    child->started_at = now_ms();
    child->pid = fork();
    if (child->pid == 0) {
        struct child copy = *child;
        become_child(parent, &copy, self);
    }
    if (child->pid < 0) {
        ch_log(CH_LOG_ERROR, "cannot start a process", "error", strerror(errno), NULL);
        child->pid = 0;
        child->start_at = now_ms() + DELAY_MOST_MS;
    }
}

static void stop_all(struct parent *parent, int signal)
{
    for (unsigned i = 0; i < parent->count; i++) {
        parent->children[i].start_at = 0;
        if (parent->children[i].pid > 0)
            kill(parent->children[i].pid, signal);
    }
}

static void begin_stop(struct parent *parent, int code)
{
    if (parent->stopping)
        return;
    parent->stopping = true;
    parent->code = code;
    parent->kill_at = now_ms() + (ch_common_int(parent->daemon, "drain_seconds") + EXTRA_SECONDS) * 1000;
    ch_daemon_close_listeners(parent->daemon, -1);
    stop_all(parent, SIGTERM);
}

static void log_death(const struct parent *parent, const struct child *child, int status, const char *then)
{
    char pid[16], how[48];
    snprintf(pid, sizeof pid, "%ld", (long)child->pid);
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exit %d", WEXITSTATUS(status));
    ch_log(CH_LOG_ERROR, "process ended", "kind", is_worker(parent, child) ? "worker" : "http", "child", pid, "how",
           how, "then", then, NULL);
}

/* A death before anything ever worked is a mistake somebody must mend: the service manager is told, not spun on. */
static void bury(struct parent *parent, struct child *child, int status)
{
    struct ch_metrics_slot *slot = ch_metrics_slot(parent->daemon->metrics, child->slot);
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool started = is_worker(parent, child) || slot->ready_once;
    slot->ready = slot->connections = slot->in_flight = 0;
    if (parent->stopping) {
        if (!clean && parent->code == 0)
            parent->code = 1;
        if (!clean)
            log_death(parent, child, status, "stopping");
        child->pid = 0;
        return;
    }
    log_death(parent, child, status, started ? "start again" : "give up");
    child->pid = 0;
    if (!started) {
        begin_stop(parent, WIFEXITED(status) && !clean ? WEXITSTATUS(status) : 1);
        return;
    }
    bool good = now_ms() - child->started_at >= GOOD_MS;
    child->delay = good || !child->delay              ? DELAY_FIRST_MS
                   : child->delay * 2 > DELAY_MOST_MS ? DELAY_MOST_MS
                                                      : child->delay * 2;
    child->start_at = now_ms() + child->delay;
    slot->restarts++;
}

static void reap(struct parent *parent)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i < parent->count; i++)
            if (parent->children[i].pid == pid)
                bury(parent, &parent->children[i], status);
}

/* Does what is due; milliseconds until the next thing is, -1 for none, -2 when all is over. */
static int64_t mind(struct parent *parent)
{
    int64_t now = now_ms(), next = -1;
    bool running = false;
    for (unsigned i = 0; i < parent->count; i++) {
        struct child *child = &parent->children[i];
        if (child->start_at && child->start_at <= now)
            start_child(parent, child);
        running = running || child->pid > 0 || child->start_at > 0;
        if (child->start_at && (next < 0 || child->start_at - now < next))
            next = child->start_at - now;
    }
    if (!parent->stopping || parent->killed)
        return running ? next : -2;
    if (now >= parent->kill_at) {
        ch_log(CH_LOG_ERROR, "processes did not stop in time and are killed", NULL);
        stop_all(parent, SIGKILL);
        parent->killed = true;
    }
    return running ? parent->kill_at - now : -2;
}

static void wait_for_signal(struct parent *parent, const sigset_t *set, int64_t ms)
{
    int64_t capped = ms < 0 ? 60000 : ms;
    struct timespec timeout = {.tv_sec = capped / 1000, .tv_nsec = capped % 1000 * 1000000};
    int signal = sigtimedwait(set, NULL, &timeout);
    if (signal == SIGTERM || signal == SIGINT) {
        ch_log(CH_LOG_INFO, "stopping", "signal", signal == SIGTERM ? "TERM" : "INT", NULL);
        begin_stop(parent, 0);
    }
    reap(parent);
}

int ch_daemon_supervise(struct ch_daemon *daemon)
{
    sigset_t set;
    struct parent parent = {.daemon = daemon, .count = daemon->processes + daemon->workers};
    parent.children = calloc(parent.count, sizeof *parent.children);
    if (!parent.children)
        abort();
    watched_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    ch_log(CH_LOG_INFO, "starting", "address", daemon->processes ? daemon->address : NULL, NULL);
    for (unsigned i = 0; i < parent.count; i++) {
        parent.children[i].slot = i;
        start_child(&parent, &parent.children[i]);
    }
    for (int64_t ms = mind(&parent); ms != -2; ms = mind(&parent))
        wait_for_signal(&parent, &set, ms);
    free(parent.children);
    ch_log(CH_LOG_INFO, "stopped", NULL);
    return parent.code;
}
