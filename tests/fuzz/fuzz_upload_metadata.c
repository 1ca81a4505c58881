/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as Upload-Metadata and Upload-Checksum: what is read must have the shape its header promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/licensing/core/upload_metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_upload_metadata out;
    uint8_t digest[32];
    if (size > 8192)
        return 0;
    struct ch_arena *arena = ch_arena_new();
    const char *text = ch_memdup(arena, bytes, size);
    if (ch_upload_metadata_read(arena, text, &out)) {
        if (strlen(out.contribution) != 36 || (out.sha256 && strlen(out.sha256) != 64))
            abort();
        for (const char *at = out.filename; at && *at; at++)
            if ((unsigned char)*at < ' ')
                abort();
    }
    ch_upload_checksum_read(text, digest);
    ch_arena_free(arena);
    return 0;
}
