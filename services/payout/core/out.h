/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A buffered writer for documents too large to build as a tree: results of a million lines, normal forms,
 * bank files. The bytes go to a callback, into a hash, or into memory. */
#ifndef COMMONHOLD_PAYOUT_OUT_H
#define COMMONHOLD_PAYOUT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned __int128 ch_u128;

struct ch_out {
    void (*write)(void *context, const void *bytes, size_t size);
    void *context;
    size_t used;
    char buffer[16384];
};

/* Ready to use; nothing is allocated. */
void ch_out_begin(struct ch_out *out, void (*write)(void *, const void *, size_t), void *context);
/* Hands over what is still buffered. */
void ch_out_flush(struct ch_out *out);

/* What no longer fits into the buffer. */
void ch_out_spill(struct ch_out *out, const void *bytes, size_t size);

static inline void ch_out_bytes(struct ch_out *out, const void *bytes, size_t size)
{
    if (size > sizeof out->buffer - out->used) {
        ch_out_spill(out, bytes, size);
        return;
    }
    memcpy(out->buffer + out->used, bytes, size);
    out->used += size;
}

static inline void ch_out_text(struct ch_out *out, const char *text)
{
    ch_out_bytes(out, text, strlen(text));
}

void ch_out_integer(struct ch_out *out, int64_t value);
/* What stands before it, and the number. */
void ch_out_number(struct ch_out *out, const char *before, int64_t value);
void ch_out_bool(struct ch_out *out, bool value);
/* The decimal digits, without quotes. */
void ch_out_u128(struct ch_out *out, ch_u128 value);
/* A JSON string of printable ASCII, quoted, with " and \ escaped. */
void ch_out_string(struct ch_out *out, const char *text, size_t length);
/* "hex" of `size` bytes, quoted. */
void ch_out_hex(struct ch_out *out, const uint8_t *bytes, size_t size);

/* A callback that adds to a struct ch_sha256. */
void ch_out_to_sha256(void *context, const void *bytes, size_t size);

#endif
