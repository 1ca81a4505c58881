/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A strict JSON scanner that builds no tree: for inputs with a million recipients, where a tree would need
 * gigabytes. Same limits as ch_json_parse with CH_CALC_LIMITS. */
#ifndef COMMONHOLD_PAYOUT_SCAN_H
#define COMMONHOLD_PAYOUT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "refusals.h"

struct ch_scan {
    const char *start, *at, *end;
    struct ch_arena *arena; /* owns unescaped strings; others point into the text */
    struct ch_refusals *list;
    unsigned depth;
    bool broken; /* the text is not the JSON we read; nothing more can be read */
};

struct ch_text {
    const char *bytes; /* not ended by NUL */
    size_t length;
};

/* Text of at most 1 GiB. */
void ch_scan_begin(struct ch_scan *scan, const char *text, size_t length, struct ch_refusals *list);

/* Marks the text as broken, once; false always. */
bool ch_scan_break(struct ch_scan *scan, const char *detail);

/* '{', '[', '"', '0' for a number, 't', 'f', 'n', or 0 when there is none of them. */
char ch_scan_kind(struct ch_scan *scan);

/* Object: ch_scan_enter(scan, '{'), then ch_scan_member until false. Array: '[' and ch_scan_item. False at the
 * closing bracket, which is consumed, and when the text is broken. `*first` starts true. */
bool ch_scan_enter(struct ch_scan *scan, char bracket);
bool ch_scan_member(struct ch_scan *scan, bool *first, struct ch_text *name);
bool ch_scan_item(struct ch_scan *scan, bool *first);

/* The next value must be of that kind (see ch_scan_kind); false and broken otherwise. */
bool ch_scan_string(struct ch_scan *scan, struct ch_text *text);
bool ch_scan_integer(struct ch_scan *scan, int64_t *value);

/* Checks and passes any value. */
bool ch_scan_skip(struct ch_scan *scan);

/* True when nothing but white space is left. */
bool ch_scan_end(struct ch_scan *scan);

static inline bool ch_text_is(struct ch_text text, const char *word)
{
    size_t length = strlen(word);
    return text.length == length && memcmp(text.bytes, word, length) == 0;
}

#endif
