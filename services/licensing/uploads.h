/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files of uploads: where they lie, and durable writing on a helper thread. */
#ifndef LICENSING_UPLOADS_H
#define LICENSING_UPLOADS_H

#include <stdint.h>

#include "commonhold/arena.h"
#include "core/upload_metadata.h"

/* Path of an upload's file: the folder and the upload's UUID, nothing a client chose. */
const char *upload_path(struct ch_arena *arena, const char *folder, const char *id);

enum upload_result { UPLOAD_WRITTEN, UPLOAD_CHECKSUM_DIFFERS, UPLOAD_FAILED };

/* One chunk to write; filled on the event loop, worked off by upload_write on a helper thread. */
struct upload_chunk {
    const char *folder, *path;
    const void *bytes;
    size_t size;
    int64_t offset;
    enum ch_upload_checksum checksum;
    uint8_t digest[32];
    enum upload_result result;
    int error; /* errno when UPLOAD_FAILED */
};
/* Compares the checksum first, then writes at the offset and syncs file and, for the first chunk, folder. */
void upload_write(void *chunk);

#endif
