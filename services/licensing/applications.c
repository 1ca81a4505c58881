/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Applications: drafts and edits. Commands of the matrix are in application_commands.c, the match is a job
 * (screening.c).
 */
#include <string.h>

#include "commonhold/json.h"
#include "licensing.h"

#define PERSON_BYTES 480 /* of a name or role: 120 characters of 4 bytes */

CH_FUNCTION(set_quotas, "licensing.set_quotas", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(create_application, "licensing.create_application", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(edit_application, "licensing.edit_application", "$1::uuid, $2::uuid, $3::bigint, $4::jsonb");
CH_READ(read_application, "licensing.get_application", "$1::uuid, $2::uuid");
CH_READ(read_applications, "licensing.list_applications", "$1::uuid, $2::text, $3::integer, $4::uuid");
CH_READ(read_events, "licensing.list_application_events", "$1::uuid, $2::uuid");

struct application {
    const char *pool, *purpose, *region, *project, *restriction, *bundle_id, *copied_from;
    const json_t *actions, *columns, *modes, *people, *private;
    int64_t duration_days;
};

/* All of them may be missing: an application is complete when it is submitted. */
#define DETAILS                                                                                                        \
    CH_FIELD(CH_FIELD_TEXT, application, pool, false, 1, 36, NULL),                                                    \
        CH_FIELD(CH_FIELD_TEXT, application, purpose, false, 1, 64, NULL),                                             \
        CH_FIELD(CH_FIELD_TEXTS, application, actions, false, 0, 8, NULL),                                             \
        CH_FIELD(CH_FIELD_TEXTS, application, columns, false, 0, 200, NULL),                                           \
        CH_FIELD(CH_FIELD_TEXTS, application, modes, false, 0, 4, NULL),                                               \
        CH_FIELD(CH_FIELD_TEXT, application, region, false, 2, 8, NULL),                                               \
        CH_FIELD(CH_FIELD_INT, application, duration_days, false, 1, 1096, NULL),                                      \
        CH_FIELD(CH_FIELD_TEXT, application, project, false, 1, 20000, NULL),                                          \
        CH_FIELD(CH_FIELD_TEXT, application, restriction, false, 0, 4000, NULL),                                       \
        CH_FIELD(CH_FIELD_ARRAY, application, people, false, 0, 100, NULL),                                            \
        CH_FIELD(CH_FIELD_TEXTS, application, private, false, 0, 3, NULL)

static const struct ch_field DRAFT[] = {CH_FIELD(CH_FIELD_UUID, application, bundle_id, false, 0, 0, NULL),
                                        CH_FIELD(CH_FIELD_UUID, application, copied_from, false, 0, 0, NULL),
                                        DETAILS,
                                        {0}};
static const struct ch_field CHANGE[] = {DETAILS, {0}};

/* Which purposes, actions, modes and columns exist is for the match to judge, by the terms and the pool's schema of the
 * day: an application may be saved with words that nothing permits. Only what no terms could make sense of is refused
 * here: core/policy.c goes through each list once and takes a word that is there twice for two wishes. */
static bool has_repeats(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t k = 0; k < i; k++)
            if (json_equal(json_array_get(list, i), json_array_get(list, k)))
                return true;
    return false;
}

static bool is_line(const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return length <= PERSON_BYTES && strspn(text, " ") < length;
}

/* Who will have access: {"name", "role"}, one line each, nothing else. NULL or what is wrong, at *member of `person`.
 */
static const char *fault_of_person(const json_t *person, const char **member)
{
    static const char *const NAMES[] = {"name", "role"}, *const POINTERS[] = {"/name", "/role"};
    *member = "";
    if (!json_is_object(person) || json_object_size(person) > 2)
        return "must be an object of name and role, no others";
    for (size_t i = 0; i < 2; i++) {
        const char *text = json_string_value(json_object_get(person, NAMES[i]));
        *member = POINTERS[i];
        if (text == NULL || !is_line(text))
            return "must be a text of one line, not blank, at most 480 bytes";
    }
    return NULL;
}

static struct ch_done *check_people(struct ch_request *request, const json_t *people)
{
    const char *member;
    for (size_t i = 0; i < json_array_size(people); i++) {
        const char *fault = fault_of_person(json_array_get(people, i), &member);
        if (fault)
            return licensing_refuse_field(request, ch_printf(ch_arena_of(request), "/people/%zu%s", i, member), fault);
    }
    return NULL;
}

static bool may_be_private(const char *member)
{
    return strcmp(member, "project") == 0 || strcmp(member, "restriction") == 0 || strcmp(member, "people") == 0;
}

struct ch_done *licensing_check_words(struct ch_request *request, const json_t *actions, const json_t *modes,
                                      const json_t *columns)
{
    if (has_repeats(columns))
        return licensing_refuse_field(request, "/columns", "names a column twice");
    if (has_repeats(actions))
        return licensing_refuse_field(request, "/actions", "names an action twice");
    return has_repeats(modes) ? licensing_refuse_field(request, "/modes", "names a mode twice") : NULL;
}

static struct ch_done *check_lists(struct ch_request *request, const struct application *in)
{
    struct ch_done *done = licensing_check_words(request, in->actions, in->modes, in->columns);
    if (done)
        return done;
    for (size_t i = 0; i < json_array_size(in->private); i++)
        if (!may_be_private(json_string_value(json_array_get(in->private, i))))
            return licensing_refuse_field(request, ch_printf(ch_arena_of(request), "/private/%zu", i),
                                          "must be project, restriction or people");
    return check_people(request, in->people);
}

struct ch_done *licensing_post_application(struct ch_request *request)
{
    struct application in = {0};
    struct ch_done *done = ch_decode(request, DRAFT, &in);
    if (done == NULL)
        done = check_lists(request, &in);
    if (done)
        return done;
    return ch_call(request, &create_application,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *licensing_patch_application(struct ch_request *request)
{
    struct application in = {0};
    const char *version, *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, CHANGE, &in);
    if (done == NULL)
        done = check_lists(request, &in);
    if (done == NULL)
        done = ch_if_match(request, &version);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &edit_application, CH_ARGS(licensing_actor(request), id, version, ch_body_json(request)));
}

struct quotas {
    const json_t *quotas;
};

static const struct ch_field QUOTAS[] = {CH_FIELD(CH_FIELD_ARRAY, quotas, quotas, true, 0, 18, NULL), {0}};

struct ch_done *licensing_set_quotas(struct ch_request *request)
{
    struct quotas in = {0};
    struct ch_done *done = ch_decode(request, QUOTAS, &in);
    if (done)
        return done;
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &set_quotas, CH_ARGS(licensing_actor(request), id, ch_body_json(request)));
}

struct ch_done *licensing_get_applications(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    return done ? done
                : ch_call(request, &read_applications,
                          CH_ARGS(licensing_actor(request), ch_query(request, "state"), limit, after));
}

struct ch_done *licensing_get_application(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_application, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_get_application_events(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_events, CH_ARGS(licensing_actor(request), id));
}
