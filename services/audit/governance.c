/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of governance: votes on which no money rests (those are A2's), who sits where, the asset lock, and what
 * may only be tightened. What is compared stands in the queries of sql/functions/audit; elections and budget rounds are
 * counted again here, by the counting of `verify vote`, which the services do not share. */
#include <string.h>

#include "by_function.h"
#include "verify/vote.h"

/* They are few, and each may rest on a vote of any month. */
static const char OFFICES[] = AUDIT_ALWAYS("offices");
static const char ASSETS[] = AUDIT_ALWAYS("assets");
static const char RATCHET[] = AUDIT_ALWAYS("ratchet");

/* Findings of a function that takes a proposal. */
#define VOTE_FOUND_BY(call)                                                                                            \
    "SELECT 'proposal', $1, f.aspect, f.expected, f.found, NULL, NULL, f.about FROM audit." call                       \
    "($1::uuid) AS f ORDER BY f.aspect, f.expected"

AUDIT_JUDGE(judge_roll, VOTE_FOUND_BY("check_roll"))
AUDIT_JUDGE(judge_ballots, VOTE_FOUND_BY("check_ballots"))
AUDIT_JUDGE(judge_counts, VOTE_FOUND_BY("check_tally"))
AUDIT_JUDGE(judge_frozen, VOTE_FOUND_BY("check_frozen"))
AUDIT_JUDGE(judge_offices, AUDIT_FOUND_BY("check_offices"))
AUDIT_JUDGE(judge_register, AUDIT_FOUND_BY("check_assets"))
AUDIT_JUDGE(judge_lock, AUDIT_FOUND_BY("check_lock"))
AUDIT_JUDGE(judge_ratchet, AUDIT_FOUND_BY("check_ratchet"))

static const char CHOICES[] = "SELECT c.reading, c.count FROM audit.choices_of($1::uuid) AS c ORDER BY c.reading";

/* ---- elections and budget rounds ---- */

struct reading {
    struct audit *a;
    const char *proposal, *number;
};

static void differ(const struct reading *r, const char *aspect, const char *expected, const char *found,
                   const char *text)
{
    audit_add(r->a, &(struct audit_finding){.object_type = "proposal",
                                            .object_id = r->proposal,
                                            .aspect = ch_printf(r->a->arena, "%s of reading %s", aspect, r->number),
                                            .expected = expected,
                                            .found = found,
                                            .text = text});
}

static void compare(const struct reading *r, const char *aspect, const json_t *expected, const json_t *found,
                    const char *text)
{
    if (json_equal(expected, found))
        return;
    differ(r, aspect, expected ? ch_json_canonical(r->a->arena, expected, NULL) : "none",
           found ? ch_json_canonical(r->a->arena, found, NULL) : "none", text);
}

/* Choices that are none would not have been counted; they are told, and left out. */
static json_t *leave_out(const struct reading *r, const struct vote *vote)
{
    json_t *kept = ch_json_own(r->a->arena, json_array()), *one;
    size_t i;
    json_array_foreach(vote->opened, i, one)
    {
        const char *choice = json_string_value(json_object_get(one, "choice"));
        if (vote_options(vote, choice, strlen(choice)) >= 0)
            json_array_append(kept, one);
        else
            differ(r, ch_printf(r->a->arena, "choice %s", choice), "spoiled", "counted",
                   "what is no choice was taken for one");
    }
    return kept;
}

/* Who or what was chosen, and how it came to that, apart: each change is told once. */
static void judge_result(const struct reading *r, json_t *count)
{
    struct vote vote = {.arena = r->a->arena,
                        .bundle = count,
                        .rule = json_object_get(count, "rule"),
                        .opened = json_object_get(count, "opened"),
                        .unlinked = true};
    vote.opened = leave_out(r, &vote);
    const json_t *stored = json_object_get(json_object_get(count, "tally"), "result");
    json_t *counted = vote_result(&vote);
    const char *chosen = json_object_get(counted, "winners") ? "winners" : "selected", *key;
    const json_t *value;
    compare(r, chosen, json_object_get(counted, chosen), json_object_get(stored, chosen),
            "the ballots choose others than were announced");
    json_object_foreach(counted, key, value)
    {
        if (strcmp(key, chosen) != 0)
            compare(r, key, value, json_object_get(stored, key), "the ballots, counted again, give other figures");
    }
}

static bool judge_tally(struct audit *a, const char *proposal)
{
    PGresult *rows = judge_counts(a, proposal) ? audit_query(a, a->source, CHOICES, AUDIT_ARGS(proposal)) : NULL;
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        struct reading reading = {a, proposal, PQgetvalue(rows, i, 0)};
        json_t *count = ch_json_own(a->arena, json_loads(PQgetvalue(rows, i, 1), 0, NULL));
        judge_result(&reading, count);
    }
    return rows != NULL;
}

/* ---- the checks ---- */

static bool judge_assets(struct audit *a, const char *unit)
{
    return judge_register(a, unit) && judge_lock(a, unit);
}

bool audit_proposals(struct audit *a)
{
    static const struct {
        const char *id;
        bool (*judge)(struct audit *a, const char *proposal);
    } PARTS[] = {{"GOV-B1", judge_ballots}, {"GOV-F1", judge_frozen}, {"GOV-R1", judge_roll}, {"GOV-T1", judge_tally}};
    PGresult *units = audit_query(a, a->source, AUDIT_UNITS("units_proposals"), AUDIT_ARGS(a->months));
    bool good = units != NULL;
    for (size_t i = 0; good && i < sizeof PARTS / sizeof *PARTS; i++)
        good = !audit_begin_part(a, PARTS[i].id) || audit_units(a, units, PARTS[i].judge);
    return good;
}

bool audit_seats(struct audit *a)
{
    return audit_each_unit(a, OFFICES, judge_offices);
}

bool audit_assets(struct audit *a)
{
    return audit_each_unit(a, ASSETS, judge_assets);
}

bool audit_ratchet(struct audit *a)
{
    return audit_each_unit(a, RATCHET, judge_ratchet);
}
