/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One PATCH of an upload (tus 1.0.0): lock, lease, then piece by piece off the connection onto the disk.
 *
 * An offset is committed after its bytes were synced, and answered after it was committed. Without a checksum that
 * happens now and then on the way, and whatever ends the body; with one, only when all of the chunk was right. The
 * file's lock lets one request write; the lease, a token in the upload's row, keeps a commit of a dead process from
 * counting after somebody else began. A sender that pauses loses the lock, so that its own next connection finds none.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "licensing.h"
#include "uploads.h"

#define COMMIT_BYTES ((int64_t)32 << 20) /* what a dead process loses at most, */
#define COMMIT_MS    1000                /* unless this much time has passed */

CH_FUNCTION(lease_upload, "licensing.lease_upload", "$1::uuid, $2::uuid, $3::bigint, $4::bigint");
CH_FUNCTION(advance_upload, "licensing.advance_upload", "$1::uuid, $2::uuid, $3::uuid, $4::bigint");
CH_FUNCTION(end_upload, "licensing.delete_upload", "$1::uuid, $2::uuid");

struct patch {
    LIST_ENTRY(patch) entry;        /* among those under way */
    const char *id, *offset, *size; /* size: NULL for a chunked body */
    const char *lease;
    struct upload_file file;
    int64_t length;       /* of the upload */
    int64_t committed;    /* its offset in the database */
    int64_t committed_ms; /* when, by the monotonic clock */
    enum ch_body_end end; /* of the piece in hand */
    const char *outcome;  /* of the answer; NULL: what the body's end calls for */
    const char *body;
};

static LIST_HEAD(, patch) under_way = LIST_HEAD_INITIALIZER(under_way); /* of this process */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the end ---- */

static struct ch_done *closed(struct ch_request *request, void *file)
{
    const struct patch *patch = ch_state(request);
    (void)file;
    if (patch->outcome == NULL)
        return ch_body_refuse(request, patch->end);
    if (strcmp(patch->outcome, "no_content") == 0)
        return licensing_reply_upload(request, patch->body, "no_content");
    return ch_reply(request, patch->outcome, patch->body);
}

/* The lock goes before the answer: who reads it may send the next chunk at once. */
static struct ch_done *finish(struct ch_request *request, const char *outcome, const char *body)
{
    struct patch *patch = ch_state(request);
    patch->outcome = outcome;
    patch->body = body;
    return ch_offload_file(request, upload_close, closed, &patch->file);
}

static struct ch_done *finish_saying(struct ch_request *request, const char *outcome, const char *detail)
{
    return finish(request, outcome, ch_printf(ch_arena_of(request), "{\"detail\": \"%s\"}", detail));
}

static struct ch_done *not_stored(struct ch_request *request, const struct upload_file *file)
{
    ch_log(CH_LOG_ERROR, "an upload's chunk was not stored: look at space and rights of upload_dir", "path", file->path,
           "error", strerror(file->error), NULL);
    return finish_saying(request, "unavailable",
                         "The chunk could not be stored; ask for the offset and send it again.");
}

/* ---- pieces ---- */

static ch_body_piece take_piece;

static struct ch_done *unlocked(struct ch_request *request, void *file)
{
    (void)file;
    return ch_body_read(request, take_piece);
}

/* What becomes of the request when its piece is where it belongs. */
static struct ch_done *go_on(struct ch_request *request)
{
    struct patch *patch = ch_state(request);
    switch (patch->end) {
    case CH_BODY_MORE:
        return ch_body_read(request, take_piece);
    case CH_BODY_IDLE:
        return ch_offload_file(request, upload_unlock, unlocked, &patch->file);
    case CH_BODY_LAST:
        return finish(request, "no_content", patch->body);
    case CH_BODY_BROKEN:
    case CH_BODY_LATE:
    case CH_BODY_STOPPED:
    case CH_BODY_MALFORMED:
    case CH_BODY_TOO_LARGE:
        return finish(request, NULL, NULL);
    }
    abort();
}

