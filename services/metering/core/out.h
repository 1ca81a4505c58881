/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes of a body as they are made: one block that grows, up to a limit its owner minds. */
#ifndef METERING_CORE_OUT_H
#define METERING_CORE_OUT_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct out {
    char *bytes;
    size_t size, room;
};

/* Room for `more` bytes behind the present ones; out of memory ends the process. */
static inline char *out_reserve(struct out *out, size_t more)
{
    if (out->room - out->size < more) {
        size_t room = out->room + out->room / 2 + more + 4096;
        char *bytes = realloc(out->bytes, room);
        if (!bytes)
            abort();
        out->bytes = bytes;
        out->room = room;
    }
    return out->bytes + out->size;
}

static inline void out_add(struct out *out, const void *bytes, size_t size)
{
    memcpy(out_reserve(out, size), bytes, size);
    out->size += size;
}

static inline void out_text(struct out *out, const char *text)
{
    out_add(out, text, strlen(text));
}

static inline void out_byte(struct out *out, char byte)
{
    *out_reserve(out, 1) = byte;
    out->size++;
}

static inline void out_free(struct out *out)
{
    free(out->bytes);
    *out = (struct out){0};
}

#endif
