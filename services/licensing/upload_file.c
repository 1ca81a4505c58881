/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes chunks of uploads to disk so that they are there after a power cut. Runs on helper threads: it touches the
 * chunk it was given and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/crypto.h"
#include "uploads.h"

const char *upload_path(struct ch_arena *arena, const char *folder, const char *id)
{
    return ch_printf(arena, "%s/%s", folder, id);
}

static bool checksum_holds(const struct upload_chunk *chunk)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    switch (chunk->checksum) {
    case CH_CHECKSUM_NONE:
        return true;
    case CH_CHECKSUM_SHA256:
        ch_sha256(chunk->bytes, chunk->size, digest);
        return memcmp(digest, chunk->digest, 32) == 0;
    case CH_CHECKSUM_SHA1:
        return EVP_Digest(chunk->bytes, chunk->size, digest, &size, EVP_sha1(), NULL) == 1 && size == 20 &&
               memcmp(digest, chunk->digest, 20) == 0;
    case CH_CHECKSUM_BAD:
        return false;
    }
    return false;
}

static bool write_all(int file, const struct upload_chunk *chunk)
{
    size_t done = 0;
    while (done < chunk->size) {
        ssize_t n = pwrite(file, (const char *)chunk->bytes + done, chunk->size - done, chunk->offset + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return fdatasync(file) == 0;
}

static bool sync_folder(const char *folder)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool fine = fsync(file) == 0;
    close(file);
    return fine;
}

void upload_write(void *state)
{
    struct upload_chunk *chunk = state;
    if (!checksum_holds(chunk)) {
        chunk->result = UPLOAD_CHECKSUM_DIFFERS;
        return;
    }
    chunk->result = UPLOAD_WRITTEN;
    if (chunk->size == 0)
        return;
    int file = open(chunk->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool fine = file >= 0 && write_all(file, chunk);
    if (!fine)
        chunk->error = errno;
    if (file >= 0 && close(file) != 0 && fine) {
        chunk->error = errno;
        fine = false;
    }
    if (fine && chunk->offset == 0 && !sync_folder(chunk->folder)) {
        chunk->error = errno;
        fine = false;
    }
    if (!fine)
        chunk->result = UPLOAD_FAILED;
}
