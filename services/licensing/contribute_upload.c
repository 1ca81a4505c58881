/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sending side of tus 1.0.0: asks where the upload stands, sends chunks with their checksums, and after whatever
 * went wrong asks again. The trust alone knows how much it has; nothing about it is kept here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "contribute.h"

#define CHUNK        ((size_t)4 << 20) /* bytes of one PATCH; all of it or nothing is kept */
#define UPLOADS      "/licensing/v1/uploads"
#define TUS          "Tus-Resumable: 1.0.0"
#define BYTES        "Content-Type: application/offset+octet-stream"
#define PAUSE_MS     500  /* after the first failure; doubles */
#define PAUSE_MAX_MS 8000 /* at most */

/* What became of one exchange with the trust. */
enum step {
    STEP_DONE,
    STEP_AGAIN, /* worth asking again after a pause: it was unreachable, busy, or the chunk came to harm */
    STEP_GONE,  /* the upload is no more: a new one begins at 0 */
    STEP_FAILED /* told on stderr */
};

struct sending {
    struct outgoing *file;
    struct ch_progress bar;
    uint64_t offset;      /* what the trust has, durably */
    char path[128];       /* of the upload */
    int pause_ms;         /* before the next attempt */
    time_t last_progress; /* CLOCK_MONOTONIC seconds */
    int code;             /* exit code of STEP_FAILED */
};

static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static enum step judge(struct sending *sending, const struct ch_client_request *request,
                       const struct ch_client_answer *answer)
{
    switch (answer->status) {
    case 0:
    case 408:
    case 409: /* our offset is not its offset: ask */
    case 423: /* another chunk of this upload is being written */
    case 429:
    case 460: /* the chunk did not arrive as it was sent */
    case 500:
    case 502:
    case 503:
    case 504:
        return STEP_AGAIN;
    case 404:
    case 410:
        return STEP_GONE;
    default:
        sending->code = ch_client_complain(request, answer);
        return STEP_FAILED;
    }
}

static const char *metadata(const struct outgoing *file)
{
    struct ch_arena *arena = file->arena;
    return ch_printf(arena, "Upload-Metadata: contribution %s,filename %s,sha256 %s",
                     ch_base64(arena, file->id, strlen(file->id)), ch_base64(arena, file->name, strlen(file->name)),
                     ch_base64(arena, file->sha256, 64));
}

static enum step create(struct sending *sending)
{
    struct outgoing *file = sending->file;
    const char *headers[] = {TUS, BYTES, metadata(file),
                             ch_printf(file->arena, "Upload-Length: %llu", (unsigned long long)file->size), NULL};
    const struct ch_client_request request = {.method = "POST", .path = UPLOADS, .bytes = "", .headers = headers};
    struct ch_client_answer answer = ch_client_send(file->client, &request);
    const char *location = ch_client_header(file->client, "Location");
    const char *path = location ? strstr(location, UPLOADS "/") : NULL;
    if (answer.status != 201 || !path) {
        enum step step = judge(sending, &request, &answer);
        if (step != STEP_GONE)
            return step;
        sending->code = ch_client_complain(&request, &answer);
        return STEP_FAILED;
    }
    snprintf(sending->path, sizeof(sending->path), "%s", path);
    sending->offset = 0;
    return STEP_DONE;
}

static bool read_offset(struct sending *sending)
{
    const char *text = ch_client_header(sending->file->client, "Upload-Offset");
    unsigned long long offset;
    if (!text || sscanf(text, "%llu", &offset) != 1 || offset > sending->file->size)
        return false;
    sending->offset = offset;
    return true;
}

static enum step look(struct sending *sending)
{
    static const char *const HEADERS[] = {TUS, NULL};
    const struct ch_client_request request = {.method = "HEAD", .path = sending->path, .headers = HEADERS};
    struct ch_client_answer answer = ch_client_send(sending->file->client, &request);
    if (answer.status != 200)
        return judge(sending, &request, &answer);
    return read_offset(sending) ? STEP_DONE : STEP_GONE;
}

static void show(void *arg, uint64_t bytes)
{
    struct sending *sending = arg;
    ch_progress_show(&sending->bar, sending->offset + bytes);
}

