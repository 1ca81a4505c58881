/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands of the matrix on an application, POST /applications/{id}/{command}: which members the body of each has. Who
 * may do it in which state is decided in SQL, where the state is. */
#include <string.h>

#include "commonhold/json.h"
#include "licensing.h"
#include "matrix.h"

#define QUESTION_BYTES 4000

CH_FUNCTION(do_command, "licensing.command_application",
            "$1::uuid, $2::text, $3::uuid, $4::text, $5::bigint, $6::jsonb");

struct command {
    const char *text, *person_id, *application_id, *choice, *reason_code, *reason_text, *reason;
    const json_t *questions, *answers, *conditions;
};

#define TEXT CH_FIELD(CH_FIELD_TEXT, command, text, false, 1, 4000, NULL)
static const struct ch_field PLAIN[] = {TEXT, {0}};
static const struct ch_field ASK[] = {TEXT, CH_FIELD(CH_FIELD_TEXTS, command, questions, false, 1, 20, NULL), {0}};
static const struct ch_field SUBMIT[] = {TEXT, CH_FIELD(CH_FIELD_ARRAY, command, answers, false, 0, 20, NULL), {0}};
static const struct ch_field INVITE[] = {CH_FIELD(CH_FIELD_UUID, command, person_id, true, 0, 0, NULL), {0}};
static const struct ch_field COPY[] = {CH_FIELD(CH_FIELD_UUID, command, application_id, false, 0, 0, NULL), {0}};
static const struct ch_field CONFLICT[] = {CH_FIELD(CH_FIELD_TEXT, command, reason, true, 1, 4000, NULL), {0}};
static const struct ch_field VOTE[] = {CH_FIELD(CH_FIELD_CODE, command, choice, true, 0, 0, "yes no"),
                                       CH_FIELD(CH_FIELD_TEXT, command, reason_code, true, 1, 64, NULL),
                                       CH_FIELD(CH_FIELD_TEXT, command, reason_text, true, 1, 4000, NULL),
                                       CH_FIELD(CH_FIELD_ARRAY, command, conditions, false, 0, 50, NULL),
                                       {0}};

static const struct form {
    const char *command;
    const struct ch_field *fields;
} FORMS[] = {{"ask", ASK},  {"submit", SUBMIT}, {"invite", INVITE}, {"copy_from", COPY}, {"declare_conflict", CONFLICT},
             {"vote", VOTE}};

static const struct ch_field *fields_of(const char *command)
{
    for (size_t i = 0; command && i < sizeof FORMS / sizeof *FORMS; i++)
        if (strcmp(FORMS[i].command, command) == 0)
            return FORMS[i].fields;
    return PLAIN;
}

static bool is_text(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) >= 1 && json_string_length(value) <= QUESTION_BYTES;
}

/* Questions are texts; answers {"question": number of the question from 0, "text"}. */
static struct ch_done *check_lists(struct ch_request *request, const struct command *in)
{
    struct ch_arena *arena = ch_arena_of(request);
    for (size_t i = 0; i < json_array_size(in->questions); i++)
        if (!is_text(json_array_get(in->questions, i)))
            return licensing_refuse_field(request, ch_printf(arena, "/questions/%zu", i),
                                          "must be a text of 1 to 4000 bytes");
    for (size_t i = 0; i < json_array_size(in->answers); i++) {
        const json_t *one = json_array_get(in->answers, i), *number = json_object_get(one, "question");
        if (json_object_size(one) != 2 || !is_text(json_object_get(one, "text")) || !json_is_integer(number) ||
            json_integer_value(number) < 0 || json_integer_value(number) > 19)
            return licensing_refuse_field(request, ch_printf(arena, "/answers/%zu", i),
                                          "must be {question: its number from 0, text: 1 to 4000 bytes}");
    }
    return NULL;
}

struct ch_done *licensing_command_application(struct ch_request *request)
{
    struct command in = {0};
    const char *version = NULL, *id = licensing_path_id(request, "id");
    const char *command = licensing_command(ch_arena_of(request), "application", ch_path(request, "command"));
    if (command && strcmp(command, "accept") == 0)
        return licensing_accept_offer(request);
    if (command && strcmp(command, "edit") == 0)
        return licensing_patch_application(request);
    struct ch_done *done = ch_decode(request, fields_of(command), &in);
    if (done == NULL)
        done = check_lists(request, &in);
    if (done == NULL && ch_header(request, "If-Match"))
        done = ch_if_match(request, &version);
    if (done)
        return done;
    if (command == NULL)
        return ch_refuse(request, "no_route", "The matrix has no command %s.", ch_path(request, "command"));
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(
        request, &do_command,
        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, command, version, ch_body_json(request)));
}
