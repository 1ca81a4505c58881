/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between core/ and the rest of the role: bytes into memory. */
#include "memory_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* realloc and not the arena: a document of hundreds of megabytes moves its pages instead of being copied, and its
 * smaller stages do not stay. */
static void make_room(struct memory_out *memory, size_t more)
{
    if (memory->length + more < memory->room)
        return;
    if (memory->length + more > MEMORY_OUT_MAX) {
        fprintf(stderr, "a document of a run passes 1 GiB\n");
        abort();
    }
    memory->room = 2 * (memory->length + more) + 64;
    memory->text = *memory->kept = realloc(memory->text, memory->room);
    if (!memory->text)
        abort();
}

static void keep(void *context, const void *bytes, size_t size)
{
    struct memory_out *memory = context;
    make_room(memory, size);
    memcpy(memory->text + memory->length, bytes, size);
    memory->length += size;
    memory->text[memory->length] = '\0';
}

static void release(void *kept)
{
    free(*(char **)kept);
}

void memory_out_begin(struct memory_out *memory, struct ch_arena *arena)
{
    memory->text = NULL;
    memory->length = memory->room = 0;
    memory->kept = ch_alloc(arena, sizeof *memory->kept);
    ch_arena_on_free(arena, release, memory->kept);
    ch_out_begin(&memory->out, keep, memory);
    make_room(memory, 1);
    memory->text[0] = '\0';
}

char *memory_out_text(struct memory_out *memory)
{
    ch_out_flush(&memory->out);
    return memory->text;
}

char *memory_out_take(struct memory_out *memory, size_t size)
{
    ch_out_flush(&memory->out);
    make_room(memory, size);
    char *place = memory->text + memory->length;
    memory->length += size;
    memory->text[memory->length] = '\0';
    return place;
}

void memory_out_run_id(struct memory_out *memory, const char *run_id)
{
    ch_out_text(&memory->out, "{\"run_id\":\"");
    ch_out_text(&memory->out, run_id);
    ch_out_text(&memory->out, "\",");
}
