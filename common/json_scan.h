/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The judgement of JSON text that comes before a tree is made of it; private to common/json*.c. */
#ifndef COMMONHOLD_JSON_SCAN_H
#define COMMONHOLD_JSON_SCAN_H

#include "commonhold/json.h"

/* jansson's reader, and everything that walks a tree, recurses into this many arrays and objects at most. */
#define CH_JSON_DEEPEST (JSON_PARSER_MAX_DEPTH - 1)

/* True when the text is one RFC 8259 text within the limits. Duplicate keys are not looked for. Linear, without
 * recursion, and copies nothing. Otherwise `error` says what is wrong and where. */
bool ch_json_scan(struct ch_arena *arena, const char *text, size_t length, const struct ch_json_limits *limits,
                  struct ch_json_error *error);

/* Fills pointer and line of `error` with the first key or scalar that ends at byte `offset` or behind it. For what
 * the tree's reader refuses in a text that ch_json_scan has let through. */
void ch_json_locate(struct ch_arena *arena, const char *text, size_t length, const struct ch_json_limits *limits,
                    size_t offset, struct ch_json_error *error);

#endif
