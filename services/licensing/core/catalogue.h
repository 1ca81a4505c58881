/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The public catalogue (licensing.md section 13): one DCAT 3 Dataset per pool, and the Catalog around a page of them.
 *
 * Which pools are there: those that are open or paused (a paused one takes no uploads; what it holds is licensed on)
 * and whose terms in force are valid now and offer something. Drafts and closed pools are not, nor pools that offer
 * nothing: a Dataset must have a policy. */
#ifndef LICENSING_CORE_CATALOGUE_H
#define LICENSING_CORE_CATALOGUE_H

#include "odrl.h"

/* What consent covers for one offered purpose. */
struct ch_coverage {
    const char *purpose;
    int64_t members;      /* whose consent covers it, for one of the classes it is offered to */
    int64_t rows;         /* in their accepted contributions */
    int64_t contributors; /* those of them who have such rows */
    bool show_members, show_rows;
};

/* Sets show_members and show_rows:
 * 1. A count of members under 5 is hidden, and the rows of that purpose with it.
 * 2. Rows are a count about the members who gave them: under 5 rows or under 5 givers they are hidden.
 * 3. Two counts of rows that are both shown may not differ by what a group under 5 gave. The groups behind two purposes
 *    differ by at least the difference of their sizes; where that is under 5 and the rows are not equal, one of the two
 *    is hidden: the one of fewer givers, then of fewer rows, then the later in the list.
 * Member counts need no third rule: each purpose is a question of its own, so that neither of two groups is known to be
 * part of the other, and no total, no union and no count per class is published that a hidden one could be taken from.
 */
void ch_coverage_hide(struct ch_coverage *list, size_t count);

/* What may be asked for now: [{"purpose","org_class","floor"}], in the order of the tree, then of the classes; `floor`
 * is the lowest notice floor among the rules that offer it. Left out: what the trust prohibits (`trust_prohibits`,
 * purpose codes) and what a prohibition without actions, regions, modes and conditions takes from the class. */
json_t *ch_catalogue_offered(struct ch_arena *arena, const struct ch_terms *terms, const json_t *trust_prohibits);

/* The codes of `trust_prohibits` that take something from these terms: the others are not the reader's concern. */
json_t *ch_catalogue_concerning(struct ch_arena *arena, const struct ch_terms *terms, const json_t *trust_prohibits);

/* The Dataset without context, from what licensing.load_catalogue loaded; NULL when the pool is not in the catalogue
 * (see above). `coverage` is [{"purpose","members","rows","contributors"}] of all that is offered; `origin` ours,
 * without a slash at its end. */
json_t *ch_catalogue_dataset(struct ch_arena *arena, const json_t *facts, const struct ch_terms *terms,
                             const json_t *coverage, const char *origin);

/* A Dataset with its context, as GET /catalogue/{pool} shows it. */
json_t *ch_catalogue_alone(struct ch_arena *arena, const json_t *dataset);

/* The text of a Catalog around `datasets`, the texts of Datasets parted by commas ("": none, and then no member
 * `dataset`). `next`: URL of the next page, `cursor` what its `after` is; both NULL on the last page. The bytes are
 * canonical but for the Datasets, which stand as given. */
char *ch_catalogue_page(struct ch_arena *arena, const char *origin, const char *datasets, const char *cursor,
                        const char *next);

#endif
