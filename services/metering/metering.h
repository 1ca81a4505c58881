/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the metering role share. */
#ifndef METERING_METERING_H
#define METERING_METERING_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/http.h"
#include "commonhold/job.h"
#include "commonhold/rate.h"
#include "commonhold/service.h"

/* State of the role in one process, made by its start hook; lives as long as the process. */
struct metering {
    uint8_t grant_secret[32];            /* wraps the keys of grants */
    struct ch_signing_key *delivery_key; /* signs receipts */
    unsigned aggregates;                 /* queries for aggregates under way */
    struct ch_rate rate;                 /* requests of one grant */
    struct event_groups *event_groups;   /* group commit of usage events */
    struct event_reader *event_reader;
};

struct metering *metering_of(const struct ch_request *request);

/* JSON of an answer, NULL when it is none. */
json_t *metering_parse(struct ch_arena *arena, const char *text);
/* ?limit= of a list, 50 where there is none; NULL when it is not 1 to 100. */
const char *metering_limit(const struct ch_request *request);
/* The grant's key from its wrapped form in hex; false when the service key is another. */
bool metering_unwrap(const struct metering *metering, const char *hex, uint8_t key[32]);

/* One request of the token's grant: sets the RateLimit fields; NULL when it may go on, else the finished 429. */
struct ch_done *metering_limit_rate(struct ch_request *request);
/* ch_reply for outcomes whose body may name a quota: its retry_after (seconds) goes where clients look for it. */
struct ch_done *metering_refuse(struct ch_request *request, const char *outcome, const char *body);

/* The first day of a month YYYY-MM; NULL when it is none. */
const char *metering_month(struct ch_arena *arena, const char *text);
/* receipts.c: compact JWS over what lasts of a delivery, `body` being the answer about it; NULL while it runs. */
const char *receipt_of_delivery(struct ch_request *request, const json_t *body);

struct ch_done *get_rows(struct ch_request *request);
struct ch_done *get_aggregates(struct ch_request *request);
struct ch_done *get_delivery(struct ch_request *request);
struct ch_done *get_delivery_receipt(struct ch_request *request);
struct ch_done *get_month_receipt(struct ch_request *request);
struct ch_done *list_deliveries(struct ch_request *request);
struct ch_done *get_grant_usage(struct ch_request *request);
struct ch_done *list_usage(struct ch_request *request);
struct ch_done *list_own_usage(struct ch_request *request);
struct ch_done *list_totals(struct ch_request *request);
struct ch_done *post_seal(struct ch_request *request);
struct ch_done *post_events(struct ch_request *request);
struct ch_done *post_source(struct ch_request *request);
struct ch_done *list_sources(struct ch_request *request);
struct ch_done *list_quarantine(struct ch_request *request);

enum ch_job_result fold_usage(struct ch_job *job);
enum ch_job_result write_tombstones(struct ch_job *job);

#endif
