/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shape checks for JSON documents. Knows types, required members and unique names; what the words in a document
 * mean is decided elsewhere. */
#include "doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zulu.h"

#define INTEGER_MAX INT64_C(9007199254740991)

void ch_faults_init(struct ch_faults *faults, struct ch_arena *arena)
{
    faults->arena = arena;
    faults->list = ch_json_own(arena, json_array());
}

size_t ch_faults_count(const struct ch_faults *faults)
{
    return json_array_size(faults->list);
}

/* A member name with ~ and / escaped. */
static const char *escape(struct ch_arena *arena, const char *key)
{
    char *text = ch_alloc(arena, 2 * strlen(key) + 1), *out = text;
    for (; *key; key++) {
        if (*key == '~' || *key == '/') {
            *out++ = '~';
            *out++ = *key == '~' ? '0' : '1';
        } else {
            *out++ = *key;
        }
    }
    *out = '\0';
    return text;
}

const char *ch_at_pointer(struct ch_arena *arena, const struct ch_at *at)
{
    if (!at)
        return "";
    const char *up = ch_at_pointer(arena, at->up);
    if (at->key)
        return ch_printf(arena, "%s/%s", up, escape(arena, at->key));
    return ch_printf(arena, "%s/%zu", up, at->index);
}

void ch_fault_pointer(struct ch_faults *faults, const char *pointer, const char *detail)
{
    if (ch_faults_count(faults) >= CH_FAULTS_MAX)
        return;
    json_t *fault = json_pack("{s:s, s:s}", "pointer", pointer, "detail", detail);
    /* A key or word of the input may be cut inside a character by a length limit: then say it without. */
    if (!fault)
        fault = json_pack("{s:s, s:s}", "pointer", "", "detail", "the document is not acceptable here");
    json_array_append_new(faults->list, fault);
}

void ch_fault(struct ch_faults *faults, const struct ch_at *at, const char *format, ...)
{
    if (ch_faults_count(faults) >= CH_FAULTS_MAX)
        return;
    va_list args;
    va_start(args, format);
    const char *detail = ch_vprintf(faults->arena, format, args);
    va_end(args);
    ch_fault_pointer(faults, ch_at_pointer(faults->arena, at), detail);
}

static bool is_id(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t length = strlen(text);
    return length >= 1 && length <= 32 && strchr(letters, *text) && strspn(text, rest) == length;
}

static bool is_strings(const json_t *value)
{
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            return false;
    return true;
}

/* NULL when the value has the shape, else what was wanted. */
static const char *wanted(const json_t *value, enum ch_doc_shape shape)
{
    int64_t seconds;
    switch (shape) {
    case CH_DOC_STRING:
        return json_is_string(value) ? NULL : "must be a string";
    case CH_DOC_ID:
        return json_is_string(value) && is_id(json_string_value(value))
                   ? NULL
                   : "must be an id: a letter, then at most 31 letters, digits, _ or -";
    case CH_DOC_INTEGER:
        return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= INTEGER_MAX
                   ? NULL
                   : "must be an integer, 0 to 2^53 - 1";
    case CH_DOC_BOOLEAN:
        return json_is_boolean(value) ? NULL : "must be true or false";
    case CH_DOC_TIME:
        return json_is_string(value) && ch_zulu_parse(json_string_value(value), &seconds)
                   ? NULL
                   : "must be a time YYYY-MM-DDTHH:MM:SSZ";
    case CH_DOC_OBJECT:
        return json_is_object(value) ? NULL : "must be an object";
    case CH_DOC_ARRAY:
        return json_is_array(value) ? NULL : "must be an array";
    case CH_DOC_STRINGS:
        return is_strings(value) ? NULL : "must be an array of strings";
    case CH_DOC_ANY:
        return NULL;
    }
    abort();
}

bool ch_doc_value(struct ch_faults *faults, const struct ch_at *at, const json_t *value, enum ch_doc_shape shape)
{
    const char *problem = wanted(value, shape);
    if (problem)
        ch_fault(faults, at, "%s", problem);
    return !problem;
}

static bool check_member(struct ch_faults *faults, const struct ch_at *at, const json_t *object,
                         const struct ch_doc_member *member)
{
    const json_t *value = json_object_get(object, member->name);
    const struct ch_at here = {at, member->name, 0};
    if (!value) {
        if (!member->optional)
            ch_fault(faults, &here, "is missing");
        return member->optional;
    }
    if (json_is_null(value) && member->nullable)
        return true;
    return ch_doc_value(faults, &here, value, member->shape);
}

static bool check_unknown(struct ch_faults *faults, const struct ch_at *at, const json_t *object,
                          const struct ch_doc_member *members, size_t count)
{
    bool good = true;
    for (void *i = json_object_iter((json_t *)(uintptr_t)object); i;
         i = json_object_iter_next((json_t *)(uintptr_t)object, i)) {
        const char *key = json_object_iter_key(i);
        size_t m = 0;
        while (m < count && strcmp(members[m].name, key) != 0)
            m++;
        if (m < count)
            continue;
        const struct ch_at here = {at, key, 0};
        ch_fault(faults, &here, "is not a member of this object");
        good = false;
    }
    return good;
}

bool ch_doc_object(struct ch_faults *faults, const struct ch_at *at, const json_t *value,
                   const struct ch_doc_member *members, size_t count)
{
    if (!ch_doc_value(faults, at, value, CH_DOC_OBJECT))
        return false;
    bool good = true;
    size_t present = 0;
    for (size_t m = 0; m < count; m++) {
        good &= check_member(faults, at, value, &members[m]);
        present += json_object_get(value, members[m].name) != NULL;
    }
    return present == json_object_size(value) ? good : check_unknown(faults, at, value, members, count) && good;
}

bool ch_doc_unique(struct ch_faults *faults, const struct ch_at *at, const json_t *array, const char *member)
{
    bool good = true;
    json_t *seen = json_object();
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        const char *text = json_string_value(member ? json_object_get(item, member) : item);
        if (!text)
            continue;
        if (json_object_get(seen, text)) {
            const struct ch_at element = {at, NULL, i}, inner = {&element, member, 0};
            ch_fault(faults, member ? &inner : &element, "stands twice in this array");
            good = false;
        }
        json_object_set_new(seen, text, json_true());
    }
    json_decref(seen);
    return good;
}

void ch_doc_integers(struct ch_faults *faults, const struct ch_at *at, const json_t *value)
{
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number > INTEGER_MAX || number < -INTEGER_MAX)
            ch_fault(faults, at, "is beyond 2^53 - 1");
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            const struct ch_at here = {at, NULL, i};
            ch_doc_integers(faults, &here, json_array_get(value, i));
        }
    } else if (json_is_object(value)) {
        json_t *object = (json_t *)(uintptr_t)value;
        for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
            const struct ch_at here = {at, json_object_iter_key(i), 0};
            ch_doc_integers(faults, &here, json_object_iter_value(i));
        }
    }
}

const char *ch_text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t ch_integer_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool ch_true_of(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

int64_t ch_time_of(const json_t *object, const char *name)
{
    int64_t seconds = 0;
    if (!ch_zulu_parse(ch_text_of(object, name), &seconds))
        abort();
    return seconds;
}
