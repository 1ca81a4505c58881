/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* JSON as the whole system reads and writes it: jansson's tree, a strict reader with limits, and
 * the canonical form (RFC 8785 restricted to integers). */
#ifndef COMMONHOLD_JSON_H
#define COMMONHOLD_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "commonhold/arena.h"

struct ch_json_limits {
    size_t bytes;   /* most bytes of text */
    unsigned depth; /* deepest nesting; 1 is a bare object or array of scalars */
    size_t string;  /* most bytes in one string after unescaping; 0: no limit but `bytes` */
    bool integers;  /* refuse fractions, exponents, -0 and what does not fit int64_t */
    bool ascii;     /* refuse strings that are not printable ASCII (0x20 to 0x7e) */
};

/* 1 MiB, depth 16, strings of 256 KiB, integers only: what request bodies get. */
extern const struct ch_json_limits CH_JSON_BODY;

struct ch_json_error {
    char slug[32];     /* not_json, too_large, too_deep, duplicate_key, not_integer, not_ascii, string_too_long */
    char pointer[256]; /* RFC 6901 pointer of the offending value; "" where it cannot be told */
    int line;          /* 1-based line of the text, 0 if unknown */
    char detail[256];  /* one sentence for people */
};

/* Parses exactly one JSON text: UTF-8, no duplicate keys (compared after unescaping), nothing behind
 * it but white space. NULL and `error` filled on refusal. The tree is freed with the arena, so callers
 * neither incref nor decref what they take out of it. */
json_t *ch_json_parse(struct ch_arena *arena, const char *text, size_t length, const struct ch_json_limits *limits,
                      struct ch_json_error *error);

/* RFC 8785 text of a tree of objects, arrays, strings, integers, booleans and null. Object keys sort by
 * UTF-16 code units. A real number in the tree is a bug and aborts. Length without the NUL in *length
 * (may be NULL). Lives in the arena. */
char *ch_json_canonical(struct ch_arena *arena, const json_t *value, size_t *length);

/* SHA-256 of the canonical text: 64 lower-case hex digits and NUL. */
void ch_json_sha256(struct ch_arena *arena, const json_t *value, char hex[65]);

/* json_pack with ownership in the arena. A bad format is a bug and aborts. */
json_t *ch_json_pack(struct ch_arena *arena, const char *format, ...);

/* Hands a tree over to the arena (json_decref when it is freed); returns it. NULL aborts. */
json_t *ch_json_own(struct ch_arena *arena, json_t *value);

#endif
