/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be computed from sums, and on how many members it rests. */
#ifndef METERING_CORE_AGGREGATE_SEARCH_H
#define METERING_CORE_AGGREGATE_SEARCH_H

#include "aggregate_cover.h"

enum search_verdict { SEARCH_SAFE, SEARCH_TELLS, SEARCH_TOO_MUCH };

/* Whether some combination that gives any column something other than 0 rests on fewer than k members (SEARCH_TELLS),
 * or none (SEARCH_SAFE). Exact: it is a search that ends with a proof, or is given up when *work multiplications are
 * done (SEARCH_TOO_MUCH). k is at least 1. The cover is used up. `seed` draws orders, nothing of the result. */
enum search_verdict search_judge(struct cover *cover, uint32_t k, uint64_t seed, int64_t *work);

#endif
