/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes uploads to disk so that they are there after a power cut, one writer to a file. Runs on helper threads; what
 * the bytes belong to, and what is committed, is upload_patch.c's. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "uploads.h"

#define PARTS 64 /* of a piece, written at once */

const char *upload_path(struct ch_arena *arena, const char *folder, const char *id)
{
    return ch_printf(arena, "%s/%s", folder, id);
}

static bool fail(struct upload_file *file)
{
    file->error = errno;
    file->result = UPLOAD_FAILED;
    return false;
}

/* ---- the lock ---- */

static bool set_lock(const struct upload_file *file, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(file->file, F_OFD_SETLK, &lock) == 0;
}

void upload_lock(void *state)
{
    struct upload_file *file = state;
    file->locked = set_lock(file, F_WRLCK);
    file->result = file->locked ? UPLOAD_FINE : UPLOAD_BUSY;
}

void upload_unlock(void *state)
{
    struct upload_file *file = state;
    set_lock(file, F_UNLCK);
    file->locked = false;
    file->result = UPLOAD_FINE;
}

void upload_probe(void *state)
{
    struct upload_file *file = state;
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int found = open(file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    file->result = UPLOAD_FINE;
    if (found < 0)
        return;
    if (fcntl(found, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        file->result = UPLOAD_BUSY;
    close(found);
}

/* ---- opening ---- */

static int open_or_create(struct upload_file *file)
{
    int found = open(file->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (found >= 0 || errno != ENOENT)
        return found;
    found = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    file->created = found >= 0;
    return found;
}

/* False when it must be opened again: it was removed, or made by somebody else, in between. */
static bool try_open(struct upload_file *file)
{
    struct stat found = {0};
    file->created = false;
    file->file = open_or_create(file);
    if (file->file < 0)
        return errno == EEXIST ? false : !fail(file);
    upload_lock(file);
    if (file->locked && fstat(file->file, &found) != 0)
        fail(file);
    file->size = found.st_size;
    bool removed = file->locked && file->result == UPLOAD_FINE && found.st_nlink == 0;
    if (removed || file->result != UPLOAD_FINE)
        upload_close(file);
    return !removed;
}

void upload_open(void *state)
{
    struct upload_file *file = state;
    for (int tries = 0; tries < 8; tries++)
        if (try_open(file))
            return;
    file->result = UPLOAD_BUSY; /* somebody makes and removes it all the time */
}

/* Keeps the result of what went before. */
void upload_close(void *state)
{
    struct upload_file *file = state;
    if (file->file >= 0 && file->discard && file->locked)
        unlink(file->path);
    if (file->file >= 0)
        close(file->file);
    file->file = -1;
    file->locked = false;
    EVP_MD_CTX_free(file->hash);
    file->hash = NULL;
}

/* ---- writing ---- */

static void begin_hash(struct upload_file *file)
{
    const EVP_MD *method = file->checksum == CH_CHECKSUM_SHA1 ? EVP_sha1() : EVP_sha256();
    file->hash = EVP_MD_CTX_new();
    if (!file->hash || EVP_DigestInit_ex(file->hash, method, NULL) != 1)
        abort();
}

/* What a broken chunk or a dead process left behind the committed offset is not the upload's. */
static bool begin(struct upload_file *file)
{
    file->begun = true;
    file->at = file->start;
    if (file->checksum != CH_CHECKSUM_NONE)
        begin_hash(file);
    return ftruncate(file->file, file->start) == 0 || fail(file);
}

/* Drops from `parts` what was written. */
static int advance(struct iovec *parts, int count, size_t written)
{
    int gone = 0;
    while (gone < count && written >= parts[gone].iov_len)
        written -= parts[gone++].iov_len;
    if (gone < count) {
        parts[gone].iov_base = (char *)parts[gone].iov_base + written;
        parts[gone].iov_len -= written;
    }
    memmove(parts, parts + gone, (size_t)(count - gone) * sizeof *parts);
    return count - gone;
}

static bool write_parts(struct upload_file *file, struct iovec *parts, int count)
{
    while (count > 0) {
        ssize_t written = pwritev(file->file, parts, count, file->at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(file);
        file->at += written;
        count = advance(parts, count, (size_t)written);
    }
    return true;
}

static bool write_piece(struct upload_file *file)
{
    struct evbuffer_iovec found[PARTS];
    struct iovec parts[PARTS];
    struct evbuffer_ptr from = {0};
    size_t left = evbuffer_get_length(file->piece), size;
    off_t began = file->at;
    if (evbuffer_ptr_set(file->piece, &from, 0, EVBUFFER_PTR_SET) != 0)
        return left == 0 || fail(file);
    for (; left > 0; left -= size) {
        int count = evbuffer_peek(file->piece, -1, &from, found, PARTS);
        count = count < PARTS ? count : PARTS;
        size = 0;
        for (int i = 0; i < count; i++) {
            parts[i] = (struct iovec){found[i].iov_base, found[i].iov_len};
            size += found[i].iov_len;
            if (file->hash && EVP_DigestUpdate(file->hash, found[i].iov_base, found[i].iov_len) != 1)
                abort();
        }
        if (!write_parts(file, parts, count))
            return false;
        evbuffer_ptr_set(file->piece, &from, size, EVBUFFER_PTR_ADD);
    }
    /* The disk begins at once, so that the next sync finds little left to do; a hint, and no promise. */
    sync_file_range(file->file, began, file->at - began, SYNC_FILE_RANGE_WRITE);
    return true;
}

static bool sync_folder(struct upload_file *file)
{
    int folder = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = folder >= 0 && fsync(folder) == 0;
    if (!fine)
        fail(file);
    if (folder >= 0)
        close(folder);
    return fine;
}

static bool sync_all(struct upload_file *file)
{
    if (fdatasync(file->file) != 0)
        return fail(file);
    return file->start > 0 || sync_folder(file);
}

static bool checksum_holds(struct upload_file *file)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!file->hash)
        return true;
    if (EVP_DigestFinal_ex(file->hash, digest, &size) != 1)
        abort();
    return memcmp(digest, file->digest, size) == 0;
}

void upload_store(void *state)
{
    struct upload_file *file = state;
    file->result = UPLOAD_FINE;
    if ((!file->begun && !begin(file)) || !write_piece(file))
        return;
    if (file->last && !checksum_holds(file)) {
        file->result = UPLOAD_CHECKSUM_DIFFERS;
        if (ftruncate(file->file, file->start) != 0)
            fail(file);
    } else if (file->sync) {
        sync_all(file);
    }
}
