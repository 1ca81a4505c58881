/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The search for combinations that rest on few members. A combination w is a linear form on columns. Known of the
 * forms looked for: they are zero on a space of columns, at first none. `need` is how many members are one too many.
 *
 * - Where columns are multiples of one another, w is zero on all or on none: columns of at least `need` members
 *   together go into the space, since what is not zero there is harmless.
 * - So does what lies in the span of each of `need` sets of members, of which no two have a member in common: w is zero
 *   on all columns of one of these sets at least.
 * - Where columns fall into parts that have no sum in common, each part is looked at by itself.
 * - Where that does not settle it, a member is picked: either w is not zero on it, then of the others one less is too
 *   many; or it is zero on all its columns, and they go into the space.
 *
 * The end is a space that holds every column (no w is left but 0: safe), or columns outside of it that have fewer than
 * `need` members altogether (some w is left, and rests on them). */
#include "aggregate_search.h"

#include <stdbool.h>
#include <string.h>

#include "scratch.h"

#define ORDERS      3  /* in which sets of members are put together before one is picked */
#define TRIED       3  /* sets in which a member is tried */
#define IDLE        64 /* vectors that bring nothing, after which all the rest is tried at once */
#define MEMORY_MOST ((size_t)48 * 1024 * 1024) /* numbers in the spaces of these sets */
#define BRANCH_COST INT64_C(1000)              /* of a branch beside its arithmetic */

struct job {
    uint64_t random;
    int64_t *work;
};

static void add_column(const struct cover *cover, size_t column, struct space *space, uint32_t *vector)
{
    memset(vector, 0, cover->width * sizeof *vector);
    cover_scatter(cover, column, 1, vector);
    space_add(space, vector);
}

/* Columns of `need` members are left out until there are none. */
static void settle(struct cover *cover, uint32_t need, struct job *job)
{
    struct space space;
    bool more = true;
    space_init(&space, cover->prime, cover->width, job->work);
    cover_condense(cover, &space);
    while (more && *job->work > 0) {
        uint32_t *vector = block(cover->width, sizeof *vector);
        space_init(&space, cover->prime, cover->width, job->work);
        for (size_t c = 0; c < cover->count; c++)
            if (cover_members(cover, c) >= need)
                add_column(cover, c, &space, vector);
        free(vector);
        more = space.rank > 0;
        if (more)
            cover_condense(cover, &space);
        else
            space_free(&space);
    }
}

/* ---- members ---- */

/* Which columns a member is in. */
struct index {
    size_t *first;
    uint32_t *columns;
    uint32_t *live; /* members that are in any */
    size_t live_count;
};

static void make_index(const struct cover *cover, struct index *index)
{
    size_t total = cover->first_member[cover->count];
    *index = (struct index){.first = block(cover->member_count + 2, sizeof *index->first),
                            .columns = block(total, sizeof *index->columns),
                            .live = block(cover->member_count, sizeof *index->live)};
    for (size_t m = 0; m < total; m++)
        index->first[cover->members[m] + 2]++;
    for (size_t m = 0; m < cover->member_count; m++) {
        if (index->first[m + 2] > 0)
            index->live[index->live_count++] = (uint32_t)m;
        index->first[m + 2] += index->first[m + 1];
    }
    for (size_t c = 0; c < cover->count; c++)
        for (size_t m = cover->first_member[c]; m < cover->first_member[c + 1]; m++)
            index->columns[index->first[cover->members[m] + 1]++] = (uint32_t)c;
}

static void free_index(struct index *index)
{
    free(index->first);
    free(index->columns);
    free(index->live);
}

static uint32_t busiest(const struct index *index)
{
    uint32_t best = index->live[0];
    for (size_t i = 1; i < index->live_count; i++) {
        uint32_t m = index->live[i];
        if (index->first[m + 1] - index->first[m] > index->first[best + 1] - index->first[best])
            best = m;
    }
    return best;
}

static void shuffle(struct index *index, struct job *job)
{
    for (size_t i = index->live_count; i > 1; i--) {
        size_t other = mixed(job->random++) % i;
        uint32_t kept = index->live[i - 1];
        index->live[i - 1] = index->live[other];
        index->live[other] = kept;
    }
}

/* ---- sets of members without a member in common ---- */

/* All columns at once, each times a random number: lies in the space when all do, else almost never. */
static bool adds_any(const struct cover *cover, struct space *space, uint32_t *vector, struct job *job)
{
    memset(vector, 0, cover->width * sizeof *vector);
    for (size_t c = 0; c < cover->count; c++)
        cover_scatter(cover, c, (uint32_t)(mixed(job->random++) % cover->prime), vector);
    *job->work -= (int64_t)cover->first[cover->count];
    return space_add(space, vector);
}

