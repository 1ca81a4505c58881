/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Jobs of the payout role. */
#ifndef COMMONHOLD_PAYOUT_JOBS_H
#define COMMONHOLD_PAYOUT_JOBS_H

#include "commonhold/job.h"

enum ch_job_result rate_month(struct ch_job *job);    /* sealed month of a pool -> draft invoices */
enum ch_job_result rate_estimate(struct ch_job *job); /* month so far -> payout.expected_charge */
enum ch_job_result advance_run(struct ch_job *job);   /* a run as far as it goes */
enum ch_job_result announce_run(struct ch_job *job);  /* members are told of a posted run */
enum ch_job_result claw_back(struct ch_job *job);     /* what a credit note takes back of one run */
enum ch_job_result age_holds(struct ch_job *job);     /* what was held too long becomes unclaimed */
enum ch_job_result send_batch(struct ch_job *job);    /* a released file to the rail */
enum ch_job_result read_inbox(struct ch_job *job);    /* bank files that lie in the inbox */

struct ch_rail;

/* The rail of the configuration; NULL with the reason when there is none of that name. */
const struct ch_rail *payout_rail(struct ch_job *job);
/* Calls the database; CH_JOB_DONE with the answer, or CH_JOB_RETRY with the reason on a fault. */
enum ch_job_result payout_ask(struct ch_job *job, const struct ch_statement *statement, struct ch_answer *answer,
                              const char *const *args, int nargs);

#endif
