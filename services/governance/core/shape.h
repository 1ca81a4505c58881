/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checking a JSON document against tables of its keys, and the list of what is wrong with it. */
#ifndef COMMONHOLD_GOVERNANCE_SHAPE_H
#define COMMONHOLD_GOVERNANCE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"

/* What is wrong, in the order found: [{"pointer","detail"}], at most 100 (more are dropped: the document is refused
 * anyway). */
struct ch_complaints {
    struct ch_arena *arena;
    json_t *errors;
};

struct ch_complaints *ch_complaints_new(struct ch_arena *arena);
/* Adds one. False always, so that checks may end with it. */
bool ch_complain(struct ch_complaints *list, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool ch_complaints_none(const struct ch_complaints *list);
/* {"errors":[...]} without an end of line. */
char *ch_complaints_text(const struct ch_complaints *list);

enum ch_shape_type {
    CH_SHAPE_IS_TEXT, /* min to max code points, no control characters but LF and TAB */
    CH_SHAPE_IS_INT,  /* min to max */
    CH_SHAPE_IS_BOOL,
    CH_SHAPE_IS_CODE, /* one of `codes`, separated by blanks */
    CH_SHAPE_IS_OBJECT,
    CH_SHAPE_IS_ARRAY, /* min to max elements */
    CH_SHAPE_IS_MONEY, /* {"minor","currency"}, minor min to max */
    CH_SHAPE_IS_HASH,  /* 64 lower-case hex digits */
    CH_SHAPE_IS_UUID,  /* canonical text */
    CH_SHAPE_IS_TIME   /* YYYY-MM-DDTHH:MM:SSZ */
};

enum ch_shape_flags { CH_SHAPE_OPTIONAL = 1, CH_SHAPE_NULLABLE = 2 };

struct ch_shape_key {
    const char *name;
    enum ch_shape_type type;
    unsigned flags;
    int64_t min, max;
    const char *codes;
};
/* Tables end with a row whose name is NULL. */

/* Every key of the table there and right, no other key. True when nothing was added to the list. */
bool ch_shape_check(struct ch_complaints *list, const json_t *object, const char *pointer,
                    const struct ch_shape_key *keys);
/* One value against one row. */
bool ch_shape_value(struct ch_complaints *list, const json_t *value, const char *pointer,
                    const struct ch_shape_key *key);
/* Every element of an array against one row; true when none was refused. */
bool ch_shape_each(struct ch_complaints *list, const json_t *array, const char *pointer,
                   const struct ch_shape_key *key);

/* True when `word` is one of the blank-separated `words`. */
bool ch_word_in(const char *word, const char *words);
/* parent/name with ~ and / escaped (RFC 6901). */
const char *ch_shape_pointer(struct ch_arena *arena, const char *parent, const char *name);

#endif