static enum step send_chunk(struct sending *sending, const uint8_t *chunk, size_t size)
{
    struct outgoing *file = sending->file;
    uint8_t digest[32];
    ch_sha256(chunk, size, digest);
    const char *headers[] = {
        TUS, BYTES, ch_printf(file->arena, "Upload-Offset: %llu", (unsigned long long)sending->offset),
        ch_printf(file->arena, "Upload-Checksum: sha256 %s", ch_base64(file->arena, digest, sizeof(digest))), NULL};
    const struct ch_client_request request = {.method = "PATCH",
                                              .path = sending->path,
                                              .bytes = chunk,
                                              .size = size,
                                              .headers = headers,
                                              .sent = show,
                                              .arg = sending};
    struct ch_client_answer answer = ch_client_send(file->client, &request);
    if (answer.status != 204)
        return judge(sending, &request, &answer);
    return read_offset(sending) ? STEP_DONE : STEP_AGAIN;
}

static enum step send_rest(struct sending *sending, uint8_t *chunk)
{
    struct outgoing *file = sending->file;
    while (sending->offset < file->size) {
        uint64_t left = file->size - sending->offset;
        size_t want = left < CHUNK ? (size_t)left : CHUNK;
        ssize_t got = pread(file->fd, chunk, want, (off_t)sending->offset);
        if (got != (ssize_t)want) {
            sending->code = ch_say(CH_EXIT_FAULT, "%s: cannot be read at byte %llu (%s): has it changed?", file->name,
                                   (unsigned long long)sending->offset, got < 0 ? strerror(errno) : "it ends before");
            return STEP_FAILED;
        }
        enum step step = send_chunk(sending, chunk, want);
        if (step != STEP_DONE)
            return step;
        ch_progress_show(&sending->bar, sending->offset);
        sending->last_progress = now_s();
        sending->pause_ms = PAUSE_MS;
    }
    return STEP_DONE;
}

/* One run from asking to the last byte, or to what stopped it. */
static enum step attempt(struct sending *sending, uint8_t *chunk)
{
    uint64_t before = sending->offset;
    enum step step = *sending->path ? look(sending) : create(sending);
    if (step != STEP_DONE)
        return step;
    if (sending->offset > before)
        sending->last_progress = now_s();
    return send_rest(sending, chunk);
}

static bool wait_a_little(struct sending *sending)
{
    if (now_s() - sending->last_progress >= sending->file->patience_s) {
        sending->code =
            ch_say(CH_EXIT_FAULT, "%s: nothing got through for %d s; run the same command again to go on at byte %llu",
                   sending->file->name, sending->file->patience_s, (unsigned long long)sending->offset);
        return false;
    }
    struct timespec pause = {.tv_sec = sending->pause_ms / 1000, .tv_nsec = sending->pause_ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
    sending->pause_ms = sending->pause_ms * 2 < PAUSE_MAX_MS ? sending->pause_ms * 2 : PAUSE_MAX_MS;
    return true;
}

static int run(struct sending *sending, uint8_t *chunk)
{
    for (;;) {
        switch (attempt(sending, chunk)) {
        case STEP_DONE:
            return CH_EXIT_OK;
        case STEP_FAILED:
            return sending->code;
        case STEP_GONE:
            *sending->path = '\0';
            sending->offset = 0;
            break;
        case STEP_AGAIN:
            break;
        }
        if (!wait_a_little(sending))
            return sending->code;
    }
}

int contribute_upload(struct outgoing *file)
{
    struct sending sending = {.file = file, .pause_ms = PAUSE_MS, .last_progress = now_s()};
    uint8_t *chunk = ch_alloc(file->arena, CHUNK);
    if (file->upload_id) {
        snprintf(sending.path, sizeof(sending.path), UPLOADS "/%s", file->upload_id);
        look(&sending); /* for the bar alone: run() asks again and judges */
    }
    ch_progress_begin(&sending.bar, file->name, sending.offset, file->size);
    int code = run(&sending, chunk);
    ch_progress_end(&sending.bar, sending.offset);
    return code;
}
