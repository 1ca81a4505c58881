/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The Upload-Metadata header of tus 1.0.0: pairs of a key and a base64 value, parted by commas. */
#ifndef LICENSING_CORE_UPLOAD_METADATA_H
#define LICENSING_CORE_UPLOAD_METADATA_H

#include <stdbool.h>

#include "commonhold/arena.h"

struct ch_upload_metadata {
    const char *contribution; /* UUID text; always there when reading succeeded */
    const char *filename;     /* for people alone, never part of a path; NULL when absent */
    const char *sha256;       /* 64 lower-case hex digits; NULL when absent */
};

/* Reads a header (NULL: none). False when it is malformed: an empty key or one with blanks, a key that stands twice,
 * a value that is no strict base64 or no UTF-8 without control characters, over 4,096 bytes, no contribution, or a
 * contribution or sha256 of the wrong shape. Keys that are not known are passed over. Texts live in the arena. */
bool ch_upload_metadata_read(struct ch_arena *arena, const char *header, struct ch_upload_metadata *out);

/* Upload-Checksum: "sha256 <base64>" or "sha1 <base64>". */
enum ch_upload_checksum { CH_CHECKSUM_NONE, CH_CHECKSUM_SHA256, CH_CHECKSUM_SHA1, CH_CHECKSUM_BAD };
/* `digest` takes 32 bytes. NULL header: CH_CHECKSUM_NONE; unknown algorithm or a digest of the wrong length: BAD. */
enum ch_upload_checksum ch_upload_checksum_read(const char *header, unsigned char *digest);

#endif
