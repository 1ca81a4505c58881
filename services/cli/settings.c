/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The few values of a trust's configuration that `migrate` and `log recover` need. The daemon's full tables are not
 * linked into this program; sections of roles are checked by the roles. */
#include <ctype.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commonhold/db.h"
#include "commonhold/json.h"

/* `key = value` of a section of the file, as far as init writes it; NULL when it is not there. */
static const char *file_value(struct ch_arena *arena, const char *text, const char *section, const char *key)
{
    const char *head = ch_printf(arena, "[%s]", section);
    bool inside = false;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        line += strspn(line, " \t");
        if (*line == '[')
            inside = strncmp(line, head, strlen(head)) == 0;
        size_t size = strlen(key);
        if (!inside || strncmp(line, key, size) != 0)
            continue;
        const char *value = line + size + strspn(line + size, " \t");
        if (*value != '=')
            continue;
        value += 1 + strspn(value + 1, " \t");
        size = strcspn(value, "\r\n");
        while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
            size--;
        return ch_memdup(arena, value, size);
    }
    return NULL;
}

/* COMMONHOLD_<SECTION>_<KEY> goes before the file; empty counts as absent. */
static const char *value_of(struct ch_arena *arena, const char *text, const char *section, const char *key)
{
    char *name = ch_printf(arena, "COMMONHOLD_%s_%s", section, key);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    const char *value = getenv(name) ?: file_value(arena, text, section, key);
    return value && *value ? value : NULL;
}

static const char *path_of(struct ch_arena *arena, const char *dir, const char *path)
{
    return *path == '/' ? path : ch_printf(arena, "%s/%s", dir, path);
}

static const char *log_name(struct ch_arena *arena, const char *text, const char *origin)
{
    const char *host = strstr(origin, "://");
    return value_of(arena, text, "log", "origin") ?: ch_printf(arena, "%s/log", host ? host + 3 : origin);
}

bool ch_settings_read(struct ch_arena *arena, const char *config, const char *database, struct ch_settings *settings)
{
    char error[256], real[PATH_MAX];
    size_t size;
    const char *text = ch_read_file(arena, config, 1 << 20, &size, error);
    if (!text || !realpath(config, real))
        return ch_say(false, "%s", text ? config : error);
    const char *dir = ch_strdup(arena, dirname(real));
    const char *stored = value_of(arena, text, "common", "database");
    const char *origin = value_of(arena, text, "common", "origin");
    if (!stored || !origin)
        return ch_say(false, "%s: [common] needs `database` and `origin`", config);
    const char *passfile = ch_printf(arena, "%s/secrets/pgpass", dir);
    if (!database)
        database = ch_conninfo_with(
            arena, stored, ch_printf(arena, "user=commonhold passfile=%s", ch_conninfo_quote(arena, passfile)));
    *settings = (struct ch_settings){
        .dir = dir,
        .passfile = passfile,
        .administrator = database,
        .log_name = log_name(arena, text, origin),
        .log_key = path_of(arena, dir, value_of(arena, text, "log", "key") ?: "secrets/log.key"),
        .checkpoint_file = path_of(arena, dir, value_of(arena, text, "log", "checkpoint_file") ?: "log/checkpoint")};
    return database != NULL;
}

bool ch_is_done(struct ch_arena *arena, const struct ch_answer *answer)
{
    struct ch_json_error error;
    const char *text = answer->body ? answer->body : "{}";
    if (strcmp(answer->outcome, "ok") == 0 || strcmp(answer->outcome, "created") == 0)
        return true;
    const json_t *body = ch_json_parse(arena, text, strlen(text), &CH_JSON_BODY, &error);
    return ch_say(false, "%s: %s", answer->outcome, json_string_value(json_object_get(body, "detail")) ?: "refused");
}
