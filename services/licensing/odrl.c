/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Terms and agreements as ODRL: loads the stored document and lets core/odrl.c render it. The rendering is derived;
 * what was hashed and signed is the document itself. */
#include <string.h>

#include "commonhold/json.h"
#include "core/odrl.h"
#include "licensing.h"
#include "publish.h"

#define LD "application/ld+json"

CH_READ(read_terms, "licensing.get_terms", "$1::uuid, $2::uuid");
CH_READ(read_agreement, "licensing.get_agreement", "$1::uuid, $2::uuid");
CH_READ(read_pool, "licensing.get_pool", "$1::uuid, $2::text");

static struct ch_done *rendered_terms(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct ch_faults faults;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const json_t *body = licensing_parse(arena, answer->body);
    ch_faults_init(&faults, arena);
    struct ch_terms *terms = ch_terms_parse(&faults, NULL, json_object_get(body, "doc"));
    json_t *offers = terms ? ch_odrl_offers(arena, terms, NULL) : NULL;
    if (offers == NULL)
        return ch_refuse(request, "not_allowed_here",
                         "This draft has errors that ODRL has no words for: see its review.");
    const char *text = ch_json_canonical(arena, ch_odrl_document(arena, offers), NULL);
    return licensing_publish_text(request, LD, text);
}

struct ch_done *licensing_get_terms_odrl(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call_then(request, &read_terms, CH_ARGS(licensing_actor(request), id), rendered_terms);
}

/* The agreement as it was loaded first; its pool's id, which the body does not say, comes with the second answer. */
static struct ch_done *rendered_agreement(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *loaded = ch_state(request), *body = json_object_get(loaded, "body");
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const char *pool = ch_text_of(licensing_parse(arena, answer->body), "id");
    struct ch_odrl_parties parties = {
        .id = ch_printf(arena, "urn:uuid:%s", ch_text_of(loaded, "id")),
        .target = ch_printf(arena, "urn:uuid:%s", pool),
        .assigner = ch_context(request)->issuer,
        .assignee = ch_printf(arena, "urn:uuid:%s", ch_text_of(body, "licensee")),
    };
    json_t *agreement = ch_odrl_agreement(arena, body, &parties);
    if (agreement == NULL)
        return ch_refuse(request, "not_allowed_here", "This agreement was made in a form that cannot be rendered.");
    const char *text = ch_json_canonical(arena, ch_odrl_agreement_document(arena, agreement), NULL);
    return licensing_publish_text(request, LD, text);
}

static struct ch_done *find_pool(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *loaded = licensing_parse(arena, answer->body);
    ch_set_state(request, loaded);
    return ch_call_then(request, &read_pool,
                        CH_ARGS(licensing_actor(request), ch_text_of(json_object_get(loaded, "body"), "pool")),
                        rendered_agreement);
}

struct ch_done *licensing_get_agreement_odrl(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call_then(request, &read_agreement, CH_ARGS(licensing_actor(request), id), find_pool);
}
