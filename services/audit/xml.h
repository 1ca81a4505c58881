/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* XML read with libxml2's text reader, where the services use expat: elements are told by their path of local names. */
#ifndef SERVICES_AUDIT_XML_H
#define SERVICES_AUDIT_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "commonhold/arena.h"

struct xml_calls {
    /* `path` is Document/A/B; `text` the text directly inside, without blanks around it. */
    void (*begin)(void *context, const char *path);
    void (*end)(void *context, const char *path, const char *text);
    void *context;
};

/* False when it is not well-formed, has a DOCTYPE, or goes deeper than 32. */
bool xml_walk(struct ch_arena *arena, const void *bytes, size_t size, const struct xml_calls *calls);

/* Whether a path ends with `tail`, at a component. */
bool xml_ends(const char *path, const char *tail);

/* Minor units of two places out of a decimal, exact; false when it is none. */
bool xml_minor(const char *text, long long *minor);

#endif
