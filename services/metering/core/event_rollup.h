/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the events of one group commit add to the rollup. The table grows with what is added and keeps its memory until
 * freed; who adds limits how much. */
#ifndef METERING_CORE_EVENT_ROLLUP_H
#define METERING_CORE_EVENT_ROLLUP_H

#include "event.h"

/* What a group adds to one row of metering.usage_day. */
struct usage_line {
    uint8_t pool[16], grant[16], contribution[16]; /* contribution: all zero where there is none */
    int64_t units;
    int32_t day; /* days since 1970-01-01, UTC */
    enum usage_meter meter;
    bool has_contribution;
};

struct usage_rollup;
/* `seed`: any number; a random one where strangers choose the ids. */
struct usage_rollup *usage_rollup_new(uint64_t seed);
void usage_rollup_free(struct usage_rollup *rollup);
void usage_rollup_reset(struct usage_rollup *rollup);
/* Adds the units of an event whose pool_id is filled in to its line. False, and nothing is added, where the sum would
 * not fit int64_t. */
bool usage_rollup_add(struct usage_rollup *rollup, const struct usage_event *event);
/* The lines, sorted by pool, day, grant, meter, contribution (none last), as PostgreSQL sorts them: who adds them in
 * this order takes locks in the same order as everybody. Valid until the next call with this rollup. */
const struct usage_line *usage_rollup_lines(struct usage_rollup *rollup, size_t *count);

/* Day of a time in microseconds, in UTC. */
int32_t usage_day_of(int64_t time);

#endif