static size_t rank_of(const struct cover *cover, struct job *job)
{
    uint32_t *vector = block(cover->width, sizeof *vector);
    struct space space;
    size_t idle = 0;
    space_init(&space, cover->prime, cover->width, job->work);
    for (size_t c = 0; c < cover->count && space.rank<cover->width && * job->work> 0; c++) {
        size_t rank = space.rank;
        add_column(cover, c, &space, vector);
        idle = space.rank > rank ? 0 : idle + 1;
        if (idle < IDLE)
            continue;
        if (!adds_any(cover, &space, vector, job) && !adds_any(cover, &space, vector, job))
            break;
        idle = 0;
    }
    size_t rank = space.rank;
    free(vector);
    space_free(&space);
    return rank;
}

/* The set with the least rank that has not been tried. */
static size_t poorest(const struct space *sets, size_t count, const bool *tried)
{
    size_t best = count;
    for (size_t s = 0; s < count; s++)
        if (!tried[s] && (best == count || sets[s].rank < sets[best].rank))
            best = s;
    return best;
}

/* A member goes into the first of the poorest sets to whose span it adds. */
static void place_member(const struct cover *cover, const struct index *index, uint32_t member, struct space *sets,
                         size_t count, bool *tried, uint32_t *vector)
{
    memset(tried, 0, count * sizeof *tried);
    for (unsigned turn = 0; turn < TRIED && turn < count; turn++) {
        size_t s = poorest(sets, count, tried), rank = sets[s].rank;
        tried[s] = true;
        for (size_t i = index->first[member]; i < index->first[member + 1]; i++)
            add_column(cover, index->columns[i], &sets[s], vector);
        if (sets[s].rank > rank)
            return;
    }
}

static bool is_in_all(const struct cover *cover, size_t column, const struct space *sets, size_t count,
                      uint32_t *vector)
{
    for (size_t s = 0; s < count; s++) {
        memset(vector, 0, cover->width * sizeof *vector);
        cover_scatter(cover, column, 1, vector);
        if (space_reduce(&sets[s], vector) < cover->width)
            return false;
    }
    return true;
}

static bool are_full(const struct space *sets, size_t count, size_t rank)
{
    for (size_t s = 0; s < count; s++)
        if (sets[s].rank < rank)
            return false;
    return true;
}

/* Puts `count` sets together and adds to `space` what lies in the span of each; true when that is anything. */
static bool spread(const struct cover *cover, struct index *index, size_t count, struct space *space, struct job *job)
{
    struct space *sets = block(count, sizeof *sets);
    bool *tried = block(count, sizeof *tried);
    uint32_t *vector = block(cover->width, sizeof *vector);
    size_t rank = rank_of(cover, job);
    for (size_t s = 0; s < count; s++)
        space_init(&sets[s], cover->prime, cover->width, job->work);
    shuffle(index, job);
    for (size_t i = 0; i < index->live_count && !are_full(sets, count, rank) && *job->work > 0; i++)
        place_member(cover, index, index->live[i], sets, count, tried, vector);
    bool full = are_full(sets, count, rank);
    for (size_t c = 0; c < cover->count && space->rank<rank && * job->work> 0; c++)
        if (full || is_in_all(cover, c, sets, count, vector))
            add_column(cover, c, space, vector);
    for (size_t s = 0; s < count; s++)
        space_free(&sets[s]);
    free(sets);
    free(tried);
    free(vector);
    return space->rank > 0;
}

/* ---- parts ---- */

static uint32_t root_of(uint32_t *parents, uint32_t place)
{
    while (parents[place] != place)
        place = parents[place] = parents[parents[place]];
    return place;
}

/* Of each place the part it is in: how many parts there are. Places no column has are in none. */
static size_t find_parts(const struct cover *cover, uint32_t *part)
{
    uint32_t *parents = block(cover->width, sizeof *parents);
    size_t count = 0;
    for (size_t i = 0; i < cover->width; i++) {
        parents[i] = (uint32_t)i;
        part[i] = UINT32_MAX;
    }
    for (size_t c = 0; c < cover->count; c++)
        for (size_t n = cover->first[c] + 1; n < cover->first[c + 1]; n++)
            parents[root_of(parents, cover->at[n])] = root_of(parents, cover->at[n - 1]);
    for (size_t c = 0; c < cover->count; c++) {
        uint32_t *root = &part[root_of(parents, cover->at[cover->first[c]])];
        *root = *root == UINT32_MAX ? (uint32_t)count++ : *root;
    }
    for (size_t i = 0; i < cover->width; i++)
        part[i] = part[root_of(parents, (uint32_t)i)];
    free(parents);
    return count;
}

static enum search_verdict judge(struct cover *cover, uint32_t need, struct job *job);

