/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the metering role share. */
#ifndef METERING_METERING_H
#define METERING_METERING_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/http.h"
#include "commonhold/job.h"
#include "commonhold/service.h"

/* State of the role in one process, made by its start hook; lives as long as the process. */
struct metering {
    uint8_t grant_secret[32];            /* wraps the keys of grants */
    struct ch_signing_key *delivery_key; /* signs receipts */
};

struct metering *metering_of(const struct ch_request *request);

/* JSON of an answer, NULL when it is none. */
json_t *metering_parse(struct ch_arena *arena, const char *text);
/* The grant's key from its wrapped form in hex; false when the service key is another. */
bool metering_unwrap(const struct metering *metering, const char *hex, uint8_t key[32]);

struct ch_done *get_rows(struct ch_request *request);
struct ch_done *get_delivery(struct ch_request *request);
struct ch_done *list_deliveries(struct ch_request *request);
struct ch_done *get_grant_usage(struct ch_request *request);
struct ch_done *list_usage(struct ch_request *request);
struct ch_done *list_own_usage(struct ch_request *request);
struct ch_done *post_seal(struct ch_request *request);

enum ch_job_result fold_usage(struct ch_job *job);
enum ch_job_result write_tombstones(struct ch_job *job);

#endif
