/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Grants as parties see them, and the commands people give them. What time and other parts do to grants is
 * licensing.end_grants. */
#include <string.h>

#include "licensing.h"
#include "matrix.h"

CH_FUNCTION(do_command, "licensing.command_grant", "$1::uuid, $2::text, $3::uuid, $4::text, $5::jsonb");
CH_READ(read_grant, "licensing.get_grant", "$1::uuid, $2::uuid");
CH_READ(read_grants, "licensing.list_grants", "$1::uuid, $2::integer, $3::uuid");

struct command {
    const char *cause, *order, *statement, *done_on, *project;
    int64_t duration_days;
};

/* What a command asks for; the others take a cause, which is public. */
static const struct ch_field CAUSE[] = {CH_FIELD(CH_FIELD_TEXT, command, cause, false, 1, 2000, NULL), {0}};
static const struct ch_field ORDER[] = {CH_FIELD(CH_FIELD_UUID, command, order, true, 0, 0, NULL), {0}};
static const struct ch_field APPEAL[] = {CH_FIELD(CH_FIELD_TEXT, command, statement, true, 1, 10000, NULL), {0}};
static const struct ch_field REPORT[] = {CH_FIELD(CH_FIELD_TEXT, command, statement, true, 1, 10000, NULL),
                                         CH_FIELD(CH_FIELD_DATE, command, done_on, false, 0, 0, NULL),
                                         {0}};
static const struct ch_field RENEW[] = {CH_FIELD(CH_FIELD_INT, command, duration_days, false, 1, 1096, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, command, project, false, 1, 20000, NULL),
                                        {0}};

static const struct {
    const char *command;
    const struct ch_field *fields;
} BODIES[] = {{"suspend", ORDER}, {"resume", ORDER},  {"revoke", ORDER},
              {"appeal", APPEAL}, {"report", REPORT}, {"renew", RENEW}};

static const struct ch_field *fields_of(const char *command)
{
    for (size_t i = 0; i < sizeof BODIES / sizeof *BODIES; i++)
        if (strcmp(BODIES[i].command, command) == 0)
            return BODIES[i].fields;
    return CAUSE;
}

struct ch_done *licensing_command_grant(struct ch_request *request)
{
    struct command in = {0};
    const char *id = licensing_path_id(request, "id");
    const char *command = licensing_command(ch_arena_of(request), "grant", ch_path(request, "command"));
    if (command == NULL)
        return ch_refuse(request, "no_route", "The matrix has no command %s.", ch_path(request, "command"));
    struct ch_done *done = ch_decode(request, fields_of(command), &in);
    if (done)
        return done;
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
