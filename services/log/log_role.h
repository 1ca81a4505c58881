/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the log role share. */
#ifndef LOG_LOG_ROLE_H
#define LOG_LOG_ROLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "commonhold/crypto.h"
#include "commonhold/http.h"
#include "commonhold/job.h"
#include "commonhold/service.h"
#include "core/merkle.h"

#define LOG_REASON 512 /* bytes of every `reason` */

/* Name of the log: host and path of [log] origin, or the host of [common] origin with /log. In the arena. */
const char *log_origin(struct ch_arena *arena, const struct ch_config *config);

/* What was signed last, and what this process knows of the tree behind it. */
struct log_state {
    uint64_t size;           /* of the last checkpoint, 0: there is none */
    const char *root, *text; /* hex, and the signed text; NULL where there is none */
    int64_t checkpoints;     /* 0, 1, or 2 for more */
    const char *origin;      /* name of the log */
    const char *path;        /* of the checkpoint file */
};

/* Goes on from `edge` (all zero: from the first leaf) through the entries up to the last checkpoint and compares with
 * what is stored: leaf hashes, tiles, and the root; then the checkpoint file outside the database, whose size is put
 * into *file_size. The edge is then that of the last checkpoint. False with a message that names both sizes. */
bool log_self_check(struct ch_job *job, const struct log_state *state, struct merkle_edge *edge, uint64_t *file_size,
                    char *reason);

/* Size and root of the checkpoint file; size 0 where there is none. False when it is no checkpoint of this log. */
bool log_read_checkpoint_file(struct ch_arena *arena, const char *path, const char *origin, uint64_t *size,
                              uint8_t root[MERKLE_HASH]);
/* Writes the checkpoint file: beside, fsync, rename, fsync of the folder. False with a message. */
bool log_write_checkpoint_file(const char *path, const char *text, char *reason);

struct log_signers {
    const char *origin;
    struct ch_signing_key *keys[2]; /* the arena's */
    const char *vkeys[2];
    int count;
};
/* Reads the key files of the configuration. False with a message when the first is not among the verifier keys in
 * force (an array), or when one of these has no file. */
bool log_load_signers(struct ch_arena *arena, const struct ch_config *config, const json_t *in_force,
                      struct log_signers *signers, char *reason);
/* Text of a checkpoint, signed by all of them. */
const char *log_sign_checkpoint(struct ch_arena *arena, const struct log_signers *signers, uint64_t size,
                                const uint8_t root[MERKLE_HASH]);

enum ch_job_result sequence_log(struct ch_job *job);

/* Whether the sequencer signs: hooks of the HTTP role. log_unready gives the sentence for /readyz, NULL when it does.
 */
bool log_health_start(struct ch_service_context *context);
void log_health_notified(struct ch_service_context *context, const char *channel, const char *payload);
const char *log_unready(struct ch_service_context *context);

struct ch_done *get_log_checkpoint(struct ch_request *request);
struct ch_done *get_log_tile(struct ch_request *request);
struct ch_done *get_log_entries(struct ch_request *request);
struct ch_done *get_log_proof(struct ch_request *request);
struct ch_done *get_log_keys(struct ch_request *request);
struct ch_done *get_log_policy(struct ch_request *request);

#endif
