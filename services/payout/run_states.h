/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The states of a run that take work in C. */
#ifndef COMMONHOLD_PAYOUT_RUN_STATES_H
#define COMMONHOLD_PAYOUT_RUN_STATES_H

#include <jansson.h>

#include "jobs.h"

struct ch_refusals;

/* `open`: collects, freezes and logs the inputs, row by row. CH_JOB_DONE also while it is too early. */
enum ch_job_result run_collect(struct ch_job *job, const char *run);

/* `numbered`: computes the result, salts its lines, hashes them into their tree, stores it all in one transaction.
 * `frozen` is the body of payout.load_frozen. */
enum ch_job_result run_compute(struct ch_job *job, const char *run, const json_t *frozen);

/* CH_JOB_DEAD with the refusals as reason. */
enum ch_job_result run_refused(struct ch_job *job, const char *run, const struct ch_refusals *list);

#endif
