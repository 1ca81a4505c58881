/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finds the elements of one list in a document that comes in pieces, wherever those end, and makes rows of them. It
 * understands the canonical form and no more: what it cannot read it refuses, and it does not look for other mistakes.
 */
#include "cut.h"

#include <stdlib.h>
#include <string.h>

#define ROOM     65536
#define FIELDS   16
#define NAME_MAX 32

struct text {
    char *bytes;
    size_t size, room;
};

struct cut {
    const struct cut_list *list;
    cut_sink *sink;
    void *arg;
    struct text element, rest, rows;
    char name[NAME_MAX + 1]; /* the last member of the document itself */
    size_t name_size, depth;
    bool in_string, escaped, in_array, wanted, good;
};

/* A value as it stands in the document: of strings, what is between the quotes. */
struct value {
    const char *text;
    size_t size;
};

static void append(struct text *text, const char *bytes, size_t size)
{
    if (size == 0)
        return; /* there may be no room at all yet */
    if (text->size + size > text->room) {
        text->room = (text->size + size) * 2 + 256;
        text->bytes = realloc(text->bytes, text->room);
        if (!text->bytes)
            abort();
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

/* ---- one element ---- */

/* Behind a string that begins at `at`; NULL where it does not end. */
static const char *behind_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : NULL;
}

/* Behind a value, which begins at `at`; NULL where it does not end. */
static const char *behind_value(const char *at, const char *end)
{
    size_t depth = 0;
    if (at < end && !strchr("\"{[", *at)) {
        while (at < end && !strchr(",}] \n\r\t", *at))
            at++;
        return at < end ? at : NULL;
    }
    while (at && at < end) {
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at = *at == '"' ? behind_string(at, end) : at + 1;
        if (depth == 0)
            return at;
    }
    return NULL;
}

static const char *behind_space(const char *at, const char *end)
{
    while (at && at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

static void keep(const char *name, size_t size, struct value value, const char *const *fields, struct value *values)
{
    for (size_t i = 0; fields[i]; i++)
        if (strlen(fields[i]) == size && memcmp(fields[i], name, size) == 0)
            values[i] = value;
}

/* The members of an object that are asked for. */
static bool read_object(struct value object, const char *const *fields, struct value *values)
{
    const char *at = object.text, *end = at + object.size;
    if (object.size < 2 || *at != '{')
        return false;
    at = behind_space(at + 1, end);
    while (at < end && *at != '}') {
        const char *behind = *at == '"' ? behind_string(at, end) : NULL, *colon = behind_space(behind, end);
        const char *from = colon && colon < end && *colon == ':' ? behind_space(colon + 1, end) : NULL;
        const char *last = from ? behind_value(from, end) : NULL, *next = behind_space(last, end);
        if (!next || next >= end || (*next != ',' && *next != '}'))
            return false;
        size_t quotes = *from == '"' ? 1 : 0;
        keep(at + 1, (size_t)(behind - at) - 2, (struct value){from + quotes, (size_t)(last - from) - 2 * quotes},
             fields, values);
        at = *next == ',' ? behind_space(next + 1, end) : next;
    }
    return at + 1 == end;
}

/* ---- rows ---- */

static bool flush(struct cut *c)
{
    bool good = c->rows.size == 0 || c->sink(c->arg, c->rows.bytes, c->rows.size);
    c->rows.size = 0;
    return good;
}

/* Strings of these documents have no escapes, and so nothing that means something to COPY. */
static bool write_value(struct cut *c, struct value value)
{
    if (!value.text || (value.size == 4 && memcmp(value.text, "null", 4) == 0))
        append(&c->rows, "\\N", 2);
    else
        append(&c->rows, value.text, value.size);
    append(&c->rows, "\t", 1);
    return !value.text || !memchr(value.text, '\\', value.size);
}

static bool write_row(struct cut *c, struct value first, struct value object)
{
    struct value values[FIELDS] = {{0}};
    bool good = read_object(object, c->list->fields, values);
    append(&c->rows, c->list->before, strlen(c->list->before));
    if (first.text)
        good = write_value(c, first) && good;
    for (size_t i = 0; c->list->fields[i]; i++)
        good = write_value(c, values[i]) && good;
    c->rows.bytes[c->rows.size - 1] = '\n';
    return good && (c->rows.size < ROOM || flush(c));
}

static bool write_inner(struct cut *c, struct value object)
{
    const char *const fields[] = {"id", c->list->inner, NULL};
    struct value values[2] = {{0}};
    if (!read_object(object, fields, values) || !values[0].text || !values[1].text || *values[1].text != '[')
        return false;
    const char *end = values[1].text + values[1].size, *at = behind_space(values[1].text + 1, end);
    while (at < end && *at != ']') {
        const char *last = behind_value(at, end), *next = behind_space(last, end);
        if (!next || next >= end || !write_row(c, values[0], (struct value){at, (size_t)(last - at)}))
            return false;
        at = *next == ',' ? behind_space(next + 1, end) : next;
    }
    return at + 1 == end;
}

static bool take_element(struct cut *c)
{
    struct value element = {c->element.bytes, c->element.size};
    c->element.size = 0;
    return c->list->inner ? write_inner(c, element) : write_row(c, (struct value){0}, element);
}

/* ---- the document ---- */

static void take_string(struct cut *c, char byte)
{
    if (c->escaped)
        c->escaped = false;
    else if (byte == '\\')
        c->escaped = true;
    else if (byte == '"')
        c->in_string = false;
    if (c->depth == 1 && c->in_string && c->name_size < NAME_MAX)
        c->name[c->name_size++] = byte;
}

static void take_mark(struct cut *c, char byte)
{
    if (byte == '"') {
        c->in_string = true;
        if (c->depth == 1)
            c->name_size = 0;
    } else if (byte == '{' || byte == '[') {
        if (++c->depth == 2 && byte == '[') {
            c->in_array = true;
            c->wanted =
                c->list && c->name_size == strlen(c->list->name) && memcmp(c->name, c->list->name, c->name_size) == 0;
        }
    } else if (byte == '}' || byte == ']') {
        c->good = c->good && c->depth > 0;
        if (--c->depth == 1)
            c->in_array = c->wanted = false;
    }
}

void cut_take(struct cut *c, const char *bytes, size_t size)
{
    struct text *into = NULL;
    size_t from = 0;
    for (size_t i = 0; c->good && i < size; i++) {
        size_t before = c->depth;
        if (c->in_string)
            take_string(c, bytes[i]);
        else
            take_mark(c, bytes[i]);
        struct text *now = !c->in_array || before == 1                 ? &c->rest
                           : c->wanted && (c->depth > 2 || before > 2) ? &c->element
                                                                       : NULL;
        if (now != into) {
            if (into)
                append(into, bytes + from, i - from);
            into = now;
            from = i;
        }
        if (!c->wanted || before < 2 || c->depth > 2)
            continue;
        if (before == 2) {
            c->good = strchr(", \n\r\t", bytes[i]) != NULL;
        } else {
            append(into, bytes + from, i + 1 - from);
            into = NULL;
            c->good = take_element(c);
        }
    }
    if (into)
        append(into, bytes + from, size - from);
}

struct cut *cut_open(const struct cut_list *list, cut_sink *sink, void *arg)
{
    struct cut *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->list = list;
    c->sink = sink;
    c->arg = arg;
    c->good = true;
    return c;
}

bool cut_end(struct cut *c)
{
    return c->good && c->depth == 0 && flush(c);
}

const char *cut_rest(const struct cut *c, size_t *size)
{
    *size = c->rest.size;
    return c->rest.bytes;
}

void cut_free(struct cut *c)
{
    free(c->element.bytes);
    free(c->rest.bytes);
    free(c->rows.bytes);
    free(c);
}
