/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looks up commands of the matrix. Which state allows which is decided in SQL, where the state is. */
#include "matrix.h"

#include <string.h>

static const struct step {
    const char *object, *command;
} STEPS[] = {
#define CH_STEP(object, state, command, who, next) {#object, #command},
#include "matrix.def"
#undef CH_STEP
};

const char *licensing_command(struct ch_arena *arena, const char *object, const char *path)
{
    char *name = ch_strdup(arena, path);
    if (strchr(name, '_'))
        return NULL;
    for (char *at = name; *at; at++)
        if (*at == '-')
            *at = '_';
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
        if (strcmp(STEPS[i].object, object) == 0 && strcmp(STEPS[i].command, name) == 0)
            return STEPS[i].command;
    return NULL;
}