/* Each part by itself, its places numbered anew. Uses the cover up. */
static enum search_verdict judge_parts(struct cover *cover, const uint32_t *part, size_t count, uint32_t need,
                                       struct job *job)
{
    struct cover *parts = block(count, sizeof *parts);
    uint32_t *places = block(cover->width, sizeof *places);
    size_t *widths = block(count, sizeof *widths);
    enum search_verdict verdict = SEARCH_SAFE;
    for (size_t i = 0; i < cover->width; i++)
        places[i] = part[i] == UINT32_MAX ? 0 : (uint32_t)widths[part[i]]++;
    for (size_t p = 0; p < count; p++)
        cover_init(&parts[p], cover->prime, widths[p], cover->member_count);
    for (size_t c = 0; c < cover->count; c++) {
        struct cover *to = &parts[part[cover->at[cover->first[c]]]];
        for (size_t n = cover->first[c]; n < cover->first[c + 1]; n++)
            cover_number(to, places[cover->at[n]], cover->weight[n]);
        cover_copy_members(to, cover, c);
        cover_end(to);
    }
    for (size_t p = 0; p < count; p++) {
        if (verdict == SEARCH_SAFE)
            verdict = judge(&parts[p], need, job);
        cover_free(&parts[p]);
    }
    free(parts);
    free(places);
    free(widths);
    return verdict;
}

/* ---- branches ---- */

/* The combinations that are not zero on a member: it is counted, and struck out. */
static enum search_verdict judge_without(const struct cover *cover, uint32_t member, uint32_t need, struct job *job)
{
    struct cover rest;
    cover_init(&rest, cover->prime, cover->width, cover->member_count);
    for (size_t c = 0; c < cover->count; c++) {
        for (size_t n = cover->first[c]; n < cover->first[c + 1]; n++)
            cover_number(&rest, cover->at[n], cover->weight[n]);
        for (size_t m = cover->first_member[c]; m < cover->first_member[c + 1]; m++)
            if (cover->members[m] != member)
                cover_member(&rest, cover->members[m]);
        cover_end(&rest);
    }
    enum search_verdict verdict = judge(&rest, need - 1, job);
    cover_free(&rest);
    return verdict;
}

/* The combinations that are zero on a member are left to look at; false when some that are not tell, or too much was
 * done: *verdict. */
static bool pick(struct cover *cover, const struct index *index, uint32_t need, struct job *job,
                 enum search_verdict *verdict)
{
    uint32_t member = busiest(index), *vector = block(cover->width, sizeof *vector);
    struct space space;
    *job->work -= BRANCH_COST + (int64_t)cover->first[cover->count];
    *verdict = judge_without(cover, member, need, job);
    space_init(&space, cover->prime, cover->width, job->work);
    for (size_t i = index->first[member]; i < index->first[member + 1]; i++)
        add_column(cover, index->columns[i], &space, vector);
    free(vector);
    cover_condense(cover, &space);
    return *verdict == SEARCH_SAFE;
}

/* One step with what `settle` left; true: another. */
static bool step(struct cover *cover, uint32_t need, struct job *job, enum search_verdict *verdict)
{
    struct index index;
    struct space space;
    bool more = false;
    make_index(cover, &index);
    *verdict = SEARCH_TELLS; /* so few members that there is nothing to put together */
    if (index.live_count >= need) {
        space_init(&space, cover->prime, cover->width, job->work);
        *verdict = SEARCH_TOO_MUCH;
        if (need * cover->width <= MEMORY_MOST / cover->width)
            for (int turn = 0; turn < ORDERS && !more && *job->work > 0; turn++)
                more = spread(cover, &index, need, &space, job);
        if (more)
            cover_condense(cover, &space);
        else
            space_free(&space);
        if (!more && *job->work > 0)
            more = pick(cover, &index, need, job, verdict);
    }
    free_index(&index);
    return more;
}

static enum search_verdict judge(struct cover *cover, uint32_t need, struct job *job)
{
    enum search_verdict verdict = SEARCH_SAFE;
    for (bool more = true; more;) {
        settle(cover, need, job);
        if (cover->count == 0)
            return SEARCH_SAFE;
        if (*job->work <= 0)
            return SEARCH_TOO_MUCH;
        uint32_t *part = block(cover->width, sizeof *part);
        size_t parts = find_parts(cover, part);
        if (parts > 1)
            verdict = judge_parts(cover, part, parts, need, job);
        free(part);
        if (parts > 1)
            return verdict;
        more = step(cover, need, job, &verdict);
    }
    return verdict;
}

enum search_verdict search_judge(struct cover *cover, uint32_t k, uint64_t seed, int64_t *work)
{
    struct job job = {.random = seed, .work = work};
    uint32_t *part = block(cover->width, sizeof *part);
    enum search_verdict verdict = judge_parts(cover, part, find_parts(cover, part), k, &job);
    free(part);
    return verdict;
}
