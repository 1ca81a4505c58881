/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Choices of elections and budget rounds, and what they come to, for `verify vote` (governance.md, sections 8 and 10):
 * the bundle's tally names what was on the ballot (effect) and the result, which is counted here again. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "vote.h"

#define EMPTY   2 /* the answer that a ballot without choices counts as */
#define OPTIONS 1000

/* Numbers between the brackets of a padded {"r":[3,1]} or {"p":[1,4]}; how many, -1 when it is none. */
static int read_numbers(const char *padded, char letter, unsigned numbers[OPTIONS])
{
    const char head[] = {'{', '"', letter, '"', ':', '[', '\0'};
    int count = 0;
    const char *at = padded + strlen(head);
    if (strncmp(padded, head, strlen(head)) != 0)
        return -1;
    while (*at != ']') {
        char *end;
        if (count == OPTIONS || (count > 0 && *at++ != ',') || *at < '1' || *at > '9')
            return -1;
        numbers[count++] = (unsigned)strtoul(at, &end, 10);
        if (end - at > 5)
            return -1;
        at = end;
    }
    if (strncmp(at, "]}", 2) != 0)
        return -1;
    return at[2 + strspn(at + 2, " ")] == '\0' ? count : -1;
}

static const json_t *listed(const struct vote *vote)
{
    const json_t *effect = json_object_get(json_object_get(vote->bundle, "tally"), "effect");
    const json_t *candidates = json_object_get(effect, "candidates");
    return candidates ? candidates : json_object_get(effect, "projects");
}

static bool is_stv(const struct vote *vote)
{
    return strcmp(verify_text(vote->rule, "method"), "scottish-stv") == 0;
}

int vote_options(const struct vote *vote, const char *padded, size_t size)
{
    unsigned numbers[OPTIONS];
    bool stv = is_stv(vote), seen[OPTIONS + 1] = {false};
    size_t options = json_array_size(listed(vote));
    int count = read_numbers(padded, stv ? 'r' : 'p', numbers);
    if (options < 1 || options > OPTIONS || size != 16 + (stv ? 4 : 6) * options || count < 0 ||
        (size_t)count > options)
        return -1;
    for (int i = 0; stv && i < count; i++) {
        if (numbers[i] > options || seen[numbers[i]])
            return -1;
        seen[numbers[i]] = true;
    }
    return count ? 0 : EMPTY;
}

/* ---- knapsack ---- */

struct project {
    int64_t number, cost, approvals;
};

static int by_rank(const void *a, const void *b)
{
    const struct project *x = a, *y = b;
    if (x->approvals != y->approvals)
        return x->approvals > y->approvals ? -1 : 1;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

/* Adds a ballot's approvals; false when it costs more than the pot, or names a project twice or one that is none. */
static bool approve(struct project *projects, size_t count, const struct vote_papers *p, int64_t pot)
{
    struct project *chosen[OPTIONS];
    for (size_t i = 0; i < p->count; i++) {
        size_t k = 0;
        while (k < count && projects[k].number != p->numbers[i])
            k++;
        chosen[i] = &projects[k];
        if (k == count || projects[k].cost > pot)
            return false;
        pot -= projects[k].cost;
        for (size_t j = 0; j < i; j++)
            if (chosen[j] == chosen[i])
                return false;
    }
    for (size_t i = 0; i < p->count; i++)
        chosen[i]->approvals += p->papers;
    return true;
}

static json_t *knapsack(struct vote *vote, const json_t *effect, const struct vote_papers *papers, size_t ballots)
{
    size_t count = json_array_size(listed(vote));
    struct project *projects = ch_alloc_array(vote->arena, count, sizeof *projects);
    int64_t pot = verify_figure(json_object_get(effect, "pot"), "minor"), left = pot, valid = 0, invalid = 0;
    json_t *ranking = json_array(), *selected = json_array();
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(listed(vote), i);
        projects[i] = (struct project){verify_figure(one, "number"), verify_figure(one, "cost"), 0};
    }
    for (size_t i = 0; i < ballots; i++)
        *(approve(projects, count, &papers[i], pot) ? &valid : &invalid) += papers[i].papers;
    qsort(projects, count, sizeof *projects, by_rank);
    for (size_t i = 0; i < count; i++) {
        const struct project *p = &projects[i];
        bool few = p->approvals * 20 < valid, fits = !few && p->cost <= left;
        left -= fits ? p->cost : 0;
        if (fits)
            json_array_append_new(selected, json_integer(p->number));
        json_array_append_new(ranking, json_pack("{s:I, s:I, s:I, s:s}", "project", (json_int_t)p->number, "cost",
                                                 (json_int_t)p->cost, "approvals", (json_int_t)p->approvals, "decision",
                                                 few    ? "too_few_approvals"
                                                 : fits ? "selected"
                                                        : "does_not_fit"));
    }
    return ch_json_pack(vote->arena, "{s:s, s:I, s:I, s:I, s:o, s:o, s:I, s:I}", "method", "knapsack", "pot",
                        (json_int_t)pot, "valid", (json_int_t)valid, "invalid", (json_int_t)invalid, "ranking", ranking,
                        "selected", selected, "spent", (json_int_t)(pot - left), "left", (json_int_t)left);
}

/* ---- the result ---- */

/* Every opened choice as papers; their order changes nothing. */
static struct vote_papers *read_papers(struct vote *vote, size_t *count)
{
    unsigned numbers[OPTIONS];
    const json_t *one;
    size_t i;
    *count = json_array_size(vote->opened);
    struct vote_papers *papers = ch_alloc_array(vote->arena, *count + 1, sizeof *papers);
    json_array_foreach(vote->opened, i, one)
    {
        int length = read_numbers(verify_text(one, "choice"), is_stv(vote) ? 'r' : 'p', numbers);
        int64_t times = vote->unlinked ? verify_figure(one, "count") : 1;
        papers[i] = (struct vote_papers){.papers = times, .count = length > 0 ? (size_t)length : 0};
        papers[i].numbers = (const unsigned *)ch_memdup(vote->arena, numbers, (papers[i].count + 1) * sizeof *numbers);
    }
    return papers;
}

json_t *vote_result(struct vote *vote)
{
    const json_t *effect = json_object_get(json_object_get(vote->bundle, "tally"), "effect");
    size_t count, options = json_array_size(listed(vote));
    int64_t seats = verify_figure(effect, "seats");
    if (options < 1 || options > OPTIONS || (is_stv(vote) && (seats < 1 || seats > OPTIONS)))
        return NULL;
    struct vote_papers *papers = read_papers(vote, &count);
    return is_stv(vote)
               ? vote_stv(vote->arena, papers, count, (unsigned)options, seats, verify_text(vote->bundle, "lot_seed"))
               : knapsack(vote, effect, papers, count);
}

const char *vote_check_result(struct vote *vote)
{
    const json_t *tally = json_object_get(vote->bundle, "tally");
    char hex[65];
    ch_json_sha256(vote->arena, json_object_get(tally, "effect"), hex);
    if (strcmp(hex, verify_text(vote->proposal, "effect_sha256")) != 0)
        return "what it names as the ballot is not what was frozen";
    const json_t *result = vote_result(vote);
    if (!result)
        return "nothing was on the ballot";
    return json_equal(result, json_object_get(tally, "result")) ? NULL : "the opened choices come to another result";
}
