/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a JSON body to a handler's struct, by a table of fields: every bad field is named at once, with its pointer.
 * What the values mean together is the handler's, core's or SQL's business. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "http_field.h"
#include "http_private.h"

#define ERRORS_MOST 50 /* told at once; a body of a million unknown members gets no longer answer */

struct decode {
    struct ch_request *request;
    const struct ch_field *fields;
    json_t *errors;
};

/* RFC 6901, 3. */
static const char *pointer_to(struct ch_arena *arena, const char *name)
{
    size_t length = strlen(name);
    char *pointer = ch_alloc(arena, 2 * length + 2), *out = pointer;
    *out++ = '/';
    for (; *name; name++) {
        if (*name == '~' || *name == '/') {
            *out++ = '~';
            *out++ = *name == '~' ? '0' : '1';
        } else {
            *out++ = *name;
        }
    }
    return pointer;
}

static void add_error(struct decode *decode, const char *name, const char *detail)
{
    if (json_array_size(decode->errors) < ERRORS_MOST)
        json_array_append_new(decode->errors, json_pack("{s:s,s:s}", "pointer",
                                                        pointer_to(decode->request->arena, name), "detail", detail));
}

static bool is_declared(const struct ch_field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0)
            return true;
    return false;
}

static void read_fields(struct decode *decode, const json_t *body, void *into)
{
    char detail[256];
    for (const struct ch_field *field = decode->fields; field->name; field++) {
        json_t *value = json_object_get(body, field->name);
        if (!value && field->required)
            add_error(decode, field->name, "is missing");
        else if (value && !ch_field_read(field, value, (char *)into + field->offset, detail, sizeof detail))
            add_error(decode, field->name, detail);
    }
}

static void refuse_unknown(struct decode *decode, json_t *body)
{
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value) if (!is_declared(decode->fields, name))
        add_error(decode, name, "is not known here");
}

static struct ch_done *refuse_json(struct ch_request *request, const struct ch_json_error *error)
{
    json_t *members = json_pack("{s:s,s:s,s:i,s:s}", "detail", error->detail, "reason", error->slug, "line",
                                error->line, "pointer", error->pointer);
    char *text = members ? json_dumps(members, JSON_COMPACT) : NULL;
    struct ch_done *done = ch_reply(request, "not_json", text);
    json_decref(members);
    free(text);
    return done;
}

static struct ch_done *refuse_fields(struct ch_request *request, const json_t *errors)
{
    json_t *members = json_pack("{s:O}", "errors", errors);
    char *text = json_dumps(members, JSON_COMPACT);
    struct ch_done *done = ch_reply(request, "invalid", text);
    json_decref(members);
    free(text);
    return done;
}

/* The tree, or NULL with *done answered. */
static json_t *parse(struct ch_request *request, struct ch_done **done)
{
    struct ch_json_limits limits = CH_JSON_BODY;
    struct ch_json_error error = {0};
    if (request->body_max > limits.bytes)
        limits.bytes = request->body_max;
    json_t *body = ch_json_parse(request->arena, request->body, request->body_size, &limits, &error);
    if (!body)
        *done = refuse_json(request, &error);
    else if (!json_is_object(body))
        *done = ch_refuse(request, "not_json", "The body is not a JSON object.");
    return body;
}

struct ch_done *ch_decode(struct ch_request *request, const struct ch_field *fields, void *into)
{
    struct ch_done *done = NULL;
    if (request->body_size == 0 && !fields->name)
        return NULL;
    json_t *body = parse(request, &done);
    if (done)
        return done;
    struct decode decode = {request, fields, json_array()};
    read_fields(&decode, body, into);
    refuse_unknown(&decode, body);
    if (json_array_size(decode.errors) > 0)
        done = refuse_fields(request, decode.errors);
    else
        request->body_json = ch_json_canonical(request->arena, body, NULL);
    json_decref(decode.errors);
    return done;
}
