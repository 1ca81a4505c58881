/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Connection strings: libpq's quoting, and ours without user and password. */
#include <libpq-fe.h>
#include <string.h>

#include "cli.h"

const char *ch_conninfo_quote(struct ch_arena *arena, const char *value)
{
    if (*value != '\0' && strpbrk(value, " \t\r\n\f\v'\\") == NULL)
        return ch_strdup(arena, value);
    char *quoted = ch_alloc(arena, 2 * strlen(value) + 3);
    char *out = quoted;
    *out++ = '\'';
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            *out++ = '\\';
        *out++ = *value;
    }
    *out = '\'';
    return quoted;
}

static bool is_ours(const char *keyword)
{
    return strcmp(keyword, "user") == 0 || strcmp(keyword, "password") == 0 || strcmp(keyword, "passfile") == 0;
}

const char *ch_conninfo_with(struct ch_arena *arena, const char *conninfo, const char *more)
{
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &error);
    if (!options) {
        ch_say(0, "%s: no connection string: %s", conninfo, error ? error : "out of memory");
        PQfreemem(error);
        return NULL;
    }
    const char *text = "";
    for (PQconninfoOption *option = options; option->keyword; option++)
        if (option->val && !is_ours(option->keyword))
            text = ch_printf(arena, "%s%s%s=%s", text, *text ? " " : "", option->keyword,
                             ch_conninfo_quote(arena, option->val));
    PQconninfoFree(options);
    return ch_printf(arena, "%s%s%s", text, *more ? " " : "", more);
}
