/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a terms document: refused with errors, or checked; no document is wider than itself, and one that may be
 * enacted renders as offers that hold no empty array and no bare number. */
#include <stdint.h>
#include <stdlib.h>

#include "../../services/licensing/core/narrows.h"
#include "../../services/licensing/core/odrl.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

/* The protocol's subset of ODRL: licensing.md section 6. */
static void check_rendered(json_t *value)
{
    const char *name;
    json_t *member;
    size_t index;
    require(!json_is_number(value) && !json_is_null(value));
    require(!json_is_array(value) || json_array_size(value) > 0);
    json_array_foreach(value, index, member) check_rendered(member);
    json_object_foreach(value, name, member) check_rendered(member);
}

static void check_offers(json_t *offers)
{
    json_t *offer;
    size_t index;
    require(offers != NULL);
    json_array_foreach(offers, index, offer) check_rendered(offer);
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
        ch_narrows(arena, terms, terms, 9, &narrows);
        require(!narrows.wider);
        ch_narrows_json(arena, &narrows);
        if (ch_faults_count(&faults) == 0)
            check_offers(ch_odrl_offers(arena, terms, NULL));
    }
    ch_arena_free(arena);
    return 0;
}
