/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counts a Scottish STV election, stage by stage. Papers that say the same move as one parcel, so the work follows what
 * people wanted, not how many they were. All arithmetic is in integers: a transfer value is cut, never rounded, and
 * what that loses is reported with the exhausted papers as non-transferable. Where ballots come from and how the result
 * is written is the business of others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "stv.h"

/* Papers with the same preferences. They lie in the pile of one candidate, or in none once nobody is left on them. */
struct parcel {
    const uint16_t *next, *end; /* preferences that were not reached yet */
    int64_t papers;
    int64_t value; /* of each paper: CH_STV_VOTE, less after each surplus it was part of */
    struct parcel *below;
};

/* The withdrawn are passed over on every paper, which is what striking them out comes to. */
enum standing { HOPEFUL, ELECTED, EXCLUDED, WITHDRAWN };

/* All arrays go by candidate; [0] is not used. */
struct count {
    struct ch_arena *arena;
    const struct ch_stv_election *election;
    struct ch_stv_result *result;
    struct ch_stv_stage *stage; /* the one being counted */
    enum standing *standing;
    struct parcel **pile;
    int64_t quota; /* in the unit of votes */
    int64_t hopefuls, seats_left;
};

/* ---- papers ---- */

/* Some order in which equal papers are neighbours. */
static int compare_papers(const void *left, const void *right)
{
    const struct ch_stv_ballot *a = *(const struct ch_stv_ballot *const *)left;
    const struct ch_stv_ballot *b = *(const struct ch_stv_ballot *const *)right;
    if (a->preference_count != b->preference_count)
        return a->preference_count < b->preference_count ? -1 : 1;
    return memcmp(a->preferences, b->preferences, a->preference_count * sizeof *a->preferences);
}

/* The ballots that say something, equal ones side by side. */
static const struct ch_stv_ballot **sort_ballots(const struct count *count, size_t *found)
{
    const struct ch_stv_election *election = count->election;
    const struct ch_stv_ballot **sorted = ch_alloc_array(count->arena, election->ballot_count, sizeof *sorted);
    *found = 0;
    for (size_t i = 0; i < election->ballot_count; i++) {
        if (election->ballots[i].preference_count > 0)
            sorted[(*found)++] = &election->ballots[i];
    }
    qsort(sorted, *found, sizeof *sorted, compare_papers);
    return sorted;
}

/* Gives a parcel to its next hopeful. False when there is none: its papers are exhausted. */
static bool pass_on(struct count *count, struct parcel *parcel)
{
    while (parcel->next < parcel->end && count->standing[*parcel->next] != HOPEFUL)
        parcel->next++;
    if (parcel->next == parcel->end)
        return false;
    unsigned candidate = *parcel->next++;
    parcel->below = count->pile[candidate];
    count->pile[candidate] = parcel;
    count->stage->votes[candidate] += parcel->papers * parcel->value;
    return true;
}

/* ---- stages ---- */

/* The next stage; votes are those of the one before until papers move. */
static void begin_stage(struct count *count, enum ch_stv_action action, unsigned candidate)
{
    struct ch_stv_result *result = count->result;
    size_t size = (count->election->candidates + 1) * sizeof(int64_t);
    int64_t *votes =
        count->stage ? (int64_t *)ch_memdup(count->arena, count->stage->votes, size) : ch_alloc(count->arena, size);
    count->stage = &result->stages[result->stage_count++];
    *count->stage = (struct ch_stv_stage){.action = action, .candidate = candidate, .votes = votes};
}

static void count_first_preferences(struct count *count)
{
    size_t ballots;
    const struct ch_stv_ballot **ballot = sort_ballots(count, &ballots);
    begin_stage(count, CH_STV_FIRST_PREFERENCES, 0);
    for (size_t first = 0, i = 0; first < ballots; first = i) {
        struct parcel *parcel = ch_alloc(count->arena, sizeof *parcel);
        parcel->next = ballot[first]->preferences;
        parcel->end = parcel->next + ballot[first]->preference_count;
        parcel->value = CH_STV_VOTE;
        for (i = first; i < ballots && compare_papers(&ballot[i], &ballot[first]) == 0; i++)
            parcel->papers += ballot[i]->count;
        if (pass_on(count, parcel))
            count->result->valid += parcel->papers;
    }
}

