/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold`: finds a command in the tables of the roles and runs it. It knows no command's business. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "../audit/verify/commands.h"
#include "../governance/commands.h"
#include "../licensing/commands.h"
#include "../metering/commands.h"
#include "../payout/commands.h"
#include "../portal/commands.h"
#include "cli.h"

#define VERSION "0.1"

static const struct ch_command OPERATOR[] = {
    {"init", "--dir DIR [--origin URL] [--listen ADDRESS:PORT] [--database CONNINFO]",
     "makes the folder of a trust: configuration, secrets, keys", ch_command_init},
    {"migrate", "--config FILE [--database CONNINFO] [--strict]",
     "brings the database to this program's version (CONNINFO: of an administrator)", ch_command_migrate},
    {"log recover", "--config FILE [--database CONNINFO]",
     "begins a new log under [log] origin where the old one cannot be continued", ch_command_recover},
    {"serve", "[--config FILE] [ROLE ...]", "runs the daemon, commonholdd", ch_command_serve},
    {NULL, NULL, NULL, NULL}};

/* One row a role that brings commands. */
static const struct ch_command *const TABLES[] = {OPERATOR,
                                                  governance_commands,
                                                  licensing_commands,
                                                  metering_commands,
                                                  payout_calc_commands,
                                                  portal_commands,
                                                  verify_commands,
                                                  NULL};

static void list(FILE *out)
{
    fputs("usage: commonhold COMMAND [ARGUMENTS]\n\n", out);
    for (size_t t = 0; TABLES[t]; t++)
        for (const struct ch_command *command = TABLES[t]; command->name; command++)
            fprintf(out, "  %-22s %s\n      %s\n", command->name, command->help, command->usage);
    fputs("  help                   this list, or one command's arguments: commonhold help COMMAND\n"
          "  version                the version of this program\n",
          out);
}

/* How many of the words in argv the command's name takes; 0 when it is another command. */
static int words_of(const struct ch_command *command, int argc, char **argv)
{
    const char *blank = strchr(command->name, ' ');
    if (!blank)
        return argc > 0 && strcmp(argv[0], command->name) == 0 ? 1 : 0;
    size_t first = (size_t)(blank - command->name);
    return argc > 1 && strlen(argv[0]) == first && strncmp(argv[0], command->name, first) == 0 &&
                   strcmp(argv[1], blank + 1) == 0
               ? 2
               : 0;
}

/* Two words go before one: "log recover" is found though there were a command "log". */
static const struct ch_command *find(int argc, char **argv, int *words)
{
    const struct ch_command *found = NULL;
    *words = 0;
    for (size_t t = 0; TABLES[t]; t++)
        for (const struct ch_command *command = TABLES[t]; command->name; command++) {
            int taken = words_of(command, argc, argv);
            if (taken <= *words)
                continue;
            *words = taken;
            found = command;
        }
    return found;
}

static int help(int argc, char **argv)
{
    int words;
    const struct ch_command *command = find(argc, argv, &words);
    if (argc > 0 && !command)
        return ch_say(CH_EXIT_USAGE, "there is no command %s; `commonhold help` lists them", argv[0]);
    if (command)
        printf("commonhold %s %s\n%s\n", command->name, command->usage, command->help);
    else
        list(stdout);
    return CH_EXIT_OK;
}

/* The daemon beside this program, else the one in PATH. */
int ch_command_serve(int argc, char **argv)
{
    char own[PATH_MAX] = "", path[PATH_MAX + 16];
    ssize_t size = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[size > 0 ? size : 0] = '\0';
    snprintf(path, sizeof(path), "%s/commonholdd", dirname(own));
    argv[-1] = path;
    (void)argc;
    execv(path, argv - 1);
    execvp("commonholdd", argv - 1);
    return ch_say(CH_EXIT_FAULT, "commonholdd cannot be run: %m");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        list(stderr);
        return CH_EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
        return help(argc - 2, argv + 2);
    if (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0)
        return puts("commonhold " VERSION) == EOF;
    int words;
    const struct ch_command *command = find(argc - 1, argv + 1, &words);
    if (!command)
        return ch_say(CH_EXIT_USAGE, "there is no command %s; `commonhold help` lists them", argv[1]);
    int code = command->run(argc - 1 - words, argv + 1 + words);
    if (code == CH_EXIT_USAGE)
        ch_say(0, "usage: commonhold %s %s", command->name, command->usage);
    if (code == CH_EXIT_OK && (fflush(stdout) != 0 || ferror(stdout)))
        return ch_say(EX_IOERR, "the answer could not be written: %s", strerror(errno));
    return code;
}
