/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list of outcomes in C. */
#ifndef COMMONHOLD_ERRORS_H
#define COMMONHOLD_ERRORS_H

struct ch_outcome {
    const char *slug;
    const char *told; /* what X-Commonhold-Outcome says; the slug but for few */
    int status;
    const char *title;
    const char *advice; /* "" for successes */
};

/* Ends with a NULL slug. */
extern const struct ch_outcome CH_OUTCOMES[];

/* NULL for an unknown slug: the caller treats that as a bug of the SQL function that said it. */
const struct ch_outcome *ch_outcome_find(const char *slug);

#endif