/* Rule 48: each paper of the elected candidate goes on at the part of its value that the surplus is of the total. The
 * product needs more than 64 bits: up to 2^31 papers of 100,000, times 100,000. */
static void transfer_surplus(struct count *count, unsigned candidate)
{
    int64_t total = count->stage->votes[candidate], surplus = total - count->quota;
    begin_stage(count, CH_STV_SURPLUS, candidate);
    count->stage->votes[candidate] = count->quota;
    for (struct parcel *parcel = count->pile[candidate], *below; parcel; parcel = below) {
        below = parcel->below;
        parcel->value = (int64_t)((__int128)surplus * parcel->value / total);
        pass_on(count, parcel);
    }
}

/* Rule 50: the papers of an excluded candidate go on at the value they have. */
static void exclude(struct count *count, unsigned candidate)
{
    begin_stage(count, CH_STV_EXCLUSION, candidate);
    count->stage->votes[candidate] = 0;
    count->standing[candidate] = EXCLUDED;
    count->hopefuls--;
    for (struct parcel *parcel = count->pile[candidate], *below; parcel; parcel = below) {
        below = parcel->below;
        pass_on(count, parcel);
    }
}

/* ---- choosing whose papers move ---- */

/* Keeps those of the candidates who had the most votes (or the fewest) in a stage, in their order; how many. */
static size_t keep_extreme(const struct ch_stv_stage *stage, bool most, unsigned *candidates, size_t number)
{
    size_t kept = 0;
    for (size_t i = 0; i < number; i++) {
        int64_t votes = stage->votes[candidates[i]], best = kept ? stage->votes[candidates[0]] : votes;
        if (most ? votes > best : votes < best)
            kept = 0;
        if (votes == best || kept == 0)
            candidates[kept++] = candidates[i];
    }
    return kept;
}

/* The hash by which a lot is drawn: anybody can draw it again. */
static void lot_hash(const struct count *count, unsigned candidate, uint8_t hash[32])
{
    char seed[65], text[128];
    ch_hex(count->election->lot_seed, 32, seed);
    int size = snprintf(text, sizeof text, "%s:%zu:%u", seed, count->result->stage_count + 1, candidate);
    ch_sha256(text, (size_t)size, hash);
}

static unsigned draw_lot(const struct count *count, const unsigned *candidates, size_t number)
{
    uint8_t smallest[32], hash[32];
    unsigned chosen = candidates[0];
    lot_hash(count, chosen, smallest);
    for (size_t i = 1; i < number; i++) {
        lot_hash(count, candidates[i], hash);
        if (memcmp(hash, smallest, sizeof hash) < 0) {
            memcpy(smallest, hash, sizeof hash);
            chosen = candidates[i];
        }
    }
    return chosen;
}

/* Rules 49 and 51: the latest stage in which the tied differ decides between them, and where several remain the one
 * before it; the lot, where no stage does. Changes `candidates`. */
static unsigned break_tie(struct count *count, enum ch_stv_action action, unsigned *candidates, size_t number)
{
    struct ch_stv_result *result = count->result;
    struct ch_stv_tie *tie = &result->ties[result->tie_count++];
    *tie = (struct ch_stv_tie){.stage = result->stage_count + 1, .action = action, .candidate_count = number};
    tie->candidates = (const unsigned *)ch_memdup(count->arena, candidates, number * sizeof *candidates);
    size_t stage = result->stage_count;
    while (number > 1 && --stage > 0)
        number = keep_extreme(&result->stages[stage - 1], action == CH_STV_SURPLUS, candidates, number);
    tie->earlier_stage = stage;
    tie->chosen = number == 1 ? candidates[0] : draw_lot(count, candidates, number);
    return tie->chosen;
}

