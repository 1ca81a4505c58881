/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What others say of the log's checkpoints (audit.md section 10): cosignatures of witnesses, timestamps of an
 * authority. Both follow a checkpoint that is published already; neither holds anything up. */
#ifndef LOG_ANCHORS_H
#define LOG_ANCHORS_H

#include "commonhold/fetch.h"
#include "commonhold/tlog.h"
#include "log_role.h"

/* The file of [log] policy. *policy is NULL where none is configured; its text is read anew each time. False with a
 * message in `reason` when it cannot be read. */
bool log_read_policy(struct ch_arena *arena, const struct ch_config *config, const struct ch_tlog_policy **policy,
                     char *reason);
/* Its witness, group and quorum lines as /log/policy shows them; `quorum none` where none is configured. */
const char *log_policy_text(struct ch_arena *arena, const struct ch_tlog_policy *policy);

/* One request to each of some witnesses, all at once, at most three seconds long. */
struct log_witness_call {
    const struct ch_tlog_policy_node *node;
    const char *method, *path, *body; /* path below the witness's address; body may be NULL */
    /* Called once; it may change the call and answer true: then it is sent again. */
    bool (*answered)(struct log_witness_call *call, const struct ch_fetch_response *response);
    void *arg;
};
void log_call_witnesses(struct log_witness_call *calls, size_t count);

/* Everything is published, or a worker has begun: asks for the jobs below, as far as they are configured. */
void log_published(struct ch_job *job);
enum ch_job_result ask_witnesses(struct ch_job *job);
enum ch_job_result take_timestamp(struct ch_job *job);

/* Once in a process: what the witnesses have of this log is no larger than the last checkpoint, and of its history. One
 * that does not answer, or tells of what this log's keys did not sign, is no obstacle. False with a message that names
 * both sizes. */
bool log_witnesses_agree(struct ch_job *job, const struct log_state *state, const struct log_signers *signers,
                         char *reason);

/* Reads the policy once for /log/policy: part of the HTTP role's start. */
bool log_policy_start(struct ch_service_context *context);
struct ch_done *get_log_timestamp(struct ch_request *request);

#endif
