/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold migrate`: brings the database to the state this program was built with, sets the passwords of the login
 * roles, and registers the public halves of the signing keys. */
#include <stdio.h>

#include "cli.h"
#include "commonhold/migrate.h"

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
    struct ch_settings settings;
    if (!ch_settings_read(arena, config, database, &settings))
        return CH_EXIT_REFUSED;
    int code = run(settings.administrator, settings.passfile, strict);
    return code == CH_EXIT_OK ? ch_register_keys(arena, &settings) : code;
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
