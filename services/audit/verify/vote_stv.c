/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Scottish STV a second time, for `verify vote` (governance.md, section 10): ballots stay where they are, each with the
 * value of its papers and the place of whoever holds them. Votes are integers of 1/100,000. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "vote.h"

#define ONE INT64_C(100000)

enum standing { HOPEFUL, ELECTED, DONE, EXCLUDED }; /* DONE: elected, and the surplus has gone on */

struct stv {
    struct ch_arena *arena;
    struct vote_papers *papers;
    size_t ballots;
    unsigned candidates;
    int64_t left, valid, quota; /* seats left; the quota in 1/100,000 */
    enum standing *standing;
    int64_t **votes; /* by stage from 1, then candidate */
    size_t stage;
    const char *seed;
    json_t *stages, *ties, *winners;
};

static bool is_of(const struct stv *s, unsigned c, enum standing standing)
{
    return s->standing[c] == standing;
}

static int64_t hopefuls(const struct stv *s)
{
    int64_t n = 0;
    for (unsigned c = 1; c <= s->candidates; c++)
        n += is_of(s, c, HOPEFUL);
    return n;
}

/* Gives the papers of a ballot to the next hopeful behind its holder. */
static void hand_on(struct stv *s, struct vote_papers *p)
{
    while (p->at < p->count && !is_of(s, p->numbers[p->at], HOPEFUL))
        p->at++;
    if (p->at < p->count)
        s->votes[s->stage][p->numbers[p->at]] += p->papers * p->value;
}

static void start_stage(struct stv *s)
{
    size_t size = s->candidates + 1;
    s->votes[++s->stage] = ch_alloc_array(s->arena, size, sizeof **s->votes);
    if (s->stage > 1)
        memcpy(s->votes[s->stage], s->votes[s->stage - 1], size * sizeof **s->votes);
}

/* All papers of a candidate move, at part/whole of their value. */
static void move_papers(struct stv *s, unsigned from, int64_t kept, int64_t part, int64_t whole)
{
    start_stage(s);
    s->votes[s->stage][from] = kept;
    for (size_t i = 0; i < s->ballots; i++) {
        struct vote_papers *p = &s->papers[i];
        if (p->at >= p->count || p->numbers[p->at] != from)
            continue;
        p->value = (int64_t)((__int128)part * p->value / whole);
        hand_on(s, p);
    }
}

/* Of those marked, those with most (or fewest) votes in a stage stay marked; how many. */
static unsigned sift(const struct stv *s, size_t stage, bool most, bool *marked)
{
    unsigned n = 0;
    int64_t best = 0;
    for (unsigned c = 1; c <= s->candidates; c++)
        if (marked[c] && (n++ == 0 || (most ? s->votes[stage][c] > best : s->votes[stage][c] < best)))
            best = s->votes[stage][c];
    n = 0;
    for (unsigned c = 1; c <= s->candidates; c++)
        n += marked[c] = marked[c] && s->votes[stage][c] == best;
    return n;
}

static unsigned lot(const struct stv *s, const bool *marked)
{
    char hex[65], least[65] = "~";
    unsigned chosen = 0;
    for (unsigned c = 1; c <= s->candidates; c++) {
        if (!marked[c])
            continue;
        const char *text = ch_printf(s->arena, "%s:%zu:%u", s->seed, s->stage + 1, c);
        ch_sha256_hex(text, strlen(text), hex);
        if (strcmp(hex, least) < 0) {
            memcpy(least, hex, sizeof least);
            chosen = c;
        }
    }
    return chosen;
}

static unsigned first_of(const struct stv *s, const bool *marked)
{
    unsigned c = 1;
    while (c <= s->candidates && !marked[c])
        c++;
    return c;
}

/* Whose turn it is: the one with the largest surplus, or the hopeful with the fewest votes; 0 for nobody. */
static unsigned pick(struct stv *s, bool surplus)
{
    bool *marked = ch_alloc_array(s->arena, s->candidates + 1, sizeof *marked);
    unsigned any = 0;
    for (unsigned c = 1; c <= s->candidates; c++)
        any += marked[c] = surplus ? is_of(s, c, ELECTED) && s->votes[s->stage][c] > s->quota : is_of(s, c, HOPEFUL);
    if (!any)
        return 0;
    unsigned n = sift(s, s->stage, surplus, marked);
    if (n == 1)
        return first_of(s, marked);
    json_t *tied = json_array();
    for (unsigned c = 1; c <= s->candidates; c++)
        if (marked[c])
            json_array_append_new(tied, json_integer(c));
    size_t earlier = s->stage;
    while (n > 1 && --earlier > 0)
        n = sift(s, earlier, surplus, marked);
    unsigned chosen = n == 1 ? first_of(s, marked) : lot(s, marked);
    json_array_append_new(s->ties, json_pack("{s:I, s:s, s:o, s:i, s:s, s:o}", "stage", (json_int_t)s->stage + 1, "for",
                                             surplus ? "surplus" : "exclusion", "candidates", tied, "chosen",
                                             (int)chosen, "by", n == 1 ? "earlier_stage" : "lot", "earlier_stage",
                                             n == 1 ? json_integer((json_int_t)earlier) : json_null()));
    return chosen;
}

