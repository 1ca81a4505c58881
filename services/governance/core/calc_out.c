/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* printf into a growing text. What is written knows its own form. */
#include <stdarg.h>
#include <stdio.h>

#include "calc_out.h"

void ch_calc_put(struct ch_calc_out *out, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t left = out->room - out->used;
    size_t size = (size_t)vsnprintf(left ? out->text + out->used : NULL, left, format, args);
    if (size >= left) {
        out->text = ch_arena_grow(out->arena, out->text, &out->room, out->used + size + 1);
        vsnprintf(out->text + out->used, size + 1, format, again);
    }
    out->used += size;
    va_end(again);
    va_end(args);
}
