/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rolls, named votes and what they came to. */
#include <string.h>

#include "governance.h"

CH_FUNCTION(cast_fn, "governance.cast_named_vote", "$1::uuid, $2::uuid, $3::jsonb");
CH_READ(roll_fn, "governance.get_roll", "$1::uuid, $2::uuid, $3::integer, $4::uuid, $5::integer");
CH_READ(check_fn, "governance.check_self", "$1::uuid, $2::uuid");
CH_READ(turnout_fn, "governance.get_turnout", "$1::uuid, $2::uuid");

struct vote {
    const char *choice;
};

static const struct ch_field VOTE[] = {
    CH_FIELD(CH_FIELD_CODE, vote, choice, true, 0, 0, "yes no abstain"),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *cast_named_vote(struct ch_request *request)
{
    struct vote *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, VOTE, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &cast_fn, CH_ARGS(actor_argument(request), id, ch_body_json(request)));
}

const char *reading_argument(struct ch_request *request, struct ch_done **refused)
{
    const char *reading = ch_query(request, "reading");
    if (reading && strcmp(reading, "1") != 0 && strcmp(reading, "2") != 0)
        *refused = ch_refuse(request, "bad_request", "reading is 1 or 2");
    return reading;
}

struct ch_done *get_roll(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    const char *reading = refused ? NULL : reading_argument(request, &refused);
    if (refused || !read_page(request, &page, &refused))
        return refused;
    return ch_call_then(request, &roll_fn, CH_ARGS(actor_argument(request), id, reading, page.after, page.limit),
                        reply_opened);
}

struct ch_done *check_self(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &check_fn, CH_ARGS(actor_argument(request), id));
}

struct ch_done *get_turnout(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &turnout_fn, CH_ARGS(actor_argument(request), id));
}
