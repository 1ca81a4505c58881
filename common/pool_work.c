/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pieces of work and the lists they stand in. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/crypto.h"
#include "pool_private.h"

int64_t ch_pool_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct timeval ch_pool_jitter(int64_t ms)
{
    uint32_t chance;
    ch_random(&chance, sizeof(chance));
    int64_t us = ms * 500 + (int64_t)(((uint64_t)ms * 1000 * chance) >> 32);
    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

void ch_pool_list_init(struct pool_list *list)
{
    *list = (struct pool_list){.last = &list->first};
}

void ch_pool_append(struct pool_list *list, struct pool_work *work)
{
    work->next = NULL;
    *list->last = work;
    list->last = &work->next;
    list->count++;
}

void ch_pool_prepend(struct pool_list *list, struct pool_work *work)
{
    work->next = list->first;
    if (!list->first)
        list->last = &work->next;
    list->first = work;
    list->count++;
}

struct pool_work *ch_pool_take_first(struct pool_list *list)
{
    struct pool_work *work = list->first;
    if (!work)
        return NULL;
    list->first = work->next;
    if (!list->first)
        list->last = &list->first;
    list->count--;
    work->next = NULL;
    return work;
}

/* One block: the pointers, then the texts. */
static char **copy_args(const char *const *args, int nargs)
{
    size_t size = (size_t)nargs * sizeof(char *);
    for (int i = 0; i < nargs; i++)
        size += args[i] ? strlen(args[i]) + 1 : 0;
    char **copy = malloc(size > 0 ? size : 1);
    if (!copy)
        abort();
    char *text = (char *)(copy + nargs);
    for (int i = 0; i < nargs; i++) {
        size_t length = args[i] ? strlen(args[i]) + 1 : 0;
        copy[i] = args[i] ? memcpy(text, args[i], length) : NULL;
        text += length;
    }
    return copy;
}

struct pool_work *ch_pool_work_new(enum pool_kind kind, const struct ch_statement *statement, const char *const *args,
                                   int nargs)
{
    struct pool_work *work = calloc(1, sizeof(*work));
    if (!work)
        abort();
    work->kind = kind;
    work->statement = statement;
    work->args = nargs > 0 ? copy_args(args, nargs) : NULL;
    work->nargs = nargs;
    return work;
}

void ch_pool_finish(struct pool_work *work, enum ch_fault fault, const char *sqlstate, const PGresult *result)
{
    switch (work->kind) {
    case POOL_RUN:
        work->done(work->arg, fault, fault == CH_FAULT_NONE ? result : NULL);
        break;
    case POOL_SESSION:
        work->ready(work->arg, fault, NULL);
        break;
    case POOL_STATEMENT:
        work->session_done(work->arg, fault, sqlstate, fault == CH_FAULT_NONE ? result : NULL);
        break;
    case POOL_SILENT:
    case POOL_INTERNAL:
        break;
    }
    PQclear(work->result);
    free(work->args);
    free(work);
}
