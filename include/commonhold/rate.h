/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests per second with a burst, for all processes of a daemon together: the generic cell rate algorithm (ITU-T
 * I.371) in a table that processes forked later share. It limits; it does not count for money. */
#ifndef COMMONHOLD_RATE_H
#define COMMONHOLD_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many requests each second, and `burst` at once after a pause: both 1 to 1,000,000. */
struct ch_rate {
    int64_t per_second, burst;
};

struct ch_rate_verdict {
    bool allowed;
    int64_t left;     /* requests that would be allowed now */
    int64_t retry_us; /* not allowed: until one would be; 0 otherwise */
    int64_t full_us;  /* until `left` is the whole burst */
};

/* Pure: one request at `now_us` against `*due_us`, the time at which the burst would be whole again, which an allowed
 * request moves; 0 at first. Times are microseconds of one clock. */
struct ch_rate_verdict ch_rate_decide(const struct ch_rate *rate, int64_t *due_us, int64_t now_us);

/* A table of `slots` keys at least in shared memory, to be made before forking. Where more keys are busy at once, the
 * one that is nearest to its whole burst is forgotten: it may do too much, never too little. Aborts without memory. */
struct ch_rate_table *ch_rate_table_new(size_t slots);
void ch_rate_table_free(struct ch_rate_table *table);
/* One request of the key, such as the 16 bytes of a UUID. Any process, any thread. */
struct ch_rate_verdict ch_rate_take(struct ch_rate_table *table, const struct ch_rate *rate, const void *key,
                                    size_t size, int64_t now_us);

#endif
