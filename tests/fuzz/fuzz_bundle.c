/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as an entry bundle: entries lie one behind the other inside it, and written again they are the bytes that
 * were read. */
#include "fuzz_tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_bundle bundle = {bytes, bytes + size};
    const uint8_t *entry, *next = bytes;
    size_t length;
    while ((entry = ch_bundle_next(&bundle, &length))) {
        require(entry == next + 2 && length <= 65535 && entry + length <= bundle.end);
        require(next[0] == length >> 8 && next[1] == (length & 255));
        next = entry + length;
        require(bundle.at == next);
    }
    require(bundle.at == next && bundle.end == bytes + size);
    /* What is left is no entry: too short for a length, or for what it says. */
    size_t left = (size_t)(bundle.end - next);
    require(left < 2 || left - 2 < ((size_t)next[0] << 8 | next[1]));
    return 0;
}
