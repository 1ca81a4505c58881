/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rails there are. */
#include <string.h>

#include "rail.h"

static const struct ch_rail *const RAILS[] = {&ch_rail_folder, NULL};

const struct ch_rail *ch_rail_find(const char *name)
{
    for (size_t i = 0; RAILS[i]; i++)
        if (strcmp(RAILS[i]->name, name) == 0)
            return RAILS[i];
    return NULL;
}
