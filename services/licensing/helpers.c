/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Small things the handlers and jobs of licensing need: who acts, paging, field errors, a job's next try. No
 * rule lives here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"
#include "commonhold/json.h"
#include "commonhold/jwt.h"
#include "licensing.h"

#define PAGE_MOST 100

struct licensing *licensing_of(const struct ch_request *request)
{
    return ch_context(request)->state;
}

const char *licensing_actor(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->known && actor->id[0] ? actor->id : NULL;
}

const char *licensing_path_id(const struct ch_request *request, const char *name)
{
    uint8_t bytes[16];
    const char *id = ch_path(request, name);
    return ch_id_parse(id, bytes) ? id : NULL;
}

static bool is_limit(const char *text)
{
    size_t length = strspn(text, "0123456789");
    long value = length > 0 && length <= 3 && !text[length] ? strtol(text, NULL, 10) : 0;
    return value >= 1 && value <= PAGE_MOST;
}

struct ch_done *licensing_page(struct ch_request *request, bool uuid, const char **limit, const char **after)
{
    uint8_t bytes[16];
    *limit = ch_query(request, "limit");
    *after = ch_query(request, "after");
    if (*limit == NULL)
        *limit = "50";
    if (!is_limit(*limit))
        return ch_refuse(request, "bad_request", "limit is not an integer from 1 to %d.", PAGE_MOST);
    if (*after && uuid && !ch_id_parse(*after, bytes))
        return ch_refuse(request, "bad_request", "after is not a cursor of this list.");
    return NULL;
}

struct ch_done *licensing_refuse_errors(struct ch_request *request, const char *outcome, const json_t *errors)
{
    struct ch_arena *arena = ch_arena_of(request);
    return ch_reply(request, outcome, ch_json_canonical(arena, ch_json_pack(arena, "{s:O}", "errors", errors), NULL));
}

struct ch_done *licensing_refuse_field(struct ch_request *request, const char *pointer, const char *detail)
{
    json_t *errors = ch_json_pack(ch_arena_of(request), "[{s:s,s:s}]", "pointer", pointer, "detail", detail);
    return licensing_refuse_errors(request, "invalid", errors);
}

struct ch_done *licensing_read_jwk(struct ch_request *request, const json_t *jwk, struct licensing_jwk *key)
{
    struct ch_arena *arena = ch_arena_of(request);
    uint8_t bytes[32];
    const char *member, *fault = ch_jwk_read(jwk, bytes, key->kid, &member);
    if (fault)
        return licensing_refuse_field(request, ch_printf(arena, "/jwk%s", member), fault);
    key->x = ch_base64url(arena, bytes, sizeof bytes);
    return NULL;
}

enum ch_job_result licensing_later(struct ch_job *job, const char *why)
{
    snprintf(job->reason, sizeof job->reason, "%s", why);
    return CH_JOB_RETRY;
}

json_t *licensing_parse(struct ch_arena *arena, const char *text)
{
    json_error_t error;
    json_t *tree = json_loads(text ? text : "null", JSON_DECODE_ANY, &error);
    if (tree == NULL)
        abort();
    return ch_json_own(arena, tree);
}

json_t *licensing_body(struct ch_request *request)
{
    return licensing_parse(ch_arena_of(request), ch_body_json(request));
}
