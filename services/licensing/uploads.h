/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files of uploads: where they lie, who may write one, and durable writing. What takes a struct upload_file runs on a
 * helper thread and touches that struct alone; the loop reads it between two calls. */
#ifndef LICENSING_UPLOADS_H
#define LICENSING_UPLOADS_H

#include <event2/buffer.h>
#include <openssl/types.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/db.h"
#include "core/upload_metadata.h"

/* Whether a PATCH of this upload is under way in this process, from its head to its answer. */
bool upload_is_patched(const char *id);

/* licensing.get_upload, shared by HEAD and PATCH. */
extern const struct ch_statement licensing_read_upload;

/* Path of an upload's file: the folder and the upload's UUID, nothing a client chose. */
const char *upload_path(struct ch_arena *arena, const char *folder, const char *id);

enum upload_result {
    UPLOAD_FINE,
    UPLOAD_BUSY,             /* another request holds the file's lock */
    UPLOAD_CHECKSUM_DIFFERS, /* the file ends at `start` again */
    UPLOAD_FAILED            /* `error` says why */
};

/* The file of one upload during one PATCH. Its lock (fcntl(2), F_OFD_SETLK) is what keeps other requests out, of this
 * process and of others; the kernel gives it back with the process. */
struct upload_file {
    const char *folder, *path;
    int64_t start, at;      /* where the chunk begins; where its next byte goes */
    struct evbuffer *piece; /* what upload_store writes */
    bool sync;              /* upload_store: what was written must outlive a power cut */
    bool last;              /* upload_store: the chunk ends here, compare its checksum */
    bool discard;           /* upload_close: remove the file */
    enum ch_upload_checksum checksum;
    uint8_t digest[32];
    /* results */
    enum upload_result result;
    int error;
    int64_t size; /* when it was opened */
    bool created, locked;
    /* its own */
    int file; /* -1: closed */
    bool begun;
    EVP_MD_CTX *hash; /* of the chunk so far; NULL without checksum */
};

/* Opens or creates the file and locks it: FINE, BUSY (closed again) or FAILED. `file` must be -1 before. */
void upload_open(void *file);
/* Gives the lock back, or takes it once more: FINE or BUSY. What is written in between is the caller's to know. */
void upload_unlock(void *file);
void upload_lock(void *file);
/* Writes `piece` at `at`; bytes an earlier request left behind `start` go first. Memory: constant. */
void upload_store(void *file);
/* Closes and so unlocks; nothing to do on one that is closed. */
void upload_close(void *file);
/* Whether somebody holds the lock: FINE or BUSY. Takes no lock and creates nothing. */
void upload_probe(void *file);

#endif
