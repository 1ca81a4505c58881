/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What licensing publishes: purposes, the register of grants and of refusals; and trial evaluations of the stored terms
 * and consents for those who think of applying. */
#include <string.h>

#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"
#include "publish.h"

CH_READ(read_purposes, "licensing.list_purposes", "");
CH_READ(read_register, "licensing.list_register", "$1::text, $2::text, $3::text, $4::integer, $5::uuid");
CH_READ(read_refusals, "licensing.list_refusals", "$1::integer, $2::uuid");
CH_READ(load_evaluation, "licensing.load_evaluation", "$1::uuid, $2::jsonb");

struct trial {
    const char *pool, *purpose, *action, *mode, *region, *org_class;
    const json_t *columns;
};

static const struct ch_field TRIAL[] = {CH_FIELD(CH_FIELD_TEXT, trial, pool, true, 1, 36, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, trial, purpose, true, 1, 64, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, trial, action, true, 1, 32, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, trial, mode, true, 1, 32, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, trial, region, true, 1, 8, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, trial, org_class, false, 1, 32, NULL),
                                        CH_FIELD(CH_FIELD_TEXTS, trial, columns, true, 1, 200, NULL),
                                        {0}};

static struct ch_done *evaluated(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    json_t *faults;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *result = licensing_evaluate(arena, licensing_parse(arena, answer->body), &faults);
    if (result == NULL)
        return licensing_refuse_errors(request, "invalid", faults);
    const json_t *one = json_array_get(json_object_get(result, "evaluations"), 0);
    return ch_reply(request, "ok", ch_json_canonical(arena, json_object_get(one, "output"), NULL));
}

struct ch_done *licensing_evaluate_policy(struct ch_request *request)
{
    struct trial in = {0};
    struct ch_done *done = ch_decode(request, TRIAL, &in);
    if (done)
        return done;
    return ch_call_then(request, &load_evaluation, CH_ARGS(licensing_actor(request), ch_body_json(request)), evaluated);
}

struct ch_done *licensing_get_purposes(struct ch_request *request)
{
    return ch_call_then(request, &read_purposes, CH_NO_ARGS, licensing_publish_answer);
}

struct ch_done *licensing_get_register(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    if (done)
        return done;
    return ch_call_then(
        request, &read_register,
        CH_ARGS(ch_query(request, "pool"), ch_query(request, "state"), ch_query(request, "purpose"), limit, after),
        licensing_publish_answer);
}

struct ch_done *licensing_get_refusals(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    return done ? done : ch_call_then(request, &read_refusals, CH_ARGS(limit, after), licensing_publish_answer);
}