/* True when a is listed before b: by votes, then by the latest stage that tells them apart, then by number. */
static bool is_before(const struct stv *s, unsigned a, unsigned b)
{
    for (size_t stage = s->stage; stage > 0; stage--)
        if (s->votes[stage][a] != s->votes[stage][b])
            return s->votes[stage][a] > s->votes[stage][b];
    return a < b;
}

/* Elects whoever reached the quota, or all who are left when they fill no more than the seats; in their order. */
static json_t *elect(struct stv *s)
{
    json_t *elected = json_array();
    bool all = hopefuls(s) <= s->left;
    for (;;) {
        unsigned next = 0;
        for (unsigned c = 1; c <= s->candidates; c++)
            if (is_of(s, c, HOPEFUL) && (all || s->votes[s->stage][c] >= s->quota) && (!next || is_before(s, c, next)))
                next = c;
        if (!next)
            return elected;
        s->standing[next] = ELECTED;
        s->left--;
        json_array_append_new(elected, json_integer(next));
        json_array_append_new(s->winners, json_integer(next));
    }
}

static json_t *figure(struct stv *s, int64_t votes)
{
    return json_string(ch_printf(s->arena, "%lld.%05lld", (long long)(votes / ONE), (long long)(votes % ONE)));
}

static void report(struct stv *s, const char *kind, unsigned candidate)
{
    json_t *votes = json_object(), *elected = elect(s);
    int64_t sum = 0;
    for (unsigned c = 1; c <= s->candidates; c++) {
        sum += s->votes[s->stage][c];
        json_object_set_new(votes, ch_printf(s->arena, "%u", c), figure(s, s->votes[s->stage][c]));
    }
    json_t *excluded = strcmp(kind, "exclusion") == 0 ? json_pack("[i]", (int)candidate) : json_array();
    json_array_append_new(s->stages, json_pack("{s:{s:s, s:o}, s:o, s:o, s:o, s:o}", "action", "kind", kind,
                                               "candidate", candidate ? json_integer(candidate) : json_null(), "votes",
                                               votes, "non_transferable", figure(s, s->valid * ONE - sum), "elected",
                                               elected, "excluded", excluded));
}

static void run(struct stv *s)
{
    while (s->left > 0 && hopefuls(s) > 0) {
        unsigned c = pick(s, true);
        if (c) {
            int64_t whole = s->votes[s->stage][c];
            s->standing[c] = DONE;
            move_papers(s, c, s->quota, whole - s->quota, whole);
            report(s, "surplus", c);
            continue;
        }
        c = pick(s, false);
        s->standing[c] = EXCLUDED;
        move_papers(s, c, 0, 1, 1);
        report(s, "exclusion", c);
    }
}

json_t *vote_stv(struct ch_arena *arena, struct vote_papers *papers, size_t ballots, unsigned candidates, int64_t seats,
                 const char *seed)
{
    struct stv s = {.arena = arena,
                    .papers = papers,
                    .ballots = ballots,
                    .candidates = candidates,
                    .left = seats,
                    .standing = ch_alloc_array(arena, candidates + 1, sizeof *s.standing),
                    .votes = ch_alloc_array(arena, candidates + 2, sizeof *s.votes),
                    .seed = seed,
                    .stages = json_array(),
                    .ties = json_array(),
                    .winners = json_array()};
    start_stage(&s);
    for (size_t i = 0; i < ballots; i++) {
        papers[i].value = ONE;
        s.valid += papers[i].count > 0 ? papers[i].papers : 0;
        hand_on(&s, &papers[i]);
    }
    int64_t quota = s.valid / (seats + 1) + 1;
    s.quota = quota * ONE;
    report(&s, "first_preferences", 0);
    run(&s);
    return ch_json_pack(arena, "{s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "method", "scottish-stv", "seats",
                        (json_int_t)seats, "valid", (json_int_t)s.valid, "quota", (json_int_t)quota, "stages", s.stages,
                        "winners", s.winners, "ties", s.ties);
}
