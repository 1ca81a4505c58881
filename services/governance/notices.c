/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A member's notices, and which kinds of them are wanted. */
#include <string.h>

#include "core/shape.h"
#include "governance.h"

#define KINDS                                                                                                          \
    "discussion_opened voting_opened voting_reminder result in_force annulled referred steward_key_due "               \
    "steward_reveal_due case_opened case_due appeal_decided"

CH_FUNCTION(preferences_fn, "governance.set_notice_preferences", "$1::uuid, $2::jsonb");
CH_READ(list_fn, "governance.list_notices", "$1::uuid, $2::bigint, $3::integer");

struct ch_done *list_notices(struct ch_request *request)
{
    const char *after = ch_query(request, "after");
    const char *limit = ch_query(request, "limit") ?: "50";
    size_t digits = after ? strlen(after) : 1;
    if (!is_limit(limit) || digits == 0 || digits > 18 || (after && strspn(after, "0123456789") != digits))
        return ch_refuse(request, "bad_request", "limit is a number from 1 to 100, after the next of the page before");
    return ch_call(request, &list_fn, CH_ARGS(actor_argument(request), after, limit));
}

struct preferences {
    const json_t *switched_off;
};

static const struct ch_field PREFERENCES[] = {
    CH_FIELD(CH_FIELD_TEXTS, preferences, switched_off, true, 0, 12, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *put_notice_preferences(struct ch_request *request)
{
    static const struct ch_shape_key KIND = {"", CH_SHAPE_IS_CODE, 0, 0, 0, KINDS};
    struct preferences *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, PREFERENCES, body);
    if (refused)
        return refused;
    struct ch_complaints *list = ch_complaints_new(ch_arena_of(request));
    if (!ch_shape_each(list, body->switched_off, "/switched_off", &KIND))
        return ch_reply(request, "invalid", ch_complaints_text(list));
    return ch_call(request, &preferences_fn, CH_ARGS(actor_argument(request), ch_body_json(request)));
}
