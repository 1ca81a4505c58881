/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold migrate`: brings the database to the state this program was built with, sets the passwords of the login
 * roles, and registers the public halves of the signing keys. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "commonhold/config.h"
#include "commonhold/migrate.h"

/* Only [common] is read; sections of roles are checked by the roles. */
struct settings {
    char dir[PATH_MAX];   /* of the configuration */
    const char *database; /* without a user */
    const char *origin;
};

/* `key = value` of [common], as far as init wrote it: the daemon's full tables are not linked into this program. */
static const char *common_value(struct ch_arena *arena, const char *text, const char *key)
{
    bool inside = false;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        line += strspn(line, " \t");
        if (*line == '[')
            inside = strncmp(line, "[common]", 8) == 0;
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

static bool read_settings(struct ch_arena *arena, const char *path, struct settings *settings)
{
    char error[256];
    size_t size;
    char real[PATH_MAX];
    const char *text = ch_read_file(arena, path, 1 << 20, &size, error);
    if (!text || !realpath(path, real))
        return ch_say(false, "%s", text ? path : error);
    snprintf(settings->dir, sizeof(settings->dir), "%s", dirname(real));
    const char *database = getenv("COMMONHOLD_COMMON_DATABASE");
    const char *origin = getenv("COMMONHOLD_COMMON_ORIGIN");
    settings->database = database ? database : common_value(arena, text, "database");
    settings->origin = origin ? origin : common_value(arena, text, "origin");
    if (!settings->database || !settings->origin)
        return ch_say(false, "%s: [common] needs `database` and `origin`", path);
    return true;
}

static int run(const char *conninfo, const char *passfile, bool strict)
{
    struct ch_migrate_report report;
    if (ch_migrate(conninfo, passfile, &report) != 0)
        return ch_say(CH_EXIT_FAULT, "%s", report.message);
    printf("version %04d: %d migrations applied, %d functions loaded%s\n", report.version, report.migrations_applied,
           report.functions_loaded, report.functions_loaded == 0 ? " (nothing had changed)" : "");
    if (report.functions_broken > 0 && strict)
        return ch_say(CH_EXIT_REFUSED, "%d functions do not check; the lines above name them", report.functions_broken);
    return CH_EXIT_OK;
}

static int migrate_trust(struct ch_arena *arena, const char *config, const char *database, bool strict)
{
    struct settings settings;
    if (!read_settings(arena, config, &settings))
        return CH_EXIT_REFUSED;
    const char *passfile = ch_printf(arena, "%s/secrets/pgpass", settings.dir);
    if (!database)
        database =
            ch_conninfo_with(arena, settings.database,
                             ch_printf(arena, "user=commonhold passfile=%s", ch_conninfo_quote(arena, passfile)));
    if (!database)
        return CH_EXIT_REFUSED;
    int code = run(database, passfile, strict);
    return code == CH_EXIT_OK ? ch_register_keys(database, settings.dir, settings.origin) : code;
}

int ch_command_migrate(int argc, char **argv)
{
    const char *config = NULL, *database = NULL;
    bool strict = false;
    const struct ch_option options[] = {{"--config", &config, NULL, false},
                                        {"--database", &database, NULL, false},
                                        {"--strict", NULL, &strict, false},
                                        {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, NULL))
        return CH_EXIT_USAGE;
    if (!config && !database)
        return ch_say(CH_EXIT_USAGE,
                      "--config FILE is missing (or --database alone, which sets no passwords and keys)");
    struct ch_arena *arena = ch_arena_new();
    int code = config ? migrate_trust(arena, config, database, strict) : run(database, NULL, strict);
    ch_arena_free(arena);
    return code;
}
