/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which name in a file is which column: header_map, columns' own names, and the names to ignore. */
#ifndef LICENSING_CORE_HEADER_H
#define LICENSING_CORE_HEADER_H

#include "ingest.h"

#define CH_NAME_UNKNOWN (-1) /* not mapped and not ignored */
#define CH_NAME_IGNORED (-2)

struct ch_name_map {
    struct ch_mapped_name {
        const char *text;
        size_t length;
        int target; /* index of a column, or CH_NAME_IGNORED */
    } * names;
    size_t count;
};

/* The names of checked options. In the arena. */
void ch_name_map_init(struct ch_arena *arena, const struct ch_ingest_options *options, struct ch_name_map *out);
/* The index in header->names, header->count if it is none of them. `hint`: the index to try first. */
size_t ch_name_map_find(const struct ch_name_map *header, const char *text, size_t length, size_t hint);

#endif
