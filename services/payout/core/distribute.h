/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A distribution: what a rule makes of a run's inputs (payout.md 7.2 to 7.5, 8.1). */
#ifndef COMMONHOLD_PAYOUT_DISTRIBUTE_H
#define COMMONHOLD_PAYOUT_DISTRIBUTE_H

#include "apportion.h"
#include "inputs.h"

/* The last unit of an apportionment, so that members can check their own. */
struct ch_cut {
    ch_u128 weight_total;
    size_t extra;
    ch_u128 remainder; /* with tie, if extra > 0 */
    uint8_t tie[32];
};

struct ch_part_result {
    int64_t amount;
    bool apportioned; /* not empty and without floor and cap: `cut` is whole; otherwise only its weight_total */
    struct ch_cut cut;
};

struct ch_step_result {
    const struct ch_rule_step *step;
    int64_t base, wanted, amount, remaining, leftover;
    bool shortfall;
    struct ch_part_result *parts; /* split */
    bool clamped;                 /* split with floor or cap */
    int64_t rest;                 /* clamped: R */
    struct ch_cut clamp;
    bool unfunded;    /* clamped: the floors are more than there is */
    int64_t *amounts; /* split: one for each recipient of the inputs */
    size_t recipient; /* assign */
};

struct ch_fund_amount {
    const char *account;
    int64_t minor;
};

enum ch_trace_level { CH_TRACE_RECIPIENT, CH_TRACE_CONTRIBUTION, CH_TRACE_CONTRIBUTOR, CH_TRACE_CLAMP };
enum ch_frozen { CH_FROZEN_NOT, CH_FROZEN_FLOOR, CH_FROZEN_CAP };

/* One apportionment, as one recipient met it. */
struct ch_trace_row {
    size_t step;
    enum ch_trace_level level;
    size_t part;          /* not for clamp */
    int64_t contribution; /* index, or -1 */
    int64_t total, amount;
    ch_u128 weight, weight_total;
    enum ch_frozen frozen;
};

struct ch_trace {
    size_t recipient;
    struct ch_trace_row *rows;
    size_t count, room;
};

struct ch_distribution {
    const struct ch_benefit_rule *rule;
    const struct ch_inputs *inputs;
    struct ch_arena *arena;
    bool aborted;
    struct ch_step_result *steps;
    size_t step_count; /* run so far: on abort up to and with the failed one */
    struct ch_fund_amount funds[64];
    size_t fund_count; /* sorted by account at the end, zeros left out */
    const char **flags;
    size_t flag_count; /* sorted, each once */
    int64_t carried, leftover;
    struct ch_trace *trace; /* NULL unless asked for */
    /* Where the inputs are one member's part of a run: the figures of the whole run, one for each step; else NULL. Of a
     * split these are parts[].cut, rest, clamp, unfunded, and amounts[0], the member's own. */
    const struct ch_step_result *known;
    char hash[65];
};

/* Runs the rule. `explain` is the id of a recipient to trace, or NULL. NULL and `list` filled (weight_overflow, no
 * such recipient) when refused. Lives in the list's arena and refers to rule and inputs. */
struct ch_distribution *ch_distribute(const struct ch_benefit_rule *rule, const struct ch_inputs *inputs,
                                      const char *explain, struct ch_refusals *list);

/* The trace of one recipient out of that recipient's part of the inputs (its own row and contributions, with the
 * contributors of these) and the result without its lines: what everybody else weighs is in its totals and cuts.
 * `line` is the recipient's line, or NULL without one. NULL and `list` filled when they do not go together. */
struct ch_distribution *ch_distribute_part(const struct ch_benefit_rule *rule, const struct ch_inputs *part,
                                           const char *recipient, const json_t *head, const json_t *line,
                                           struct ch_refusals *list);

/* What one recipient gets in all, and of one step. */
int64_t ch_distribution_amount(const struct ch_distribution *d, size_t recipient);
int64_t ch_step_amount(const struct ch_step_result *step, size_t recipient);

/* `distribution-result/1`, canonical, no newline. With `hash` false the member is left out. */
void ch_distribution_write(const struct ch_distribution *d, bool hash, struct ch_out *out);

/* `distribution-trace/1` of the recipient given as `explain`; canonical, no newline. */
void ch_distribution_write_trace(const struct ch_distribution *d, struct ch_out *out);

#endif
