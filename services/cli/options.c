/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Options of commands, messages to people, and the handling of connection strings. */
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

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

bool ch_options(int argc, char **argv, const struct ch_option *options)
{
    for (int i = 0; i < argc; i++) {
        const struct ch_option *option = find(options, argv[i]);
        if (!option)
            return ch_say(false, "%s is no option of this command", argv[i]);
        if (option->flag) {
            *option->flag = true;
            continue;
        }
        if (i + 1 == argc)
            return ch_say(false, "%s needs a value", argv[i]);
        if (*option->value)
            return ch_say(false, "%s is given twice", argv[i]);
        *option->value = argv[++i];
    }
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
