/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Grants as parties see them, and the commands people give them. What time and other parts do to grants is
 * licensing.end_grants. */
#include "licensing.h"
#include "matrix.h"

CH_FUNCTION(do_command, "licensing.command_grant", "$1::uuid, $2::text, $3::uuid, $4::text, $5::jsonb");
LICENSING_READ(read_grant, "licensing.get_grant", "$1::uuid, $2::uuid");
LICENSING_READ(read_grants, "licensing.list_grants", "$1::uuid, $2::integer, $3::uuid");

struct command {
    const char *cause;
};

static const struct ch_field FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, command, cause, false, 1, 2000, NULL), {0}};

struct ch_done *licensing_command_grant(struct ch_request *request)
{
    struct command in = {0};
    const char *id = licensing_path_id(request, "id");
    const char *command = licensing_command(ch_arena_of(request), "grant", ch_path(request, "command"));
    struct ch_done *done = ch_decode(request, FIELDS, &in);
    if (done)
        return done;
    if (command == NULL)
        return ch_refuse(request, "no_route", "The matrix has no command %s.", ch_path(request, "command"));
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &do_command,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, command, ch_body_json(request)));
}

struct ch_done *licensing_get_grant(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_grant, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_get_grants(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    return done ? done : ch_call(request, &read_grants, CH_ARGS(licensing_actor(request), limit, after));
}
