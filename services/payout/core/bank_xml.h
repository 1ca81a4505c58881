/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the readers of bank messages share: XML as it streams in, with little memory whatever a stranger sends. Refused
 * are a DOCTYPE, more than 32 levels, over 4 KiB of text in an element, tags and comments over 64 KiB, and more than
 * 1,024 different names (each of which the parser would keep). */
#ifndef COMMONHOLD_PAYOUT_BANK_XML_H
#define COMMONHOLD_PAYOUT_BANK_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

enum ch_bank_error {
    CH_BANK_OK,
    CH_BANK_NOT_XML,
    CH_BANK_DOCTYPE,
    CH_BANK_TOO_DEEP,
    CH_BANK_TOO_LONG, /* a text, a tag, an entry, the names together */
    CH_BANK_WRONG_MESSAGE,
    CH_BANK_INCOMPLETE, /* something that must be there is not */
    CH_BANK_BAD_VALUE,
    CH_BANK_CURRENCY,
    CH_BANK_SUM,    /* opening + entries is not closing */
    CH_BANK_STOPPED /* by a call */
};

struct ch_bank_xml_calls {
    /* Whether the message `name` in `space` (the document's namespace) is one that is read here; first asked with
     * NULL for the name, whether there is any in that space. */
    bool (*message)(void *context, const char *space, const char *name);
    /* An element below the message: its path, names joined by '/', "?" for one of another namespace. Attributes as
     * expat gives them: name, value, name, value, NULL. */
    void (*begin)(void *context, const char *path, const char *const *attributes);
    /* Its end, with the text since the last tag, ended by NUL. */
    void (*end)(void *context, const char *path, const char *text, size_t length);
    void *context;
};

struct ch_bank_xml;

/* Lives in the arena and goes with it. */
struct ch_bank_xml *ch_bank_xml_new(struct ch_arena *arena, const struct ch_bank_xml_calls *calls);
/* Elements directly below the message that are called `name` appear in paths as `alias` (both outlive the reader). */
void ch_bank_xml_alias(struct ch_bank_xml *xml, const char *name, const char *alias);
/* The next piece, `last` with the final one (which may be empty). False once refused; further pieces are ignored. */
bool ch_bank_xml_feed(struct ch_bank_xml *xml, const void *bytes, size_t size, bool last);
/* From a call: the file is refused. The first reason stays. Always false. */
bool ch_bank_xml_refuse(struct ch_bank_xml *xml, enum ch_bank_error error, const char *detail);
enum ch_bank_error ch_bank_xml_error(const struct ch_bank_xml *xml);
/* One sentence for people, with the line; "" when all is well. Lives as long as the reader. */
const char *ch_bank_xml_detail(const struct ch_bank_xml *xml);

#endif
