/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration file: INI lines against tables of declared keys, overridden by the environment. Everything is
 * checked at start, so that a running service never meets a bad value. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/arena.h"
#include "commonhold/config.h"

#define ERROR_SIZE 512
#define FILE_MOST  ((size_t)1024 * 1024)

struct value {
    const struct ch_config_section *section;
    const struct ch_config_key *key;
    const char *text; /* NULL: not given */
    int64_t number;   /* INT, SECONDS, BOOL */
    int line;         /* 0: environment or default */
    struct value *next;
};

struct ch_config {
    struct ch_arena *arena;
    const struct ch_config_section *sections;
    struct value *values;
    const char *path;
    char *folder; /* with '/' at the end, or "" */
    char *error;
};

/* While reading the file. */
struct reader {
    struct ch_config *config;
    const struct ch_config_section *section; /* NULL before the first header */
    int line;
};

__attribute__((format(printf, 3, 4))) static bool refuse(struct ch_config *config, int line, const char *format, ...)
{
    va_list args;
    int used = 0;
    if (line > 0)
        used = snprintf(config->error, ERROR_SIZE, "%.200s:%d: ", config->path, line);
    va_start(args, format);
    vsnprintf(config->error + used, ERROR_SIZE - (size_t)used, format, args);
    va_end(args);
    return false;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static struct value *find(const struct ch_config *config, const char *section, const char *key)
{
    for (struct value *value = config->values; value; value = value->next)
        if (strcmp(value->section->name, section) == 0 && strcmp(value->key->key, key) == 0)
            return value;
    return NULL;
}

static void declare(struct ch_config *config)
{
    for (const struct ch_config_section *section = config->sections; section->name; section++) {
        for (const struct ch_config_key *key = section->keys; key && key->key; key++) {
            struct value *value = ch_alloc(config->arena, sizeof *value);
            *value = (struct value){.section = section, .key = key, .next = config->values};
            config->values = value;
        }
    }
}

/* ---- values ---- */

static bool read_number(struct ch_config *config, struct value *value)
{
    const struct ch_config_key *key = value->key;
    char *end;
    errno = 0;
    long long number = strtoll(value->text, &end, 10);
    if (errno || end == value->text || *end || number < key->min || number > key->max)
        return refuse(config, value->line, "[%s] %s = %.100s: must be a whole number%s from %lld to %lld",
                      value->section->name, key->key, value->text, key->type == CH_CONFIG_SECONDS ? " of seconds" : "",
                      (long long)key->min, (long long)key->max);
    value->number = number;
    return true;
}

static bool read_bool(struct ch_config *config, struct value *value)
{
    bool yes = strcmp(value->text, "yes") == 0 || strcmp(value->text, "true") == 0;
    if (!yes && strcmp(value->text, "no") != 0 && strcmp(value->text, "false") != 0)
        return refuse(config, value->line, "[%s] %s = %.100s: must be yes or no", value->section->name, value->key->key,
                      value->text);
    value->number = yes;
    return true;
}

static bool check(struct ch_config *config, struct value *value)
{
    if (!value->text && !value->key->fallback)
        return refuse(config, 0, "[%s] %s is missing: %s", value->section->name, value->key->key, value->key->help);
    if (!value->text)
        value->text = value->key->fallback;
    switch (value->key->type) {
    case CH_CONFIG_TEXT:
        return true;
    case CH_CONFIG_PATH:
        if (value->text[0] && value->text[0] != '/')
            value->text = ch_printf(config->arena, "%s%s", config->folder, value->text);
        return true;
    case CH_CONFIG_INT:
    case CH_CONFIG_SECONDS:
        return read_number(config, value);
    case CH_CONFIG_BOOL:
        return read_bool(config, value);
    }
    abort();
}

static void override(struct ch_config *config, struct value *value)
{
    char *name = ch_printf(config->arena, "COMMONHOLD_%s_%s", value->section->name, value->key->key);
    for (char *c = name; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c == '-' ? '_' : *c;
    const char *text = getenv(name);
    if (!text)
        return;
    value->text = ch_strdup(config->arena, text);
    value->line = 0;
}

static bool check_all(struct ch_config *config)
{
    for (struct value *value = config->values; value; value = value->next) {
        override(config, value);
        if (!check(config, value))
            return false;
    }
    return true;
}

/* ---- lines ---- */

static bool read_header(struct reader *reader, char *line)
{
    size_t length = strlen(line);
    if (line[length - 1] != ']')
        return refuse(reader->config, reader->line, "a section is written [name]");
    line[length - 1] = '\0';
    const char *name = trim(line + 1);
    for (const struct ch_config_section *section = reader->config->sections; section->name; section++) {
        if (strcmp(section->name, name) == 0) {
            reader->section = section;
            return true;
        }
    }
    return refuse(reader->config, reader->line, "there is no section [%.60s]", name);
}

static bool read_pair(struct reader *reader, char *line)
{
    char *equals = strchr(line, '=');
    if (!equals)
        return refuse(reader->config, reader->line,
                      "not understood: a line is [section], key = value, or begins with #");
    if (!reader->section)
        return refuse(reader->config, reader->line, "a [section] must come first");
    *equals = '\0';
    const char *key = trim(line);
    if (!reader->section->keys)
        return true; /* a section of a program that is not this one */
    struct value *value = find(reader->config, reader->section->name, key);
    if (!value)
        return refuse(reader->config, reader->line, "section [%s] has no key %.60s", reader->section->name, key);
    if (value->text)
        return refuse(reader->config, reader->line, "%s was given in line %d already", key, value->line);
    value->text = trim(equals + 1);
    value->line = reader->line;
    return true;
}

static bool read_line(struct reader *reader, char *line)
{
    line = trim(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return true;
    return *line == '[' ? read_header(reader, line) : read_pair(reader, line);
}

static char *read_whole(struct ch_config *config, FILE *file)
{
    char *text = ch_alloc(config->arena, FILE_MOST + 1);
    size_t size = fread(text, 1, FILE_MOST + 1, file);
    if (ferror(file) || size > FILE_MOST || strlen(text) != size) {
        refuse(config, 0, "%.200s: %s", config->path, ferror(file) ? strerror(errno) : "no text file, or over 1 MiB");
        return NULL;
    }
    return text;
}

static bool read_file(struct ch_config *config)
{
    FILE *file = fopen(config->path, "re");
    if (!file)
        return refuse(config, 0, "%.200s: %s", config->path, strerror(errno));
    char *text = read_whole(config, file);
    fclose(file);
    struct reader reader = {.config = config};
    while (text && *text) {
        char *line = strsep(&text, "\n");
        reader.line++;
        if (!read_line(&reader, line))
            return false;
        if (!text)
            return true;
    }
    return text != NULL;
}

/* ---- entry points ---- */

struct ch_config *ch_config_load(const char *path, const struct ch_config_section *sections, char *error)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_config *config = ch_alloc(arena, sizeof *config);
    *config = (struct ch_config){.arena = arena, .sections = sections, .path = ch_strdup(arena, path), .error = error};
    const char *slash = path ? strrchr(path, '/') : NULL;
    config->folder = slash ? ch_memdup(arena, path, (size_t)(slash - path) + 1) : ch_strdup(arena, "");
    error[0] = '\0';
    declare(config);
    if ((!path || read_file(config)) && check_all(config))
        return config;
    ch_arena_free(arena);
    return NULL;
}

void ch_config_free(struct ch_config *config)
{
    if (config)
        ch_arena_free(config->arena);
}

static const struct value *declared(const struct ch_config *config, const char *section, const char *key)
{
    const struct value *value = find(config, section, key);
    if (!value) {
        fprintf(stderr, "commonhold: [%s] %s is not declared\n", section, key);
        abort();
    }
    return value;
}

const char *ch_config_text(const struct ch_config *config, const char *section, const char *key)
{
    return declared(config, section, key)->text;
}

const char *ch_config_folder(const struct ch_config *config, const char *section, const char *key, const char *shared)
{
    static const char *const ROOTS[] = {"", "/usr/local/share/commonhold/", "/usr/share/commonhold/"};
    const char *configured = ch_config_text(config, section, key);
    for (size_t i = 0; !*configured && i < sizeof ROOTS / sizeof *ROOTS; i++) {
        const char *folder = ch_printf(config->arena, "%s%s", ROOTS[i], shared);
        if (access(folder, R_OK | X_OK) == 0)
            return folder;
    }
    return *configured ? configured : shared;
}

int64_t ch_config_int(const struct ch_config *config, const char *section, const char *key)
{
    return declared(config, section, key)->number;
}

bool ch_config_bool(const struct ch_config *config, const char *section, const char *key)
{
    return declared(config, section, key)->number != 0;
}
