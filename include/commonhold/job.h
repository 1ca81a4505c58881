/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Jobs: work that outlives a request. Claimed in the database (FOR UPDATE SKIP LOCKED), woken by NOTIFY and by a
 * timer, kept alive by a heartbeat on a second connection, retried with back-off, dead-lettered with the reason.
 * A worker may be killed at any line: what a job does is one transaction, or safe to repeat. */
#ifndef COMMONHOLD_JOB_H
#define COMMONHOLD_JOB_H

#include <jansson.h>
#include <stdbool.h>

#include "commonhold/arena.h"
#include "commonhold/db.h"

struct ch_config;
struct ch_service_context;

enum ch_job_result {
    CH_JOB_DONE,  /* the job's row is closed; a job that wrote with job->db inside BEGIN must have committed */
    CH_JOB_RETRY, /* later, with back-off; job->reason says why */
    CH_JOB_DEAD   /* never again by itself; job->reason says why and what a person should look at */
};

struct ch_job {
    const char *id; /* bigint as text */
    const char *kind;
    const char *key; /* what it is about, unique among waiting jobs of its kind; may be NULL */
    const json_t *payload;
    int attempt;            /* 1 for the first */
    struct ch_db *db;       /* the worker's connection, outside a transaction */
    struct ch_arena *arena; /* goes when the job ends */
    const struct ch_service_context *context;
    char reason[512];
};

struct ch_job_kind {
    const char *kind;
    enum ch_job_result (*run)(struct ch_job *job);
    int max_attempts; /* 0: 20 */
    int timeout_s;    /* heartbeat older than this: somebody else may claim it; 0: 30 */
};
/* Tables end with a row whose kind is NULL. */

/* Commits progress on the heartbeat connection so that people see it at once (payload merged into job.progress). */
void ch_job_progress(struct ch_job *job, const json_t *progress);
/* True when the process was asked to stop: long jobs stop at the next safe point and return CH_JOB_RETRY. */
bool ch_job_stopping(const struct ch_job *job);

#endif
