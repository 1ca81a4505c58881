/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* [common] database of a configuration as the administrator uses it. The other sections belong to the roles and are
 * not judged here. */
#include <libgen.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/cli.h"
#include "found_database.h"

#define CONFIG_MAX ((size_t)1024 * 1024)

const char *found_folder(struct ch_arena *arena, const char *config)
{
    return ch_strdup(arena, dirname(ch_strdup(arena, config)));
}

/* Value of `key = value` on this line, NULL when it is another key. */
static const char *value_of(struct ch_arena *arena, const char *line, const char *key)
{
    size_t size = strlen(key);
    if (strncmp(line, key, size) != 0)
        return NULL;
    line += size + strspn(line + size, " \t");
    if (*line != '=')
        return NULL;
    line += 1 + strspn(line + 1, " \t");
    size = strcspn(line, "\r\n");
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
        size--;
    return ch_memdup(arena, line, size);
}

static const char *common_database(struct ch_arena *arena, const char *text)
{
    bool inside = false;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        line += strspn(line, " \t");
        if (*line == '[')
            inside = strncmp(line, "[common]", 8) == 0;
        const char *value = inside ? value_of(arena, line, "database") : NULL;
        if (value)
            return value;
    }
    return NULL;
}

/* key='value' in libpq's quoting. */
static const char *pair(struct ch_arena *arena, const char *key, const char *value)
{
    char *quoted = ch_alloc(arena, 2 * strlen(value) + 1), *to = quoted;
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            *to++ = '\\';
        *to++ = *value;
    }
    return ch_printf(arena, " %s='%s'", key, quoted);
}

/* The string without user and password, then the administrator's. Also reads connection URIs. */
static const char *as_administrator(struct ch_arena *arena, const char *database, const char *passfile, char *error)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(database, &why);
    if (!options) {
        snprintf(error, 512, "[common] database is no connection string: %s", why ? why : "out of memory");
        PQfreemem(why);
        return NULL;
    }
    const char *text = "user=commonhold";
    for (const PQconninfoOption *option = options; option->keyword; option++) {
        if (option->val && strcmp(option->keyword, "user") != 0 && strcmp(option->keyword, "password") != 0 &&
            strcmp(option->keyword, "passfile") != 0)
            text = ch_printf(arena, "%s%s", text, pair(arena, option->keyword, option->val));
    }
    PQconninfoFree(options);
    return ch_printf(arena, "%s%s", text, pair(arena, "passfile", passfile));
}

const char *found_database(struct ch_arena *arena, const struct found_options *options, char *error)
{
    size_t size;
    char *text = ch_read_file(arena, options->config, CONFIG_MAX, &size, error);
    if (!text)
        return NULL;
    if (options->database)
        return options->database;
    const char *given = getenv("COMMONHOLD_COMMON_DATABASE");
    const char *database = given ? given : common_database(arena, text);
    if (!database) {
        snprintf(error, 512, "%s: [common] has no key database", options->config);
        return NULL;
    }
    const char *folder = found_folder(arena, options->config);
    return as_administrator(arena, database, ch_printf(arena, "%s/secrets/pgpass", folder), error);
}
