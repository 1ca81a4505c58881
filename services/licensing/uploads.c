/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Resumable uploads: tus 1.0.0 with creation, termination, checksum and expiration. The order of a PATCH is lease,
 * write and sync, commit of the offset, answer: so an offset once answered is on disk. */
#include "uploads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "licensing.h"

#define VERSION "1.0.0"

CH_FUNCTION(create_upload, "licensing.create_upload", "$1::uuid, $2::uuid, $3::bigint, $4::text, $5::text, $6::text");
LICENSING_READ(read_upload, "licensing.get_upload", "$1::uuid, $2::uuid");
CH_FUNCTION(lease_upload, "licensing.lease_upload", "$1::uuid, $2::uuid, $3::bigint, $4::bigint");
CH_FUNCTION(advance_upload, "licensing.advance_upload", "$1::uuid, $2::uuid, $3::uuid, $4::bigint");
CH_FUNCTION(end_upload, "licensing.delete_upload", "$1::uuid, $2::uuid");

/* Of one PATCH. */
struct patch {
    const char *id, *lease, *size;
    struct upload_chunk chunk;
};

/* NULL when the request speaks our version. Every answer says which that is. */
static struct ch_done *check_version(struct ch_request *request)
{
    const char *version = ch_header(request, "Tus-Resumable");
    ch_set_header(request, "Tus-Resumable", VERSION);
    if (version && strcmp(version, VERSION) == 0)
        return NULL;
    ch_set_header(request, "Tus-Version", VERSION);
    return ch_refuse(request, "tus_version", "Tus-Resumable: " VERSION " is needed.");
}

/* A header of decimal digits, as text that fits a bigint; NULL otherwise. */
static const char *number_header(struct ch_request *request, const char *name)
{
    const char *text = ch_header(request, name);
    size_t digits = text ? strspn(text, "0123456789") : 0;
    return digits >= 1 && digits <= 18 && text[digits] == '\0' ? text : NULL;
}

static struct ch_done *reply_upload(struct ch_request *request, const struct ch_answer *answer, const char *outcome)
{
    struct ch_arena *arena = ch_arena_of(request);
    json_t *body = licensing_parse(arena, answer->body);
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
    ch_set_header(request, "Tus-Resumable", VERSION);
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

struct ch_done *licensing_post_upload(struct ch_request *request)
{
    struct ch_upload_metadata metadata;
    size_t size;
    struct ch_done *done = check_version(request);
    if (done)
        return done;
    const char *length = number_header(request, "Upload-Length"), *header = ch_header(request, "Upload-Metadata");
    ch_body(request, &size);
    if (size > 0 || ch_header(request, "Upload-Defer-Length") || length == NULL)
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
    return reply_upload(request, answer, "ok");
}

struct ch_done *licensing_head_upload(struct ch_request *request)
{
    struct ch_done *done = check_version(request);
    const char *id = licensing_path_id(request, "id");
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call_then(request, &read_upload, CH_ARGS(licensing_actor(request), id), found);
}

static struct ch_done *advanced(struct ch_request *request, const struct ch_answer *answer)
{
    const struct patch *patch = ch_state(request);
    switch (patch->chunk.result) {
    case UPLOAD_WRITTEN:
        break;
    case UPLOAD_CHECKSUM_DIFFERS:
        return ch_refuse(request, "checksum_mismatch", "The chunk has another checksum; nothing of it was kept.");
    case UPLOAD_FAILED:
        return ch_refuse(request, "unavailable", "The chunk could not be stored; send it again later.");
    }
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return reply_upload(request, answer, "no_content");
}

static struct ch_done *written(struct ch_request *request, void *chunk)
{
    struct patch *patch = ch_state(request);
    (void)chunk; /* part of the patch */
    if (patch->chunk.result == UPLOAD_FAILED)
        ch_log(CH_LOG_ERROR, "an upload's chunk was not stored: look at space and rights of upload_dir", "path",
               patch->chunk.path, "error", strerror(patch->chunk.error), NULL);
    const char *size = patch->chunk.result == UPLOAD_WRITTEN ? patch->size : "0";
    return ch_call_then(request, &advance_upload, CH_ARGS(licensing_actor(request), patch->id, patch->lease, size),
                        advanced);
}

static struct ch_done *leased(struct ch_request *request, const struct ch_answer *answer)
{
    struct patch *patch = ch_state(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *body = licensing_parse(ch_arena_of(request), answer->body);
    patch->lease = json_string_value(json_object_get(body, "lease"));
    if (patch->lease == NULL) /* complete already, and an empty chunk at its end */
        return reply_upload(request, answer, "no_content");
    return ch_offload(request, upload_write, written, &patch->chunk);
}

static struct ch_done *prepare(struct ch_request *request, struct patch *patch, const char *offset)
{
    struct ch_arena *arena = ch_arena_of(request);
    patch->chunk.folder = licensing_of(request)->upload_dir;
    patch->chunk.path = upload_path(arena, patch->chunk.folder, patch->id);
    patch->chunk.bytes = ch_body(request, &patch->chunk.size);
    patch->chunk.offset = strtoll(offset, NULL, 10);
    patch->size = ch_printf(arena, "%zu", patch->chunk.size);
    ch_set_state(request, patch);
    return ch_call_then(request, &lease_upload, CH_ARGS(licensing_actor(request), patch->id, offset, patch->size),
                        leased);
}

struct ch_done *licensing_patch_upload(struct ch_request *request)
{
    struct patch *patch = ch_alloc(ch_arena_of(request), sizeof *patch);
    struct ch_done *done = check_version(request);
    if (done)
        return done;
    const char *type = ch_header(request, "Content-Type"), *offset = number_header(request, "Upload-Offset");
    if (type == NULL || strcmp(type, "application/offset+octet-stream") != 0)
        return ch_refuse(request, "unsupported_type", "Expected here: application/offset+octet-stream.");
    if (offset == NULL)
        return ch_refuse(request, "bad_request", "Upload-Offset is needed.");
    patch->chunk.checksum = ch_upload_checksum_read(ch_header(request, "Upload-Checksum"), patch->chunk.digest);
    if (patch->chunk.checksum == CH_CHECKSUM_BAD)
        return ch_refuse(request, "bad_request", "Upload-Checksum is \"sha256\" or \"sha1\" and a digest in base64.");
    patch->id = licensing_path_id(request, "id");
    return patch->id ? prepare(request, patch, offset) : ch_reply(request, "not_found", NULL);
}

struct ch_done *licensing_delete_upload(struct ch_request *request)
{
    struct ch_done *done = check_version(request);
    const char *id = licensing_path_id(request, "id");
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
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
    ch_set_header(request, "Tus-Resumable", VERSION);
    return ch_refuse(request, "bad_request", "POST here needs X-HTTP-Method-Override: PATCH, DELETE or HEAD.");
}
