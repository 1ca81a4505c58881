/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a calculator refuses and why: a list of {pointer, detail}, as the HTTP problems carry it. */
#ifndef COMMONHOLD_PAYOUT_REFUSALS_H
#define COMMONHOLD_PAYOUT_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"

#define CH_REFUSALS_MAX 100 /* later ones are counted, not kept */

struct ch_refusal {
    const char *pointer; /* RFC 6901, into the document that `detail` names */
    const char *detail;  /* one sentence for people, printable ASCII */
};

struct ch_refusals {
    struct ch_arena *arena; /* owns the texts */
    const char *document;   /* "rule", "inputs": put in front of each detail; NULL for none */
    struct ch_refusal item[CH_REFUSALS_MAX];
    size_t count; /* kept */
    size_t more;  /* not kept */
};

/* An empty list in the arena. */
struct ch_refusals *ch_refusals_new(struct ch_arena *arena, const char *document);

/* Adds one; false always, so that checks may `return ch_refusal_add(...)`. */
bool ch_refusal_add(struct ch_refusals *list, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* True when nothing was refused. */
bool ch_refusals_none(const struct ch_refusals *list);

/* {"errors":[{"detail","pointer"}]}, canonical, without a newline; lives in the list's arena. */
char *ch_refusals_text(const struct ch_refusals *list);

/* parent/name with name escaped (RFC 6901 section 3), and parent/index. */
const char *ch_pointer_name(struct ch_arena *arena, const char *parent, const char *name);
const char *ch_pointer_index(struct ch_arena *arena, const char *parent, size_t index);

#endif
