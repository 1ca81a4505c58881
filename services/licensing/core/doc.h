/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks the shape of JSON documents member by member and collects every fault with its RFC 6901 pointer. */
#ifndef LICENSING_CORE_DOC_H
#define LICENSING_CORE_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"

/* Where in a document: a chain on the stack, turned into text only when there is a fault. */
struct ch_at {
    const struct ch_at *up; /* NULL: the document itself */
    const char *key;        /* member name, or NULL: `index` of an array */
    size_t index;
};

/* Faults found so far: an array of {"pointer","detail"}, at most CH_FAULTS_MAX of them. */
#define CH_FAULTS_MAX 100
struct ch_faults {
    struct ch_arena *arena;
    json_t *list; /* lives in the arena */
};

void ch_faults_init(struct ch_faults *faults, struct ch_arena *arena);
size_t ch_faults_count(const struct ch_faults *faults);
/* Adds one; further ones beyond CH_FAULTS_MAX are dropped. */
void ch_fault(struct ch_faults *faults, const struct ch_at *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a pointer made elsewhere (a parse error). */
void ch_fault_pointer(struct ch_faults *faults, const char *pointer, const char *detail);
/* RFC 6901 text of a place, in the arena. */
const char *ch_at_pointer(struct ch_arena *arena, const struct ch_at *at);

enum ch_doc_shape {
    CH_DOC_STRING,
    CH_DOC_ID,      /* [A-Za-z][A-Za-z0-9_-]{0,31} */
    CH_DOC_INTEGER, /* 0 to 2^53 - 1 */
    CH_DOC_BOOLEAN,
    CH_DOC_TIME, /* YYYY-MM-DDTHH:MM:SSZ */
    CH_DOC_OBJECT,
    CH_DOC_ARRAY,
    CH_DOC_STRINGS, /* array of strings */
    CH_DOC_ANY
};

struct ch_doc_member {
    const char *name;
    enum ch_doc_shape shape;
    bool optional; /* may be absent */
    bool nullable; /* may be null */
};
#define CH_DOC_MEMBERS(table) (table), sizeof(table) / sizeof *(table)

/* One value. True when it has the shape. */
bool ch_doc_value(struct ch_faults *faults, const struct ch_at *at, const json_t *value, enum ch_doc_shape shape);
/* True when `value` is an object with all required members, no others, each of its shape. */
bool ch_doc_object(struct ch_faults *faults, const struct ch_at *at, const json_t *value,
                   const struct ch_doc_member *members, size_t count);
/* Adds a fault for each string that stands twice in an array (of strings, or of objects with that string `member`).
 * True when there is none. Elements of another type are passed over. */
bool ch_doc_unique(struct ch_faults *faults, const struct ch_at *at, const json_t *array, const char *member);
/* Adds a fault for integers beyond +-(2^53 - 1): RFC 8785 has no exact form for them. */
void ch_doc_integers(struct ch_faults *faults, const struct ch_at *at, const json_t *value);

/* Members of an object that has been checked. */
const char *ch_text_of(const json_t *object, const char *name); /* NULL when absent or null */
int64_t ch_integer_of(const json_t *object, const char *name);  /* 0 when absent or null */
bool ch_true_of(const json_t *object, const char *name);        /* false when absent */
int64_t ch_time_of(const json_t *object, const char *name);     /* seconds; the member is there */

#endif
