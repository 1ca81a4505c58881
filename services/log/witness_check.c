/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The part of the start-up self-check that others hold: no witness has a newer tree, or another one, under this log's
 * own signature (audit.md section 8). Database and checkpoint file may both be of an old backup; a witness is not. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "anchors.h"

static const struct ch_statement root_at = {.name = "log.root_at",
                                            .text = "SELECT encode(root, 'hex') FROM log.root_at($1::bigint)",
                                            .shape = CH_SHAPE_ROWS,
                                            .columns = 1};

struct comparison {
    struct ch_job *job;
    const struct log_state *state;
    const struct log_signers *signers;
    char *reason; /* filled when a witness holds something else */
};

/* One of our keys signed it, so that no witness alone can stop this log. */
static bool signed_by_us(const struct log_signers *signers, const struct ch_checkpoint *checkpoint)
{
    struct ch_vkey key;
    for (int i = 0; i < signers->count; i++)
        if (ch_vkey_read(signers->vkeys[i], strlen(signers->vkeys[i]), &key) == NULL &&
            ch_checkpoint_signed(checkpoint, &key, NULL) == CH_SIGNED_WELL)
            return true;
    return false;
}

static bool is_of_history(struct ch_job *job, const struct ch_checkpoint *theirs)
{
    char hex[65];
    enum ch_fault fault;
    ch_hex(theirs->root, sizeof theirs->root, hex);
    PGresult *row = ch_db_run(job->db, &root_at, CH_ARGS(ch_printf(job->arena, "%" PRIu64, theirs->size)), &fault);
    bool same = theirs->size == 0 || (row != NULL && PQntuples(row) == 1 && strcmp(PQgetvalue(row, 0, 0), hex) == 0);
    PQclear(row);
    return same;
}

static bool answered(struct log_witness_call *call, const struct ch_fetch_response *response)
{
    struct comparison *comparison = call->arg;
    struct ch_checkpoint theirs;
    if (response->verdict != CH_FETCH_OK || response->status != 200 ||
        ch_checkpoint_read(response->body, response->size, &theirs) != NULL ||
        strcmp(theirs.origin, comparison->state->origin) != 0 || !signed_by_us(comparison->signers, &theirs))
        return false;
    if (theirs.size > comparison->state->size)
        snprintf(comparison->reason, LOG_REASON,
                 "the database's log has size %" PRIu64 ", the witness %.100s holds a signed one of size %" PRIu64
                 ": was an old backup restored? see docs/operations.md, backups",
                 comparison->state->size, call->node->name, theirs.size);
    else if (!is_of_history(comparison->job, &theirs))
        snprintf(comparison->reason, LOG_REASON,
                 "the witness %.100s holds a signed checkpoint of size %" PRIu64
                 " with another root than the database's (size %" PRIu64 ")",
                 call->node->name, theirs.size, comparison->state->size);
    return false;
}

bool log_witnesses_agree(struct ch_job *job, const struct log_state *state, const struct log_signers *signers,
                         char *reason)
{
    static bool agreed;
    const struct ch_tlog_policy *policy;
    char hex[65];
    if (agreed)
        return true;
    if (!log_read_policy(job->arena, job->context->config, &policy, reason))
        return false;
    struct comparison comparison = {job, state, signers, reason};
    struct log_witness_call calls[CH_TLOG_POLICY_MAX];
    size_t count = 0;
    ch_sha256_hex(state->origin, strlen(state->origin), hex);
    for (size_t i = 0; policy != NULL && i < policy->node_count; i++)
        if (policy->nodes[i].count == 0 && policy->nodes[i].url != NULL)
            calls[count++] = (struct log_witness_call){.node = &policy->nodes[i],
                                                       .method = "GET",
                                                       .path = ch_printf(job->arena, "/%s/checkpoint", hex),
                                                       .answered = answered,
                                                       .arg = &comparison};
    reason[0] = '\0';
    log_call_witnesses(calls, count);
    agreed = reason[0] == '\0';
    return agreed;
}
