/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one place that builds SQL identifiers: everything else is a parameter. What does not match the list of allowed
 * characters is refused, not repaired. */
#include <string.h>

#include "commonhold/db.h"
#include "commonhold/id.h"

static bool is_allowed(const char *name)
{
    if (*name < 'a' || *name > 'z')
        return false;
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[size] == '\0' && size <= 63;
}

const char *ch_sql_identifier(struct ch_arena *arena, const char *name)
{
    return is_allowed(name) ? ch_printf(arena, "\"%s\"", name) : NULL;
}

const char *ch_sql_pool_table(struct ch_arena *arena, const char *pool_id)
{
    uint8_t bytes[16];
    char text[27];
    if (!ch_id_parse(pool_id, bytes))
        return NULL;
    ch_base32_lower(bytes, 128, text);
    return ch_printf(arena, "pooldata.\"p_%s\"", text);
}
