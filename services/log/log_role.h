/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the log role share. */
#ifndef LOG_LOG_ROLE_H
#define LOG_LOG_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/http.h"
#include "commonhold/job.h"
#include "commonhold/service.h"
#include "core/merkle.h"

/* Name of the log: host and path of [log] origin, or the host of [common] origin with /log. In the arena. */
const char *log_origin(struct ch_arena *arena, const struct ch_config *config);

/* Recomputes leaf hashes, tiles and root of the log from its entries and compares them with the last checkpoint `text`
 * of `size`, with the stored tiles, and with the checkpoint file outside the database. *edge is then the recomputed
 * right edge. False with a message that names both sizes in `reason` (512 bytes). */
bool log_self_check(struct ch_job *job, uint64_t size, const char *root_hex, int64_t checkpoints,
                    struct merkle_edge *edge, char *reason);

/* Writes the checkpoint file: beside, fsync, rename, fsync of the folder. False with a message. */
bool log_write_checkpoint_file(const char *path, const char *text, char *reason);

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
