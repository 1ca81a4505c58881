/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The matrix of states and commands of applications and grants (licensing.md, section 9), kept once in C: matrix.def.
 * licensing.step holds the same rows; tests/check-matrix.sh compares them and docs/licensing-matrix.md. */
#ifndef LICENSING_MATRIX_H
#define LICENSING_MATRIX_H

#include "commonhold/arena.h"

/* A command as a path writes it ("waive-fee") in the matrix's words ("waive_fee"); NULL when the object has none of
 * that name in any state. */
const char *licensing_command(struct ch_arena *arena, const char *object, const char *path);

#endif
