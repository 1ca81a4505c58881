/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a checkpoint, and as a verifier key. */
#include "fuzz_tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_checkpoint checkpoint;
    struct ch_vkey key;
    if (ch_checkpoint_read((const char *)bytes, size, &checkpoint) == NULL)
        check_checkpoint(&checkpoint);
    if (ch_vkey_read((const char *)bytes, size, &key) == NULL) {
        struct ch_arena *arena = ch_arena_new();
        const char *text = ch_vkey_text(arena, &key);
        require(strlen(text) == size && memcmp(text, bytes, size) == 0);
        ch_arena_free(arena);
    }
    return 0;
}
