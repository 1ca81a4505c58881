/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Options of commands by a table, and messages to whoever runs them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/cli.h"

static const struct ch_option *find(const struct ch_option *options, const char *name)
{
    for (; options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

static bool is_given(const struct ch_option *option)
{
    return option->flag ? *option->flag : *option->value != NULL;
}

/* Takes argv[i], and its value behind it; how many that were, 0 with a message when it is not to be had. */
static int take(int argc, char **argv, int i, const struct ch_option *option)
{
    if (!option) {
        ch_say(0, "%s is no option of this command", argv[i]);
        return 0;
    }
    if (option->flag) {
        *option->flag = true;
        return 1;
    }
    if (i + 1 == argc)
        ch_say(0, "%s needs a value", argv[i]);
    else if (*option->value)
        ch_say(0, "%s is given twice", argv[i]);
    else
        *option->value = argv[i + 1];
    return i + 1 < argc && *option->value == argv[i + 1] ? 2 : 0;
}

bool ch_options(int argc, char **argv, const struct ch_option *options, int *words)
{
    int count = 0;
    bool only_words = false;
    for (int i = 0, taken; i < argc; i += taken) {
        taken = 1;
        if (!only_words && words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (words && (only_words || argv[i][0] != '-' || argv[i][1] == '\0'))
            argv[count++] = argv[i];
        else if ((taken = take(argc, argv, i, find(options, argv[i]))) == 0)
            return false;
    }
    if (words)
        *words = count;
    for (const struct ch_option *option = options; option->name; option++)
        if (option->required && !is_given(option))
            return ch_say(false, "%s is missing", option->name);
    return true;
}

int ch_say(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("commonhold: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
}
