# SPDX-License-Identifier: AGPL-3.0-or-later
cli_SRC := services/cli/main.c services/cli/conninfo.c services/cli/init.c services/cli/settings.c services/cli/migrate.c services/cli/keys.c services/cli/recover.c
