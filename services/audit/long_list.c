/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Long documents cut into the elements of one list, piece by piece as they are fetched, and written as rows of a COPY.
 * It understands the canonical form and no more. */
#include "long_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE    4194304
#define ROOM     65536
#define FIELDS   16
#define NAME_MAX 32

struct text {
    char *bytes;
    size_t size, room;
};

struct cutting {
    struct audit *a;
    const struct long_list *list; /* NULL: none is copied */
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

static const char *behind_value(const char *at, const char *end)
{
    size_t depth = 0;
    while (at && at < end) {
        if (*at == '"') {
            at = behind_string(at, end);
        } else if (depth == 0 && strchr(",}]", *at)) {
            return at;
        } else {
            depth += *at == '{' || *at == '[';
            depth -= *at == '}' || *at == ']';
            at++;
        }
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

static bool flush(struct cutting *c)
{
    bool good = c->rows.size == 0 || PQputCopyData(c->a->findings, c->rows.bytes, (int)c->rows.size) == 1;
    c->rows.size = 0;
    return good;
}

/* Strings of these documents have no escapes, and so nothing that means something to COPY. */
static bool write_value(struct cutting *c, struct value value)
{
    if (!value.text || (value.size == 4 && memcmp(value.text, "null", 4) == 0))
        append(&c->rows, "\\N", 2);
    else
        append(&c->rows, value.text, value.size);
    append(&c->rows, "\t", 1);
    return !value.text || !memchr(value.text, '\\', value.size);
}

static bool write_row(struct cutting *c, struct value first, struct value object)
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

static bool write_inner(struct cutting *c, struct value object)
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

static bool take_element(struct cutting *c)
{
    struct value element = {c->element.bytes, c->element.size};
    c->element.size = 0;
    return c->list->inner ? write_inner(c, element) : write_row(c, (struct value){0}, element);
}

/* ---- the document ---- */

static void take_string(struct cutting *c, char byte)
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

static void take_mark(struct cutting *c, char byte)
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

static void take_piece(struct cutting *c, const char *bytes, size_t size)
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

static const char PIECE_OF[] = "SELECT pg_catalog.substr(e.bytes, $2::integer, $3::integer) FROM payout.evidence AS e "
                               "WHERE e.sha256 = $1";

/* The size of the piece that begins at `from`, 0 behind the end, -1 on failure. */
static int take_next(struct cutting *c, const char *sha256, int from)
{
    char first[16], most[16];
    snprintf(first, sizeof first, "%d", from);
    snprintf(most, sizeof most, "%d", PIECE);
    PGresult *row =
        PQexecParams(c->a->source, PIECE_OF, 3, NULL, (const char *const[]){sha256, first, most}, NULL, NULL, 1);
    int size = PQresultStatus(row) != PGRES_TUPLES_OK ? -1 : PQntuples(row) ? PQgetlength(row, 0, 0) : 0;
    if (size > 0)
        take_piece(c, PQgetvalue(row, 0, 0), (size_t)size);
    PQclear(row);
    return size;
}

static bool read_document(struct cutting *c, const char *sha256)
{
    int from = 1, size = 0;
    while (c->good && (size = take_next(c, sha256, from)) > 0)
        from += size;
    if (size < 0)
        return audit_fail(c->a, "%s", PQerrorMessage(c->a->source));
    return (c->good && c->depth == 0 && flush(c)) ||
           audit_fail(c->a, "document %s, or its list %s, cannot be read", sha256, c->list ? c->list->name : "*");
}

static const char *end_cutting(struct cutting *c, bool good)
{
    const char *rest = good ? ch_memdup(c->a->arena, c->rest.bytes, c->rest.size) : NULL;
    free(c->element.bytes);
    free(c->rest.bytes);
    free(c->rows.bytes);
    return rest;
}

const char *long_list_copy(struct audit *a, const char *sha256, const struct long_list *list)
{
    struct cutting c = {.a = a, .list = list, .good = true};
    bool good = audit_copy_begin(a, list->into) && audit_copy_end(a, read_document(&c, sha256));
    return end_cutting(&c, good);
}

const char *long_list_rest(struct audit *a, const char *sha256)
{
    struct cutting c = {.a = a, .good = true};
    return end_cutting(&c, read_document(&c, sha256));
}
