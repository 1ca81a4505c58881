/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the worker sends and reads that is too large for text parameters: whole documents as binary parameters, pieces
 * of stored documents, and rows by COPY. */
#ifndef COMMONHOLD_PAYOUT_JOB_LARGE_H
#define COMMONHOLD_PAYOUT_JOB_LARGE_H

#include "jobs.h"
#include "memory_out.h"

/* A parameter: text, or bytes where `bytes` is set. */
struct large_value {
    const char *text;
    const void *bytes;
    size_t size; /* of `bytes`, below 1 GiB */
};

/* As payout_ask. The transaction is the caller's, or the statement's own. */
enum ch_job_result large_ask(struct ch_job *job, const char *function_call, struct ch_answer *answer,
                             const struct large_value *args, int nargs);

/* Appends a stored document of `length` bytes, piece by piece. */
enum ch_job_result large_read(struct ch_job *job, const char *sha256, size_t length, struct memory_out *into);

/* COPY ... FROM STDIN (FORMAT binary): rows of fields, sent as they are made. Begins as {0}, and may begin again when
 * it has ended. */
struct large_copy {
    struct ch_job *job;
    struct memory_out buffer; /* at most COPY_PIECE and one row */
    bool broken;
};
bool large_copy_begin(struct large_copy *copy, struct ch_job *job, const char *statement);
void large_copy_row(struct large_copy *copy, int fields);
void large_copy_field(struct large_copy *copy, const void *bytes, size_t size);
void large_copy_integer(struct large_copy *copy, int64_t value);
/* CH_JOB_RETRY with the reason when anything went wrong since the beginning. */
enum ch_job_result large_copy_end(struct large_copy *copy);

#endif
