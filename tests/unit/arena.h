/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Setup and teardown of a cmocka test whose state is an arena of its own. */
#ifndef TESTS_UNIT_ARENA_H
#define TESTS_UNIT_ARENA_H

#include "commonhold/arena.h"

static int make_arena(void **state)
{
    *state = ch_arena_new();
    return 0;
}

static int free_arena(void **state)
{
    ch_arena_free(*state);
    return 0;
}

#endif
