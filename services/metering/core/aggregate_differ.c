/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Puts the answers together that must be held against one another: numbers of rows, and column by column what was told
 * of its values. The search itself is aggregate_cover.c. */
#include "aggregate_differ.h"

#include <stdlib.h>

#include "aggregate_atoms.h"
#include "aggregate_space.h"
#include "scratch.h"

#define WORK INT64_C(4000000000) /* multiplications for one question */

static enum search_verdict judge(const struct sketch *const *answers, size_t count, uint64_t column, uint32_t k,
                                 uint64_t seed, int64_t *work)
{
    struct sets sets;
    struct cover cover = {0};
    enum search_verdict verdict = SEARCH_SAFE;
    sets_make(&sets, answers, count, column);
    if (sets.count > DIFFER_SETS_MOST) {
        verdict = SEARCH_TOO_MUCH;
    } else if (sets.fresh > 0) {
        (sets.of_rows ? atoms_of_rows : atoms_of_lanes)(&sets, space_prime(seed), &cover, work);
        verdict = *work > 0 ? search_judge(&cover, k, mixed(seed), work) : SEARCH_TOO_MUCH;
        cover_free(&cover);
    }
    sets_free(&sets);
    return verdict;
}

/* Whether all sets of a channel that something was told of are among those whose numbers of rows were told. */
static bool is_counted(const struct sketch *sketch, unsigned channel)
{
    for (size_t cell = 0; cell < sketch->cells; cell++) {
        const struct sketch_cell *told = &sketch->cell[cell];
        if ((told->summed & ~told->counted) >> channel & 1 &&
            sets_digest(sketch, cell, channel, sketch->of_rows) != sets_digest(sketch, cell, 0, sketch->of_rows))
            return false;
    }
    return true;
}

/* The answers that tell something of a column; *needed: not all of it is among the numbers of rows. */
static size_t with_column(const struct sketch *const *answers, size_t count, uint64_t column, const struct sketch **out,
                          bool *needed)
{
    size_t kept = 0;
    *needed = false;
    for (size_t i = 0; i < count; i++) {
        unsigned channel = sets_channel(answers[i], column);
        if (channel == 0)
            continue;
        out[kept++] = answers[i];
        *needed |= !is_counted(answers[i], channel);
    }
    return kept;
}

enum search_verdict differ_judge(const struct sketch *fresh, const struct sketch *const *earlier, size_t count,
                                 uint32_t k, uint64_t seed)
{
    if (k <= 1)
        return SEARCH_SAFE;
    if (count > DIFFER_ANSWERS_MOST)
        return SEARCH_TOO_MUCH;
    const struct sketch **answers = block(count + 1, sizeof *answers), **some = block(count + 1, sizeof *some);
    int64_t work = WORK;
    for (size_t i = 0; i < count; i++)
        answers[i] = earlier[i];
    answers[count] = fresh;
    enum search_verdict verdict = judge(answers, count + 1, 0, k, seed, &work);
    for (unsigned c = 1; c < fresh->channels && verdict == SEARCH_SAFE; c++) {
        bool needed;
        size_t kept = with_column(answers, count + 1, fresh->names[c], some, &needed);
        if (needed)
            verdict = judge(some, kept, fresh->names[c], k, mixed(seed + c), &work);
    }
    free(answers);
    free(some);
    return verdict;
}