static struct ch_done *advanced(struct ch_request *request, const struct ch_answer *answer)
{
    struct patch *patch = ch_state(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return finish(request, answer->outcome, answer->body);
    patch->body = answer->body;
    patch->committed = patch->file.at;
    patch->committed_ms = now_ms();
    return go_on(request);
}

static struct ch_done *commit(struct ch_request *request, int64_t size, ch_continue *next)
{
    const struct patch *patch = ch_state(request);
    const char *text = ch_printf(ch_arena_of(request), "%lld", (long long)size);
    return ch_call_then(request, &advance_upload, CH_ARGS(licensing_actor(request), patch->id, patch->lease, text),
                        next);
}

static struct ch_done *stored(struct ch_request *request, void *state)
{
    const struct patch *patch = ch_state(request);
    const struct upload_file *file = state;
    if (file->result == UPLOAD_FAILED)
        return not_stored(request, file);
    if (file->result == UPLOAD_CHECKSUM_DIFFERS)
        return finish_saying(request, "checksum_mismatch", "The chunk has another checksum; nothing of it was kept.");
    return file->sync ? commit(request, file->at - patch->committed, advanced) : go_on(request);
}

/* Whether the bytes up to `at` become the upload's with this piece. Its last byte never does on the way: it ends the
 * upload, and the body may still prove too long. */
static bool is_due(const struct patch *patch, int64_t at)
{
    bool late = at - patch->committed >= COMMIT_BYTES || now_ms() - patch->committed_ms >= COMMIT_MS;
    bool whole = patch->file.checksum == CH_CHECKSUM_NONE;
    switch (patch->end) {
    case CH_BODY_MORE:
        return whole && late && at > patch->committed && at < patch->length;
    case CH_BODY_IDLE:
        return whole && at > patch->committed && at < patch->length;
    case CH_BODY_BROKEN:
    case CH_BODY_LATE:
    case CH_BODY_STOPPED:
        return whole;
    case CH_BODY_LAST:
        return true;
    case CH_BODY_MALFORMED:
    case CH_BODY_TOO_LARGE:
        return false;
    }
    abort();
}

static struct ch_done *store(struct ch_request *request)
{
    struct patch *patch = ch_state(request);
    struct upload_file *file = &patch->file;
    file->sync = is_due(patch, file->at + (int64_t)evbuffer_get_length(file->piece));
    file->last = patch->end == CH_BODY_LAST;
    return ch_offload_file(request, upload_store, stored, file);
}

/* While the lock was given back another request may have begun; its lease has replaced ours then. */
static struct ch_done *renewed(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return finish(request, answer->outcome, answer->body);
    return store(request);
}

static struct ch_done *locked_again(struct ch_request *request, void *state)
{
    const struct upload_file *file = state;
    if (file->result != UPLOAD_FINE)
        return finish_saying(request, "upload_locked", "Another request writes to this upload.");
    return commit(request, 0, renewed);
}

static struct ch_done *take_piece(struct ch_request *request, struct evbuffer *bytes, enum ch_body_end end)
{
    struct patch *patch = ch_state(request);
    patch->end = end;
    patch->file.piece = bytes;
    if (patch->file.locked)
        return store(request);
    return ch_offload_file(request, upload_lock, locked_again, &patch->file);
}

/* ---- the beginning ---- */

static struct ch_done *lost(struct ch_request *request, const struct ch_answer *answer)
{
    (void)answer;
    return finish_saying(request, "gone", "The upload's file is no longer what was stored; begin anew.");
}

/* A file restored or emptied by hand: its upload can never be made whole. */
static struct ch_done *end_lost(struct ch_request *request, const struct patch *patch)
{
    ch_log(CH_LOG_ERROR, "an upload's file is shorter than what was stored: the upload was ended", "path",
           patch->file.path, NULL);
    return ch_call_then(request, &end_upload, CH_ARGS(licensing_actor(request), patch->id), lost);
}

static struct ch_done *leased(struct ch_request *request, const struct ch_answer *answer)
{
    struct patch *patch = ch_state(request);
    if (strcmp(answer->outcome, "ok") != 0) {
        patch->file.discard = patch->file.created;
        return finish(request, answer->outcome, answer->body);
    }
    json_t *body = licensing_parse(ch_arena_of(request), answer->body);
    patch->lease = json_string_value(json_object_get(body, "lease"));
    if (patch->lease == NULL) /* complete already, and an empty chunk at its end */
        return finish(request, "no_content", answer->body);
    patch->length = json_integer_value(json_object_get(body, "length"));
    patch->committed = patch->file.start;
    patch->committed_ms = now_ms();
    if (patch->file.size < patch->committed)
        return end_lost(request, patch);
    ch_body_limit(request, (uint64_t)(patch->length - patch->committed));
    return ch_body_read(request, take_piece);
}

static struct ch_done *lease(struct ch_request *request)
{
    const struct patch *patch = ch_state(request);
    return ch_call_then(request, &lease_upload,
                        CH_ARGS(licensing_actor(request), patch->id, patch->offset, patch->size), leased);
}

static struct ch_done *opened(struct ch_request *request, void *state)
{
    const struct upload_file *file = state;
    if (file->result == UPLOAD_FAILED)
        return not_stored(request, file);
    if (file->result == UPLOAD_BUSY)
        return ch_refuse(request, "upload_locked", "Another request writes to this upload.");
    return lease(request);
}

/* It is the caller's, and alive. A complete one has no use for a lock, and perhaps no file. */
static struct ch_done *known(struct ch_request *request, const struct ch_answer *answer)
{
    struct patch *patch = ch_state(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *body = licensing_parse(ch_arena_of(request), answer->body);
    if (strcmp(json_string_value(json_object_get(body, "state")), "open") != 0)
        return lease(request);
    return ch_offload_file(request, upload_open, opened, &patch->file);
}

static void forget(void *state)
{
    struct patch *patch = state;
    LIST_REMOVE(patch, entry);
    upload_close(&patch->file); /* still open only where the database gave no answer */
}

static struct ch_done *begin(struct ch_request *request, struct patch *patch)
{
    struct ch_arena *arena = ch_arena_of(request);
    int64_t size = ch_body_length(request);
    patch->size = size < 0 ? NULL : ch_printf(arena, "%lld", (long long)size);
    patch->file.folder = licensing_of(request)->upload_dir;
    patch->file.path = upload_path(arena, patch->file.folder, patch->id);
    patch->file.start = patch->file.at = strtoll(patch->offset, NULL, 10);
    patch->file.file = -1;
    LIST_INSERT_HEAD(&under_way, patch, entry);
    ch_request_at_end(request, forget, patch);
    ch_set_state(request, patch);
    return ch_call_then(request, &licensing_read_upload, CH_ARGS(licensing_actor(request), patch->id), known);
}

bool upload_is_patched(const char *id)
{
    const struct patch *patch;
    LIST_FOREACH(patch, &under_way, entry)
    if (strcmp(patch->id, id) == 0)
        return true;
    return false;
}

struct ch_done *licensing_patch_upload(struct ch_request *request)
{
    struct patch *patch = ch_alloc(ch_arena_of(request), sizeof *patch);
    struct ch_done *done = licensing_check_tus(request);
    if (done)
        return done;
    const char *type = ch_header(request, "Content-Type");
    if (type == NULL || strcasecmp(type, "application/offset+octet-stream") != 0)
        return ch_refuse(request, "unsupported_type", "Expected here: application/offset+octet-stream.");
    patch->offset = licensing_number_header(request, "Upload-Offset");
    if (patch->offset == NULL)
        return ch_refuse(request, "bad_request", "Upload-Offset is needed.");
    patch->file.checksum = ch_upload_checksum_read(ch_header(request, "Upload-Checksum"), patch->file.digest);
    if (patch->file.checksum == CH_CHECKSUM_BAD)
        return ch_refuse(request, "bad_request", "Upload-Checksum is \"sha256\" or \"sha1\" and a digest in base64.");
    patch->id = licensing_path_id(request, "id");
    return patch->id ? begin(request, patch) : ch_reply(request, "not_found", NULL);
}
