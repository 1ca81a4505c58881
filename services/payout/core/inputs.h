/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a distribution run shares, and among whom: `distribution-inputs/1`, and its normal form. */
#ifndef COMMONHOLD_PAYOUT_INPUTS_H
#define COMMONHOLD_PAYOUT_INPUTS_H

#include "benefit_rule.h"
#include "out.h"

struct ch_recipient {
    const char *id;  /* id_length bytes, not ended by NUL */
    uint64_t prefix; /* ch_id_prefix of it: sorting seldom looks at the text itself */
    uint8_t id_length, status, equal;
    uint32_t quality_ppm, distinct_licensees;
    uint32_t ordinal; /* place in the document, for refusals */
    int64_t units, external, window_units, tenure;
};

struct ch_contributor {
    const char *id;
    uint8_t id_length;
    uint32_t recipient; /* index into recipients */
    uint32_t share;
};

struct ch_contribution {
    const char *id;
    uint64_t prefix;
    uint8_t id_length;
    uint32_t quality_ppm, distinct_licensees;
    uint32_t ordinal;
    uint32_t first, contributors; /* in the array of all contributors, sorted by recipient */
    int64_t units, external, window_units;
};

struct ch_account_balance {
    const char *account;
    size_t length;
    int64_t minor;
};

struct ch_inputs {
    char run_id[65], currency[4];
    int64_t pot, rail_fees;
    struct ch_account_balance *balances; /* sorted by account */
    size_t balance_count;
    struct ch_recipient *recipients; /* sorted by id */
    size_t recipient_count;
    struct ch_contribution *contributions; /* sorted by id */
    size_t contribution_count;
    struct ch_contributor *contributors;
    size_t contributor_count;
    char sha256[65]; /* of the normal form */
};

/* Parses and checks against the rule: currency, balances of until_target accounts, recipients of assign steps.
 * NULL and `list` filled when refused. Lives in the list's arena and points into `text`, which must live as long.
 * At most 2^24 recipients and as many contributions. */
struct ch_inputs *ch_inputs_parse(const char *text, size_t length, const struct ch_benefit_rule *rule,
                                  struct ch_refusals *list);

/* The same of bytes that ch_inputs_write_normal wrote, under a run id (an id): the hash is that of the bytes, which are
 * not made again. */
struct ch_inputs *ch_inputs_parse_normal(const char *text, size_t length, const char *run_id,
                                         const struct ch_benefit_rule *rule, struct ch_refusals *list);

/* The normal form: every member with its default, arrays sorted, no run_id; canonical, no newline. */
void ch_inputs_write_normal(const struct ch_inputs *inputs, struct ch_out *out);

/* Gives inputs another run id (an id): the normal form has none. */
void ch_inputs_name(struct ch_inputs *inputs, const char *run_id);

/* The start-of-run balance of an account; -1 when the inputs have none. */
int64_t ch_inputs_balance(const struct ch_inputs *inputs, const char *account);

/* Index of a recipient by id, or -1. */
int64_t ch_inputs_find(const struct ch_inputs *inputs, const char *id, size_t length);

/* By bytes, as ids are sorted everywhere. */
int ch_compare_ids(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
