/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a consistency file, which is also the body of add-checkpoint: what the verifier reads, a witness reads,
 * and what a witness would cosign is a growth that holds. */
#include "../../services/witness/core/judge.h"
#include "fuzz_tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char file[] = "log " FUZZ_LOG "\nquorum none\n";
    struct ch_arena *arena = ch_arena_new();
    char error[200];
    const struct ch_tlog_policy *policy = ch_tlog_policy_read(arena, file, strlen(file), error);
    struct ch_proof proof;
    const char *wrong;
    bool read = witness_read((const char *)bytes, size, &proof, &wrong);
    require(read == (wrong == NULL));
    if (read) {
        check_checkpoint(&proof.checkpoint);
        require(proof.count <= CH_TLOG_PATH && proof.at <= proof.checkpoint.size);
        int first = witness_judge(policy, &proof, NULL, &wrong);
        int again = witness_judge(policy, &proof, &proof.checkpoint, &wrong);
        require(first == 200 || first == 403 || first == 404 || first == 409 || first == 422);
        require(first != 200 || (proof.at == 0 && proof.count == 0));
        require(again != 200 || (proof.at == proof.checkpoint.size && proof.count == 0));
    }
    ch_arena_free(arena);
    return 0;
}
