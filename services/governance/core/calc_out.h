/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Text that grows, for results that are numbers and fixed words only: nothing in them needs escaping. */
#ifndef COMMONHOLD_GOVERNANCE_CALC_OUT_H
#define COMMONHOLD_GOVERNANCE_CALC_OUT_H

#include <stddef.h>

#include "commonhold/arena.h"

/* Begins as {.arena = arena}. Its maximum is that of the result being written. */
struct ch_calc_out {
    struct ch_arena *arena;
    char *text; /* ended by NUL; in the arena */
    size_t used, room;
};

/* printf to its end. */
void ch_calc_put(struct ch_calc_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
