/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a terms document: refused with errors, or checked; and no document is wider than itself. */
#include <stdint.h>
#include <stdlib.h>

#include "../../services/licensing/core/narrows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_narrows narrows;
    ch_faults_init(&faults, arena);
    struct ch_terms *terms = ch_terms_read(&faults, (const char *)bytes, size);
    require((terms == NULL) == (ch_faults_count(&faults) > 0));
    if (terms) {
        ch_terms_check(&faults, terms);
        ch_narrows(arena, terms, terms, 9, false, &narrows);
        require(!narrows.wider);
        ch_narrows_json(arena, &narrows);
    }
    ch_arena_free(arena);
    return 0;
}
