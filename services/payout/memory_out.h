/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A core writer that keeps what it writes. */
#ifndef COMMONHOLD_PAYOUT_MEMORY_OUT_H
#define COMMONHOLD_PAYOUT_MEMORY_OUT_H

#include "core/distribute.h"

/* What the calculators read, and what the database keeps in one row. */
#define MEMORY_OUT_MAX ((size_t)1 << 30)

struct memory_out {
    struct ch_out out;
    char *text;
    size_t length, room;
    char **kept; /* the text, for the arena to free */
};

/* Ready to write to ->out; the text goes with the arena. Over MEMORY_OUT_MAX bytes the process ends with a message. */
void memory_out_begin(struct memory_out *memory, struct ch_arena *arena);
/* Flushes; the text ends with NUL and stays until more is written. Length in memory->length. */
char *memory_out_text(struct memory_out *memory);
/* Room for `size` bytes behind what was written, for the caller to fill before anything else is written. */
char *memory_out_take(struct memory_out *memory, size_t size);

/* The beginning of a distribution-inputs/1 document: behind it goes the normal form, or any form, without its first
 * brace. */
void memory_out_run_id(struct memory_out *memory, const char *run_id);

#endif
