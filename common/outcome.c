/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of outcomes, and the way from a slug to its row. The texts live in errors.def alone. */
#include <stddef.h>
#include <string.h>

#include "commonhold/errors.h"

const struct ch_outcome CH_OUTCOMES[] = {
#define CH_OUTCOME_TOLD(slug, told, status, title, advice) {#slug, #told, status, title, advice},
#define CH_OUTCOME(slug, status, title, advice)            CH_OUTCOME_TOLD(slug, slug, status, title, advice)
#include "commonhold/errors.def"
#undef CH_OUTCOME
#undef CH_OUTCOME_TOLD
    {NULL, NULL, 0, NULL, NULL}};

#define COUNT   (sizeof CH_OUTCOMES / sizeof *CH_OUTCOMES - 1)
#define BUCKETS 1024 /* over twice the outcomes there will ever be: short chains of probes */

static const struct ch_outcome *buckets[BUCKETS];

static unsigned hash(const char *slug)
{
    unsigned sum = 2166136261u;
    for (; *slug; slug++)
        sum = (sum ^ (unsigned char)*slug) * 16777619u;
    return sum % BUCKETS;
}

/* Before main, so that no thread ever sees a half-filled table. */
__attribute__((constructor)) static void fill_buckets(void)
{
    _Static_assert(COUNT < BUCKETS / 2, "enlarge BUCKETS");
    for (size_t i = 0; i < COUNT; i++) {
        unsigned at = hash(CH_OUTCOMES[i].slug);
        while (buckets[at])
            at = (at + 1) % BUCKETS;
        buckets[at] = &CH_OUTCOMES[i];
    }
}

const struct ch_outcome *ch_outcome_find(const char *slug)
{
    if (!slug)
        return NULL;
    for (unsigned at = hash(slug); buckets[at]; at = (at + 1) % BUCKETS)
        if (strcmp(buckets[at]->slug, slug) == 0)
            return buckets[at];
    return NULL;
}
