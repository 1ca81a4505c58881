/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Resumable uploads: tus 1.0.0 with creation, termination, checksum and expiration, but for PATCH, which is
 * upload_patch.c's. */
#include "uploads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "licensing.h"

#define VERSION  "1.0.0"
#define PROBES   50
#define PROBE_MS 20

CH_FUNCTION(create_upload, "licensing.create_upload", "$1::uuid, $2::uuid, $3::bigint, $4::text, $5::text, $6::text");
CH_FUNCTION(end_upload, "licensing.delete_upload", "$1::uuid, $2::uuid");
const struct ch_statement licensing_read_upload = {
    .name = "licensing.get_upload",
    .text = "SELECT outcome, body FROM licensing.get_upload($1::uuid, $2::uuid)",
    .shape = CH_SHAPE_ANSWER,
    .read_only = true};

/* Of one HEAD. */
struct look {
    const char *id;
    struct upload_file file;
    int times; /* it was being written */
};

struct ch_done *licensing_check_tus(struct ch_request *request)
{
    const char *version = ch_header(request, "Tus-Resumable");
    if (version && strcmp(version, VERSION) == 0)
        return NULL;
    ch_set_header(request, "Tus-Version", VERSION);
    return ch_refuse(request, "tus_version", "Tus-Resumable: " VERSION " is needed.");
}

const char *licensing_number_header(struct ch_request *request, const char *name)
{
    const char *text = ch_header(request, name);
    size_t digits = text ? strspn(text, "0123456789") : 0;
    return digits >= 1 && digits <= 18 && text[digits] == '\0' ? text : NULL;
}

struct ch_done *licensing_reply_upload(struct ch_request *request, const char *text, const char *outcome)
{
    struct ch_arena *arena = ch_arena_of(request);
    json_t *body = licensing_parse(arena, text);
    int64_t received = json_integer_value(json_object_get(body, "received"));
    ch_set_header(request, "Upload-Offset", ch_printf(arena, "%lld", (long long)received));
    if (strcmp(json_string_value(json_object_get(body, "state")), "open") == 0)
        ch_set_header(request, "Upload-Expires", json_string_value(json_object_get(body, "expires")));
    return ch_reply(request, outcome, NULL);
}

struct ch_done *licensing_options_uploads(struct ch_request *request)
{
    char max[24];
    snprintf(max, sizeof max, "%lld", (long long)licensing_of(request)->upload_max);
    ch_set_header(request, "Tus-Version", VERSION);
    ch_set_header(request, "Tus-Max-Size", max);
    ch_set_header(request, "Tus-Extension", "creation,termination,checksum,expiration");
    ch_set_header(request, "Tus-Checksum-Algorithm", "sha256,sha1");
    return ch_reply(request, "no_content", NULL);
}

static struct ch_done *created(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "created") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *body = licensing_parse(arena, answer->body);
    ch_set_header(request, "Location",
                  ch_printf(arena, "%s/licensing/v1/uploads/%s", ch_context(request)->issuer,
                            json_string_value(json_object_get(body, "id"))));
    ch_set_header(request, "Upload-Expires", json_string_value(json_object_get(body, "expires")));
    return ch_reply(request, "created", answer->body);
}

/* POST is also how OPTIONS comes from where only POST can. */
static struct ch_done *check_creation(struct ch_request *request)
{
    const char *method = ch_header(request, "X-HTTP-Method-Override");
    if (method && strcmp(method, "OPTIONS") == 0)
        return licensing_options_uploads(request);
    struct ch_done *done = licensing_check_tus(request);
    if (!done && method && strcmp(method, "POST") != 0)
        return ch_reply(request, "method_not_allowed", NULL);
    return done;
}

struct ch_done *licensing_post_upload(struct ch_request *request)
{
    struct ch_upload_metadata metadata;
    struct ch_done *done = check_creation(request);
    if (done)
        return done;
    const char *length = licensing_number_header(request, "Upload-Length"),
               *header = ch_header(request, "Upload-Metadata");
    if (ch_body_length(request) != 0 || ch_header(request, "Upload-Defer-Length") || length == NULL)
        return ch_refuse(request, "bad_request",
                         "Upload-Length and an empty body are needed; the length may not wait.");
    if (strtoll(length, NULL, 10) > licensing_of(request)->upload_max)
        return ch_refuse(request, "too_large", "An upload has at most %lld bytes.",
                         (long long)licensing_of(request)->upload_max);
    if (!ch_upload_metadata_read(ch_arena_of(request), header, &metadata))
        return ch_refuse(request, "bad_request", "Upload-Metadata is malformed or names no contribution.");
    return ch_call_then(
        request, &create_upload,
        CH_ARGS(licensing_actor(request), metadata.contribution, length, header, metadata.filename, metadata.sha256),
        created);
}

/* ---- HEAD ---- */

static struct ch_done *found(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *body = licensing_parse(arena, answer->body);
    ch_set_header(request, "Upload-Length",
                  ch_printf(arena, "%lld", (long long)json_integer_value(json_object_get(body, "length"))));
    ch_set_header(request, "Upload-Metadata", json_string_value(json_object_get(body, "metadata")));
    ch_set_header(request, "Cache-Control", "no-store");
    return licensing_reply_upload(request, answer->body, "ok");
}

static struct ch_done *probed(struct ch_request *request, void *state);

/* Whoever lost its connection asks on the next one, and may be faster than the end of its own PATCH: that may still be
 * storing what came. So an upload that is being written is given a moment to come to rest. */
static struct ch_done *probe(struct ch_request *request, void *state)
{
    struct look *look = state;
    if (upload_is_patched(look->id) && ++look->times < PROBES)
        return ch_wait(request, PROBE_MS, probe, look);
    return ch_offload_file(request, upload_probe, probed, &look->file);
}

/* The lock tells of other processes. */
static struct ch_done *probed(struct ch_request *request, void *file)
{
    struct look *look = ch_state(request);
    (void)file; /* part of the look */
    if (look->file.result == UPLOAD_BUSY && ++look->times < PROBES)
        return ch_wait(request, PROBE_MS, probe, look);
    return ch_call_then(request, &licensing_read_upload, CH_ARGS(licensing_actor(request), look->id), found);
}

struct ch_done *licensing_head_upload(struct ch_request *request)
{
    struct ch_done *done = licensing_check_tus(request);
    if (done)
        return done;
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    struct look *look = ch_alloc(ch_arena_of(request), sizeof *look);
    look->id = id;
    look->file.path = upload_path(ch_arena_of(request), licensing_of(request)->upload_dir, id);
    ch_set_state(request, look);
    return probe(request, look);
}

struct ch_done *licensing_delete_upload(struct ch_request *request)
{
    struct ch_done *done = licensing_check_tus(request);
    if (done)
        return done;
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &end_upload, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_override_upload(struct ch_request *request)
{
    const char *method = ch_header(request, "X-HTTP-Method-Override");
    if (method && strcmp(method, "PATCH") == 0)
        return licensing_patch_upload(request);
    if (method && strcmp(method, "DELETE") == 0)
        return licensing_delete_upload(request);
    if (method && strcmp(method, "HEAD") == 0)
        return licensing_head_upload(request);
    struct ch_done *done = licensing_check_tus(request);
    return done ? done
                : ch_refuse(request, "bad_request", "POST here needs X-HTTP-Method-Override: PATCH, DELETE or HEAD.");
}
