/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a ballot file: refused with a slug, or an election within its bounds, whose count fills the seats and
 * neither loses nor makes a vote at any stage. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/governance/core/blt.h"

#define COUNTED_MAX 40 /* candidates; more take their time and show nothing new */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void check_ballots(const struct ch_stv_election *election)
{
    int64_t papers = 0;
    for (size_t i = 0; i < election->ballot_count; i++) {
        const struct ch_stv_ballot *ballot = &election->ballots[i];
        require(ballot->count >= 1 && ballot->preference_count <= election->candidates);
        papers += ballot->count;
        for (size_t p = 0; p < ballot->preference_count; p++)
            require(ballot->preferences[p] >= 1 && ballot->preferences[p] <= election->candidates);
    }
    require(papers <= CH_STV_PAPERS_MAX);
}

static void check_count(struct ch_arena *arena, const struct ch_stv_election *election)
{
    const struct ch_stv_result *result = ch_stv_count(arena, election);
    int64_t candidates = 0;
    for (size_t c = 1; c <= election->candidates; c++)
        candidates += !election->withdrawn[c];
    require((int64_t)result->winner_count == (candidates < election->seats ? candidates : election->seats));
    for (size_t s = 0; s < result->stage_count; s++) {
        int64_t sum = result->stages[s].non_transferable;
        require(sum >= 0);
        for (size_t c = 1; c <= election->candidates; c++)
            sum += result->stages[s].votes[c];
        require(sum == result->valid * CH_STV_VOTE);
    }
    require(ch_stv_text(arena, result) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_stv_election election;
    struct ch_calc_refusal refusal = {0};
    if (ch_blt_parse(arena, (const char *)bytes, size, &election, &refusal)) {
        check_ballots(&election);
        if (election.candidates <= COUNTED_MAX)
            check_count(arena, &election);
    } else {
        require(refusal.slug && refusal.detail && !refusal.pointer && refusal.line >= 0);
    }
    ch_arena_free(arena);
    return 0;
}
