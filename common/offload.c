/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Helper threads for slow pure work (scrypt, large signatures) and, in a second set, for files, so that neither stands
 * in everybody's way on the loop. The queue of the first is bounded: waiting work is memory and time promised. Threads
 * start with the first piece of work, after all forking is over. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http_private.h"

#define THREADS_MOST 16

struct ch_task {
    struct ch_task *next;
    struct ch_request *request;
    void (*work)(void *state);
    ch_after *after;
    void *state;
};

struct queue {
    struct ch_task *first, **end;
};

struct ch_offload {
    pthread_mutex_t lock; /* over both queues, `unfinished`, `stopping` */
    pthread_cond_t more;
    struct queue waiting_tasks, finished_tasks;
    unsigned unfinished; /* waiting or running */
    unsigned most;       /* of them: one for each thread and the queue behind */
    bool stopping;
    unsigned threads, started;
    pthread_t thread[THREADS_MOST];
    int wake; /* eventfd: something is finished */
    struct event *event;
};

static void push(struct queue *queue, struct ch_task *task)
{
    task->next = NULL;
    *queue->end = task;
    queue->end = &task->next;
}

static struct ch_task *pop(struct queue *queue)
{
    struct ch_task *task = queue->first;
    if (task && !(queue->first = task->next))
        queue->end = &queue->first;
    return task;
}

static void *run_thread(void *arg)
{
    struct ch_offload *offload = arg;
    pthread_mutex_lock(&offload->lock);
    for (;;) {
        struct ch_task *task = pop(&offload->waiting_tasks);
        if (task) {
            pthread_mutex_unlock(&offload->lock);
            task->work(task->state);
            pthread_mutex_lock(&offload->lock);
            offload->unfinished--;
            push(&offload->finished_tasks, task);
            eventfd_write(offload->wake, 1);
        } else if (offload->stopping) {
            break;
        } else {
            pthread_cond_wait(&offload->more, &offload->lock);
        }
    }
    pthread_mutex_unlock(&offload->lock);
    return NULL;
}

/* Runs on the loop. */
static void finish(evutil_socket_t fd, short what, void *arg)
{
    struct ch_offload *offload = arg;
    eventfd_t ignored;
    (void)what;
    eventfd_read(fd, &ignored);
    for (;;) {
        pthread_mutex_lock(&offload->lock);
        struct ch_task *task = pop(&offload->finished_tasks);
        pthread_mutex_unlock(&offload->lock);
        if (!task)
            return;
        task->after(task->request, task->state); /* the task lives in the request's arena */
    }
}

static void start_threads(struct ch_offload *offload)
{
    while (offload->started < offload->threads) {
        if (pthread_create(&offload->thread[offload->started], NULL, run_thread, offload) != 0) {
            if (offload->started == 0)
                abort(); /* nothing would ever run */
            return;
        }
        offload->started++;
    }
}

struct ch_offload *ch_offload_new(struct event_base *base, unsigned threads, unsigned queue)
{
    struct ch_offload *offload = calloc(1, sizeof *offload);
    if (!offload)
        abort();
    pthread_mutex_init(&offload->lock, NULL);
    pthread_cond_init(&offload->more, NULL);
    offload->waiting_tasks.end = &offload->waiting_tasks.first;
    offload->finished_tasks.end = &offload->finished_tasks.first;
    offload->threads = threads < THREADS_MOST ? threads : THREADS_MOST;
    offload->most = offload->threads + queue;
    offload->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    offload->event = event_new(base, offload->wake, EV_READ | EV_PERSIST, finish, offload);
    if (offload->wake < 0 || !offload->event || event_add(offload->event, NULL) != 0)
        abort();
    return offload;
}

void ch_offload_free(struct ch_offload *offload)
{
    pthread_mutex_lock(&offload->lock);
    offload->stopping = true;
    pthread_cond_broadcast(&offload->more);
    pthread_mutex_unlock(&offload->lock);
    for (unsigned i = 0; i < offload->started; i++)
        pthread_join(offload->thread[i], NULL);
    event_free(offload->event);
    close(offload->wake);
    pthread_cond_destroy(&offload->more);
    pthread_mutex_destroy(&offload->lock);
    free(offload);
}

/* False when the queue is full. */
static bool hand_over(struct ch_offload *offload, struct ch_task *task)
{
    start_threads(offload);
    pthread_mutex_lock(&offload->lock);
    bool full = offload->unfinished >= offload->most;
    if (!full) {
        offload->unfinished++;
        push(&offload->waiting_tasks, task);
        pthread_cond_signal(&offload->more);
    }
    pthread_mutex_unlock(&offload->lock);
    return !full;
}

struct ch_done *ch_offload(struct ch_request *request, void (*work)(void *state), ch_after *next, void *state)
{
    struct ch_task *task = ch_alloc(request->arena, sizeof *task);
    *task = (struct ch_task){.request = request, .work = work, .after = next, .state = state};
    if (!hand_over(request->server->offload, task))
        return ch_refuse(request, "too_many_requests", "Too much work of this kind is waiting.");
    return &CH_DONE;
}

struct ch_done *ch_offload_file(struct ch_request *request, void (*work)(void *state), ch_after *next, void *state)
{
    if (!request->file_task) /* one for all: a body may come in a million pieces */
        request->file_task = ch_alloc(request->arena, sizeof *request->file_task);
    *request->file_task = (struct ch_task){.request = request, .work = work, .after = next, .state = state};
    if (!hand_over(request->server->file_offload, request->file_task))
        abort(); /* more than UINT_MAX / 2 requests */
    return &CH_DONE;
}
