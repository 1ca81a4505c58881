/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rules money is shared by, for everybody to read, and the judging of drafts. A draft is judged here, by the code
 * the calculators run: anybody may ask, and the database, which judges what is voted, is spared it. */
#include "payout_role.h"
#include "rule_verdict.h"

PAYOUT_READ(list_rules, "payout.list_rules", "$1::text");

struct ch_done *get_rules(struct ch_request *request)
{
    return ch_call(request, &list_rules, CH_ARGS(NULL));
}

struct ch_done *get_rule(struct ch_request *request)
{
    return ch_call(request, &list_rules, CH_ARGS(ch_path(request, "id")));
}

/* The document is the whole body, so it is read without a field table. */
struct ch_done *check_rule(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct ch_json_error error = {0};
    size_t size;
    const char *text = ch_body(request, &size);
    const json_t *draft = ch_json_parse(arena, text, size, &CH_JSON_BODY, &error);
    if (!draft)
        return ch_refuse(request, "not_json", "%s", error.detail);
    bool lawful;
    const char *verdict = rule_verdict(arena, draft, &lawful);
    return ch_reply(request, lawful ? "ok" : "rule_invalid", verdict);
}
