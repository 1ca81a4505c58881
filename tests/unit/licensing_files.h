/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading test data of the licensing tests: whole files, relative to the project's root. */
#ifndef TESTS_LICENSING_FILES_H
#define TESTS_LICENSING_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/arena.h"
#include "commonhold/cli.h"
#include "commonhold/json.h"

static inline json_t *read_json(struct ch_arena *arena, const char *path)
{
    static const struct ch_json_limits limits = {.bytes = 1 << 22, .depth = 16, .integers = true};
    struct ch_json_error fault;
    char error[256];
    size_t size;
    char *text = ch_read_file(arena, path, 1 << 22, &size, error);
    if (!text) {
        fprintf(stderr, "%s: %s\n", path, error);
        abort();
    }
    json_t *value = ch_json_parse(arena, text, size, &limits, &fault);
    if (!value) {
        fprintf(stderr, "%s: %s\n", path, fault.detail);
        abort();
    }
    return value;
}

/* A JSON literal of a test; single quotes stand for double ones. */
static inline json_t *quick_json(struct ch_arena *arena, const char *text)
{
    struct ch_json_error fault;
    char *copy = ch_strdup(arena, text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *value = ch_json_parse(arena, copy, strlen(copy), &CH_JSON_BODY, &fault);
    if (!value) {
        fprintf(stderr, "%s: %s\n", text, fault.detail);
        abort();
    }
    return value;
}

/* The terms of the golden cases. */
static inline json_t *base_terms(struct ch_arena *arena)
{
    return json_object_get(read_json(arena, "tests/unit/policy/base.json"), "terms");
}

/* Sets the value at an RFC 6901 pointer ("-" appends to an array). */
static inline void set_at(json_t *root, const char *pointer, json_t *value)
{
    char *copy = strdup(pointer), *name = strrchr(copy, '/');
    json_t *at = root;
    *name++ = '\0';
    for (char *save, *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save))
        at = json_is_array(at) ? json_array_get(at, strtoul(part, NULL, 10)) : json_object_get(at, part);
    if (json_is_object(at))
        json_object_set(at, name, value);
    else if (*name == '-')
        json_array_append(at, value);
    else
        json_array_set(at, strtoul(name, NULL, 10), value);
    free(copy);
}

#endif
