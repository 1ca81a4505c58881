/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looking for enough members, backwards. */
#include "cohort.h"

#include <stdlib.h>

enum { MET_ANY = 1, MET_MATCHING = 2 };

void cohort_begin(struct cohort *cohort, size_t members, int64_t least, int64_t top)
{
    cohort_free(cohort);
    *cohort = (struct cohort){.met = calloc(members + 1, 1), .least = least, .below = top};
    if (!cohort->met)
        abort();
    if (least <= 0) {
        cohort->any_mark = cohort->matching_mark = INT64_MAX;
        cohort->known = true;
    }
}

static int by_any(const void *a, const void *b)
{
    const struct cohort_row *left = a, *right = b;
    return left->any > right->any ? -1 : left->any < right->any;
}

static int by_matching(const void *a, const void *b)
{
    const struct cohort_row *left = a, *right = b;
    return left->matching > right->matching ? -1 : left->matching < right->matching;
}

static void meet(struct cohort *cohort, uint32_t member, uint8_t bit, int64_t row, int64_t *count, int64_t *mark)
{
    if (row == 0 || cohort->met[member] & bit)
        return;
    cohort->met[member] |= bit;
    if (++*count == cohort->least)
        *mark = row;
}

void cohort_add(struct cohort *cohort, struct cohort_row *rows, size_t count, int64_t from)
{
    if (count > 0)
        qsort(rows, count, sizeof *rows, by_any);
    for (size_t i = 0; i < count; i++)
        meet(cohort, rows[i].member, MET_ANY, rows[i].any, &cohort->any, &cohort->any_mark);
    if (count > 0)
        qsort(rows, count, sizeof *rows, by_matching);
    for (size_t i = 0; i < count; i++)
        meet(cohort, rows[i].member, MET_MATCHING, rows[i].matching, &cohort->matching, &cohort->matching_mark);
    cohort->below = from;
    cohort->known |= cohort->matching >= cohort->least || from <= 0;
}

bool cohort_is_enough(const struct cohort *cohort)
{
    return cohort->matching_mark > 0;
}

bool cohort_lets_go(const struct cohort *cohort, int64_t behind)
{
    return behind < cohort->matching_mark || behind >= cohort->any_mark;
}

void cohort_free(struct cohort *cohort)
{
    free(cohort->met);
    *cohort = (struct cohort){0};
}