/* The elected candidate with the largest surplus, or the hopeful with the fewest votes; 0 when there is none. */
static unsigned choose(struct count *count, enum ch_stv_action action)
{
    unsigned candidates[CH_STV_CANDIDATES_MAX];
    size_t number = 0;
    bool surplus = action == CH_STV_SURPLUS;
    for (unsigned c = 1; c <= count->election->candidates; c++) {
        bool may_be = surplus ? count->standing[c] == ELECTED && count->stage->votes[c] > count->quota
                              : count->standing[c] == HOPEFUL;
        if (may_be)
            candidates[number++] = c;
    }
    number = keep_extreme(count->stage, surplus, candidates, number);
    if (number < 2)
        return number ? candidates[0] : 0;
    return break_tie(count, action, candidates, number);
}

/* ---- electing ---- */

/* By votes, then by the latest stage in which two differ, then by number. */
static int compare_elected(const void *left, const void *right, void *context)
{
    const struct ch_stv_result *result = context;
    unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    for (size_t s = result->stage_count; s > 0; s--) {
        const int64_t *votes = result->stages[s - 1].votes;
        if (votes[a] != votes[b])
            return votes[a] > votes[b] ? -1 : 1;
    }
    return a < b ? -1 : 1;
}

static int64_t non_transferable(const struct count *count)
{
    int64_t left = count->result->valid * CH_STV_VOTE;
    for (size_t c = 1; c <= count->election->candidates; c++)
        left -= count->stage->votes[c];
    return left;
}

/* Rules 47 and 52: who reached the quota is elected, and everybody who is left when they fill no more than the seats.
 * The latter have fewer votes than the former, so one order serves both. */
static void end_stage(struct count *count)
{
    struct ch_stv_result *result = count->result;
    unsigned *elected = result->winners + result->winner_count;
    bool fill_up = count->hopefuls <= count->seats_left;
    size_t number = 0;
    for (unsigned c = 1; c <= count->election->candidates; c++) {
        if (count->standing[c] != HOPEFUL || (!fill_up && count->stage->votes[c] < count->quota))
            continue;
        count->standing[c] = ELECTED;
        elected[number++] = c;
    }
    qsort_r(elected, number, sizeof *elected, compare_elected, result);
    count->stage->elected = elected;
    count->stage->elected_count = number;
    count->stage->non_transferable = non_transferable(count);
    result->winner_count += number;
    count->hopefuls -= (int64_t)number;
    count->seats_left -= (int64_t)number;
}

static void next_stage(struct count *count)
{
    unsigned candidate = choose(count, CH_STV_SURPLUS);
    if (candidate)
        transfer_surplus(count, candidate);
    else
        exclude(count, choose(count, CH_STV_EXCLUSION));
}

/* Each candidate's papers move once at most, so there are no more stages than candidates behind the first, and a tie
 * before each. */
static void set_up(struct count *count)
{
    size_t candidates = count->election->candidates;
    struct ch_stv_result *result = count->result = ch_alloc(count->arena, sizeof *result);
    result->election = count->election;
    result->stages = ch_alloc_array(count->arena, candidates + 1, sizeof *result->stages);
    result->ties = ch_alloc_array(count->arena, candidates, sizeof *result->ties);
    result->winners = ch_alloc_array(count->arena, candidates, sizeof *result->winners);
    count->standing = ch_alloc_array(count->arena, candidates + 1, sizeof *count->standing);
    count->pile = ch_alloc_array(count->arena, candidates + 1, sizeof *count->pile);
    count->seats_left = count->election->seats;
    for (size_t c = 1; c <= candidates; c++) {
        bool withdrawn = count->election->withdrawn && count->election->withdrawn[c];
        count->standing[c] = withdrawn ? WITHDRAWN : HOPEFUL;
        count->hopefuls += !withdrawn;
    }
}

struct ch_stv_result *ch_stv_count(struct ch_arena *arena, const struct ch_stv_election *election)
{
    struct count count = {.arena = arena, .election = election};
    set_up(&count);
    count_first_preferences(&count);
    count.result->quota = count.result->valid / (election->seats + 1) + 1;
    count.quota = count.result->quota * CH_STV_VOTE;
    end_stage(&count);
    while (count.hopefuls > 0 && count.seats_left > 0) {
        next_stage(&count);
        end_stage(&count);
    }
    return count.result;
}
