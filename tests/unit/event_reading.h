/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of events read with: one arena and one reader a file. */
#ifndef EVENT_READING_H
#define EVENT_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event_texts.h"

static struct ch_arena *arena;
static struct event_reader *reader;

static inline int set_up(void **state)
{
    (void)state;
    arena = ch_arena_new();
    reader = event_reader_new();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    event_reader_free(reader);
    ch_arena_free(arena);
    return 0;
}

#endif
