/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The result of an STV count as the published JSON line. */
#include "calc_out.h"
#include "stv.h"

#include <inttypes.h>

static const char *const ACTIONS[] = {"first_preferences", "surplus", "exclusion"};

/* "2.85710" */
static void put_votes(struct ch_calc_out *out, int64_t votes)
{
    ch_calc_put(out, "\"%" PRId64 ".%05" PRId64 "\"", votes / CH_STV_VOTE, votes % CH_STV_VOTE);
}

static void put_candidates(struct ch_calc_out *out, const char *name, const unsigned *candidates, size_t count)
{
    ch_calc_put(out, "\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        ch_calc_put(out, "%s%u", i ? "," : "", candidates[i]);
    ch_calc_put(out, "]");
}

/* `number`, or null for 0. */
static void put_or_null(struct ch_calc_out *out, const char *name, size_t number)
{
    if (number)
        ch_calc_put(out, "\"%s\":%zu", name, number);
    else
        ch_calc_put(out, "\"%s\":null", name);
}

static void put_stage(struct ch_calc_out *out, const struct ch_stv_election *election, const struct ch_stv_stage *stage)
{
    const char *comma = "";
    ch_calc_put(out, "{\"action\":{\"kind\":\"%s\",", ACTIONS[stage->action]);
    put_or_null(out, "candidate", stage->candidate);
    ch_calc_put(out, "},\"votes\":{");
    for (unsigned c = 1; c <= election->candidates; c++) {
        if (election->withdrawn && election->withdrawn[c])
            continue;
        ch_calc_put(out, "%s\"%u\":", comma, c);
        put_votes(out, stage->votes[c]);
        comma = ",";
    }
    ch_calc_put(out, "},\"non_transferable\":");
    put_votes(out, stage->non_transferable);
    ch_calc_put(out, ",");
    put_candidates(out, "elected", stage->elected, stage->elected_count);
    ch_calc_put(out, ",");
    put_candidates(out, "excluded", &stage->candidate, stage->action == CH_STV_EXCLUSION);
    ch_calc_put(out, "}");
}

static void put_tie(struct ch_calc_out *out, const struct ch_stv_tie *tie)
{
    ch_calc_put(out, "{\"stage\":%zu,\"for\":\"%s\",", tie->stage, ACTIONS[tie->action]);
    put_candidates(out, "candidates", tie->candidates, tie->candidate_count);
    ch_calc_put(out, ",\"chosen\":%u,\"by\":\"%s\",", tie->chosen, tie->earlier_stage ? "earlier_stage" : "lot");
    put_or_null(out, "earlier_stage", tie->earlier_stage);
    ch_calc_put(out, "}");
}

char *ch_stv_text(struct ch_arena *arena, const struct ch_stv_result *result)
{
    struct ch_calc_out out = {.arena = arena};
    ch_calc_put(&out,
                "{\"method\":\"scottish-stv\",\"seats\":%" PRId64 ",\"valid\":%" PRId64 ",\"quota\":%" PRId64
                ",\"stages\":[",
                result->election->seats, result->valid, result->quota);
    for (size_t i = 0; i < result->stage_count; i++) {
        ch_calc_put(&out, "%s", i ? "," : "");
        put_stage(&out, result->election, &result->stages[i]);
    }
    ch_calc_put(&out, "],");
    put_candidates(&out, "winners", result->winners, result->winner_count);
    ch_calc_put(&out, ",\"ties\":[");
    for (size_t i = 0; i < result->tie_count; i++) {
        ch_calc_put(&out, "%s", i ? "," : "");
        put_tie(&out, &result->ties[i]);
    }
    ch_calc_put(&out, "]}");
    return out.text;
}
