/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accounts: accepting an invite, and changing a password. Passwords are hashed on the helper thread, never on the loop.
 */
#include <string.h>

#include "commonhold/json.h"
#include "portal.h"

CH_FUNCTION(accept_invite_fn, "portal.accept_invite", "$1::text, $2::bytea, $3::text");
CH_FUNCTION(find_password, "portal.find_password", "$1::uuid");
CH_FUNCTION(change_password_fn, "portal.change_password", "$1::uuid, $2::text, $3::text, $4::text");

struct acceptance {
    const char *email, *password;
    const char *email_hash;
    struct ch_arena *arena;
    const char *hash;
};

static const struct ch_field ACCEPTANCE[] = {
    CH_FIELD(CH_FIELD_TEXT, acceptance, email, true, 3, 254, NULL),
    CH_FIELD(CH_FIELD_TEXT, acceptance, password, true, 12, 128, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

static void hash_password(void *state)
{
    struct acceptance *in = state;
    in->hash = ch_password_hash(in->arena, in->password);
}

static struct ch_done *hashed(struct ch_request *request, void *state)
{
    const struct acceptance *in = state;
    return ch_call(request, &accept_invite_fn, CH_ARGS(ch_path(request, "code"), in->email_hash, in->hash));
}

struct ch_done *accept_invite(struct ch_request *request)
{
    struct acceptance *in = ch_alloc(ch_arena_of(request), sizeof *in);
    struct ch_done *refused = ch_decode(request, ACCEPTANCE, in);
    if (refused != NULL)
        return refused;
    in->email_hash = portal_email_argument(request, in->email);
    if (in->email_hash == NULL)
        return ch_reply(request, "invalid",
                        "{\"errors\":[{\"pointer\":\"/email\",\"detail\":\"this is no e-mail address\"}]}");
    in->arena = ch_arena_of(request);
    return ch_offload(request, hash_password, hashed, in);
}

struct password_change {
    const char *current, *password;
    const char *stored;
    struct ch_arena *arena;
    bool holds;
    const char *hash;
};

static const struct ch_field CHANGE[] = {
    CH_FIELD(CH_FIELD_TEXT, password_change, current, true, 1, 128, NULL),
    CH_FIELD(CH_FIELD_TEXT, password_change, password, true, 12, 128, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

static void check_and_hash(void *state)
{
    struct password_change *in = state;
    in->holds = ch_password_verify(in->current, in->stored);
    if (in->holds)
        in->hash = ch_password_hash(in->arena, in->password);
}

static struct ch_done *checked(struct ch_request *request, void *state)
{
    const struct password_change *in = state;
    if (!in->holds)
        return ch_refuse(request, "sign_in_refused", "the current password is wrong");
    const struct ch_actor *actor = ch_actor(request);
    return ch_call(request, &change_password_fn,
                   CH_ARGS(actor->id, in->stored, in->hash, json_string_value(json_object_get(actor->claims, "csrf"))));
}

static struct ch_done *password_found(struct ch_request *request, const struct ch_answer *answer)
{
    struct password_change *in = ch_state(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_json_error error;
    const json_t *row = ch_json_parse(ch_arena_of(request), answer->body, strlen(answer->body), &CH_JSON_BODY, &error);
    in->stored = json_string_value(json_object_get(row, "password"));
    in->arena = ch_arena_of(request);
    return ch_offload(request, check_and_hash, checked, in);
}

struct ch_done *change_password(struct ch_request *request)
{
    struct password_change *in = ch_alloc(ch_arena_of(request), sizeof *in);
    struct ch_done *refused = ch_decode(request, CHANGE, in);
    if (refused != NULL)
        return refused;
    ch_set_state(request, in);
    return ch_call_then(request, &find_password, CH_ARGS(ch_actor(request)->id), password_found);
}
