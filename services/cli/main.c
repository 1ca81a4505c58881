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

static void describe(FILE *out, const struct ch_command *command)
{
    fprintf(out, "  %-22s %s\n      %s\n", command->name, command->help, command->usage);
}

static void list(FILE *out)
{
    fputs("usage: commonhold COMMAND [ARGUMENTS]\n\n", out);
    for (size_t t = 0; TABLES[t]; t++)
        for (const struct ch_command *command = TABLES[t]; command->name; command++)
            describe(out, command);
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

/* Commands of two words that begin with this one, such as those of calc; false without any. */
static bool list_group(FILE *out, const char *word)
{
    size_t length = strlen(word), found = 0;
    for (size_t t = 0; TABLES[t]; t++)
        for (const struct ch_command *command = TABLES[t]; command->name; command++)
            if (strncmp(command->name, word, length) == 0 && command->name[length] == ' ' && ++found)
                describe(out, command);
    return found > 0;
}

static int help(int argc, char **argv)
{
    int words;
    const struct ch_command *command = find(argc, argv, &words);
    if (command)
        printf("commonhold %s %s\n%s\n", command->name, command->usage, command->help);
    else if (argc == 0)
        list(stdout);
    else if (!list_group(stdout, argv[0]))
        return ch_say(CH_EXIT_USAGE, "there is no command %s; `commonhold help` lists them", argv[0]);
    return CH_EXIT_OK;
}

/* Whether the arguments behind a command ask what they may be. */
static bool asks_for_help(int argc, char **argv)
{
    return argc > 0 && strcmp(argv[argc - 1], "--help") == 0;
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
    if (asks_for_help(argc - 1 - words, argv + 1 + words))
        return help(argc - 2, argv + 1);
    if (!command && list_group(stderr, argv[1]))
        return CH_EXIT_USAGE;
    if (!command)
        return ch_say(CH_EXIT_USAGE, "there is no command %s; `commonhold help` lists them", argv[1]);
    int code = command->run(argc - 1 - words, argv + 1 + words);
    if (code == CH_EXIT_USAGE)
        ch_say(0, "usage: commonhold %s %s", command->name, command->usage);
    if (code == CH_EXIT_OK && (fflush(stdout) != 0 || ferror(stdout)))
        return ch_say(EX_IOERR, "the answer could not be written: %s", strerror(errno));
    return code;
}
