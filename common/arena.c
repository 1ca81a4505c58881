/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory that goes away together: a list of growing chunks, served from the front and never given back alone.
 *
 * Not a pool and not a cache: nothing is reused before the arena ends, so every chunk comes zeroed from calloc and
 * stays so until it is handed out. Under AddressSanitizer each allocation is a chunk of its own, so that a read one
 * byte past an object is seen. */
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif
#ifndef EACH_ALONE
#define EACH_ALONE 0
#endif

#define CHUNK_FIRST ((size_t)2048)
#define CHUNK_MOST  ((size_t)256 * 1024)
#define GROWN_FIRST ((size_t)1024)
#define ALIGNMENT   alignof(max_align_t)

struct chunk {
    struct chunk *older;
    size_t size; /* bytes behind this header */
    size_t used; /* of them handed out, a multiple of ALIGNMENT except under AddressSanitizer */
    alignas(max_align_t) unsigned char bytes[];
};

struct cleanup {
    struct cleanup *older;
    void (*clean)(void *);
    void *thing;
};

struct ch_arena {
    struct chunk *newest;     /* the one allocations come from */
    struct cleanup *cleanups; /* latest first */
    size_t next_chunk;        /* size of the next chunk, doubling up to CHUNK_MOST */
    size_t used;              /* bytes asked for so far */
};

__attribute__((noreturn)) static void give_up(const char *why)
{
    fprintf(stderr, "commonhold: %s\n", why);
    abort();
}

static struct chunk *new_chunk(struct ch_arena *arena, size_t least)
{
    size_t size = least > arena->next_chunk ? least : arena->next_chunk;
    struct chunk *chunk = size > SIZE_MAX - sizeof *chunk ? NULL : calloc(1, sizeof *chunk + size);
    if (!chunk)
        give_up("out of memory");
    chunk->size = size;
    if (arena->next_chunk < CHUNK_MOST)
        arena->next_chunk *= 2;
    return chunk;
}

/* A chunk with room for `size`. What needs more than a usual chunk goes behind the newest one, whose rest stays in
 * use. */
static struct chunk *chunk_for(struct ch_arena *arena, size_t size)
{
    struct chunk *newest = arena->newest;
    if (newest && newest->size - newest->used >= size)
        return newest;
    struct chunk *chunk = new_chunk(arena, size);
    if (newest && chunk->size == size && !EACH_ALONE) {
        chunk->older = newest->older;
        newest->older = chunk;
    } else {
        chunk->older = newest;
        arena->newest = chunk;
    }
    return chunk;
}

struct ch_arena *ch_arena_new(void)
{
    struct ch_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        give_up("out of memory");
    arena->next_chunk = EACH_ALONE ? 0 : CHUNK_FIRST;
    return arena;
}

void ch_arena_free(struct ch_arena *arena)
{
    if (!arena)
        return;
    while (arena->cleanups) {
        struct cleanup *latest = arena->cleanups;
        arena->cleanups = latest->older;
        latest->clean(latest->thing);
    }
    while (arena->newest) {
        struct chunk *chunk = arena->newest;
        arena->newest = chunk->older;
        free(chunk);
    }
    free(arena);
}

void *ch_alloc(struct ch_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        give_up("allocation of an impossible size");
    size_t room = size > 0 ? size : 1;
    if (!EACH_ALONE)
        room = (room + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct chunk *chunk = chunk_for(arena, room);
    void *place = chunk->bytes + chunk->used;
    chunk->used += room;
    arena->used += size;
    return place;
}

void *ch_alloc_array(struct ch_arena *arena, size_t count, size_t size)
{
    size_t product;
    if (__builtin_mul_overflow(count, size, &product))
        give_up("allocation of an impossible size");
    return ch_alloc(arena, product);
}

void *ch_arena_grow(struct ch_arena *arena, void *block, size_t *room, size_t need)
{
    size_t old = *room;
    if (need <= old)
        return block;
    if (need > SIZE_MAX / 4)
        give_up("allocation of an impossible size");
    if (old == 0)
        *room = GROWN_FIRST;
    while (*room < need)
        *room *= 2;
    char *larger = ch_alloc(arena, *room);
    if (old > 0)
        memcpy(larger, block, old);
    return larger;
}

char *ch_memdup(struct ch_arena *arena, const void *bytes, size_t size)
{
    char *copy = ch_alloc(arena, size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *ch_strdup(struct ch_arena *arena, const char *text)
{
    return text ? ch_memdup(arena, text, strlen(text)) : NULL;
}

char *ch_vprintf(struct ch_arena *arena, const char *format, va_list args)
{
    char *text = NULL;
    int length = vasprintf(&text, format, args);
    if (length < 0)
        give_up("a text cannot be formatted");
    char *copy = ch_memdup(arena, text, (size_t)length);
    free(text);
    return copy;
}

char *ch_printf(struct ch_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = ch_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void ch_arena_on_free(struct ch_arena *arena, void (*clean)(void *), void *thing)
{
    struct cleanup *cleanup = ch_alloc(arena, sizeof *cleanup);
    arena->used -= sizeof *cleanup;
    *cleanup = (struct cleanup){.older = arena->cleanups, .clean = clean, .thing = thing};
    arena->cleanups = cleanup;
}

size_t ch_arena_used(const struct ch_arena *arena)
{
    return arena->used;
}
