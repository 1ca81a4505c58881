/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a tlog-proof, and the path in it against any place. */
#include "fuzz_tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint8_t leaf[CH_TLOG_HASH];
    struct ch_proof proof;
    if (ch_inclusion_read((const char *)bytes, size, &proof) != NULL)
        return 0;
    const struct ch_checkpoint *checkpoint = &proof.checkpoint;
    require(proof.count <= CH_TLOG_PATH && proof.at <= INT64_MAX);
    check_checkpoint(checkpoint);
    bool holds = ch_path_holds(proof.at, checkpoint->size, leaf, proof.path, proof.count, checkpoint->root);
    require(!holds || proof.at < checkpoint->size);
    /* No tree of this size has a path of that length beside the one it has. */
    require(!holds || proof.count == 0 ||
            !ch_path_holds(proof.at, checkpoint->size, leaf, proof.path, proof.count - 1, checkpoint->root));
    return 0;
}
