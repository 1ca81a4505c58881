/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory that goes away together: one arena for each request, job or command.
 *
 * Allocation never returns NULL. Everything a stranger controls is limited before it reaches an
 * arena, so exhausting one is a bug, and running out of memory ends the process with a message
 * (the parent of a pre-forked role starts another). Nothing in an arena is ever freed alone. */
#ifndef COMMONHOLD_ARENA_H
#define COMMONHOLD_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct ch_arena;

/* A new, empty arena. The caller owns it and ends it with ch_arena_free. */
struct ch_arena *ch_arena_new(void);

/* Runs the clean-ups (latest first), then frees everything. NULL is allowed. */
void ch_arena_free(struct ch_arena *arena);

/* `size` zeroed bytes, aligned for any type; size 0 gives a valid unique pointer. */
void *ch_alloc(struct ch_arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* `count` zeroed elements of `size` bytes; an overflowing product is a bug and aborts. */
void *ch_alloc_array(struct ch_arena *arena, size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* A buffer that grows: `block` (of *room bytes; NULL: of none) while `need` bytes fit, else a larger one that begins
 * with its contents, and *room is what that holds; the smaller one stays as it was. Rooms double, so all the blocks a
 * buffer has been together take less than four times its greatest need. */
void *ch_arena_grow(struct ch_arena *arena, void *block, size_t *room, size_t need);

/* Copies, always ended by NUL. ch_strdup(arena, NULL) is NULL. */
char *ch_strdup(struct ch_arena *arena, const char *text);
char *ch_memdup(struct ch_arena *arena, const void *bytes, size_t size) __attribute__((returns_nonnull));

/* printf into the arena. */
char *ch_printf(struct ch_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3), returns_nonnull));
char *ch_vprintf(struct ch_arena *arena, const char *format, va_list args) __attribute__((returns_nonnull));

/* Calls `clean(thing)` when the arena is freed: for what cannot live in an arena itself. */
void ch_arena_on_free(struct ch_arena *arena, void (*clean)(void *), void *thing);

/* Bytes handed out so far (not the overhead): for tests and limits. */
size_t ch_arena_used(const struct ch_arena *arena);

#endif
