/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What ingest.c and ingest_quality.c share. */
#ifndef LICENSING_INGEST_H
#define LICENSING_INGEST_H

#include "commonhold/job.h"

/* Counts a contribution's quality over the rows just copied, in the open transaction: sets quality_ppm and quality
 * ([{check, ppm}]) in `result`. False with job->reason when a count failed. */
bool ingest_count_quality(struct ch_job *job, const json_t *task, const char *table, json_t *result);

#endif
