/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hands a released file to the rail. Here the rail is a folder that the bank's own program empties: written under
 * another name, synced, marked as whole, renamed, the folder synced. Event 6 is committed before. A repeat after a kill
 * finds the mark without the other name where the renaming was done: then the file was handed over, also when the bank
 * has taken it away since, and is not handed over again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commonhold/crypto.h"
#include "jobs.h"
#include "settings.h"

CH_FUNCTION(load_file, "payout.load_file", "$1::uuid");
CH_FUNCTION(mark_sent, "payout.mark_sent", "$1::uuid");

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

static bool write_file(const char *path, const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool written = write_all(fd, bytes, size) && fsync(fd) == 0;
    return close(fd) == 0 && written;
}

static char *mark_of(struct ch_arena *arena, const char *folder, const char *name)
{
    return ch_printf(arena, "%s/.%s.whole", folder, name);
}

static bool hand_over(struct ch_arena *arena, const char *folder, const char *name, const uint8_t *bytes, size_t size)
{
    char *part = ch_printf(arena, "%s/.%s.part", folder, name);
    char *mark = mark_of(arena, folder, name);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return false;
    if (access(mark, F_OK) == 0 && access(part, F_OK) != 0 && errno == ENOENT)
        return sync_folder(folder);
    return write_file(part, bytes, size) && write_file(mark, NULL, 0) && sync_folder(folder) &&
           rename(part, ch_printf(arena, "%s/%s.xml", folder, name)) == 0 && sync_folder(folder);
}

/* The stored bytes, when they are those both approvals signed. */
static uint8_t *file_bytes(struct ch_job *job, const json_t *file, size_t *size)
{
    const char *base64 = payout_text(file, "base64");
    size_t length = strlen(base64);
    uint8_t *bytes = ch_alloc(job->arena, length + 1);
    char hash[65];
    if (!ch_unbase64(base64, length, bytes, length, size))
        return NULL;
    ch_sha256_hex(bytes, *size, hash);
    return strcmp(hash, payout_text(file, "sha256")) == 0 ? bytes : NULL;
}

enum ch_job_result send_batch(struct ch_job *job)
{
    const char *batch = payout_text(job->payload, "batch");
    struct ch_answer answer;
    enum ch_job_result result = payout_ask(job, &load_file, &answer, CH_ARGS(batch));
    if (result != CH_JOB_DONE || strcmp(answer.outcome, "ok") != 0)
        return result; /* sent already, or known by a statement */
    json_t *file = payout_parse(job->arena, answer.body);
    size_t size = 0;
    uint8_t *bytes = file_bytes(job, file, &size);
    if (!bytes) {
        snprintf(job->reason, sizeof job->reason, "batch %s: the stored file is not the one approved", batch);
        return CH_JOB_DEAD;
    }
    struct payout_settings settings = payout_settings(job->context);
    const char *name = payout_text(file, "message_id");
    if (!hand_over(job->arena, settings.outbox, name, bytes, size)) {
        snprintf(job->reason, sizeof job->reason, "batch %s: %s: %s", batch, settings.outbox, strerror(errno));
        return CH_JOB_RETRY;
    }
    result = payout_ask(job, &mark_sent, &answer, CH_ARGS(batch));
    if (result == CH_JOB_DONE)
        unlink(mark_of(job->arena, settings.outbox, name));
    return result;
}
