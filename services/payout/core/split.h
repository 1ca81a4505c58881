/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One split step (payout.md 7.4, 7.5). Private to the distribution: distribute.h is the way in. */
#ifndef COMMONHOLD_PAYOUT_SPLIT_H
#define COMMONHOLD_PAYOUT_SPLIT_H

#include "distribute.h"

/* Shares result->amount among the recipients and sets parts, amounts, leftover and clamp. Adds flags and trace rows
 * to `d`. False: weight_overflow. */
bool ch_split(struct ch_distribution *d, struct ch_step_result *result);

/* Adds a flag "name:step" or, with part >= 0, "name:step/part". */
void ch_distribution_flag(struct ch_distribution *d, const char *name, const char *step, int part);

/* Adds a row to the trace, which must be there. */
void ch_trace_add(struct ch_distribution *d, struct ch_trace_row row);

/* Floors and caps. `weight` is v of each recipient, `floored` whether the floor holds for it. */
struct ch_clamp {
    int64_t pot; /* P */
    int64_t floor_each;
    int64_t cap; /* CH_PAYOUT_MAX: none */
    const ch_u128 *weight;
    const bool *floored;
};
bool ch_clamp(struct ch_distribution *d, struct ch_step_result *result, const struct ch_clamp *clamp);

/* Ties of recipients are hashed over their ids; context is the struct ch_inputs. */
size_t ch_recipient_path(const void *inputs, size_t entry, char *path);

/* ch_apportion, with its figures kept in *cut; where they are known, ch_apportion_again by them. */
bool ch_apportion_cut(struct ch_arena *scratch, struct ch_apportionment *a, const struct ch_cut *known, int64_t *amount,
                      struct ch_cut *cut);

/* What is known of a step before it is run, or NULL. */
const struct ch_step_result *ch_known_step(const struct ch_distribution *d, const struct ch_step_result *result);

#endif
