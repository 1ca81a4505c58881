/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether a log has only grown since the checkpoint that was cosigned last. No file, no clock, no network. */
#include "judge.h"

#include <string.h>

#include "commonhold/cosign.h"

bool witness_read(const char *body, size_t size, struct ch_proof *proof, const char **wrong)
{
    *wrong = ch_consistency_read(body, size, proof);
    if (!*wrong && proof->at > proof->checkpoint.size)
        *wrong = "the old size is over the checkpoint's";
    return !*wrong;
}

/* Over all keys of the policy for this origin; *known: how many there are. */
static enum ch_signed signed_by_log(const struct ch_tlog_policy *policy, const struct ch_checkpoint *checkpoint,
                                    size_t *known)
{
    enum ch_signed together = CH_SIGNED_NOT;
    *known = 0;
    for (size_t i = 0; i < policy->log_count; i++) {
        if (strcmp(policy->logs[i].key.name, checkpoint->origin) != 0)
            continue;
        enum ch_signed verdict = ch_checkpoint_signed(checkpoint, &policy->logs[i].key, NULL);
        together = verdict > together ? verdict : together;
        ++*known;
    }
    return together;
}

int witness_judge(const struct ch_tlog_policy *policy, const struct ch_proof *proof, const struct ch_checkpoint *kept,
                  const char **wrong)
{
    const struct ch_checkpoint *now = &proof->checkpoint;
    uint8_t empty[CH_TLOG_HASH];
    size_t known;
    enum ch_signed verdict = signed_by_log(policy, now, &known);
    *wrong = NULL;
    if (known == 0)
        *wrong = "this witness does not know the log";
    else if (verdict != CH_SIGNED_WELL)
        *wrong = "the checkpoint is not signed by a key that is trusted for its log";
    if (*wrong)
        return known == 0 ? 404 : 403;
    if (proof->at != (kept ? kept->size : 0))
        return 409;
    ch_sha256("", 0, empty);
    if (ch_growth_holds(proof->at, kept ? kept->root : empty, now->size, now->root, proof->path, proof->count))
        return 200;
    *wrong = "the proof does not lead from the tree that was cosigned last to this one";
    return 422;
}

const char *witness_cosign(struct ch_arena *arena, const struct ch_tlog_policy *policy,
                           const struct ch_checkpoint *checkpoint, const struct ch_vkey *own,
                           const struct ch_signing_key *key, uint64_t time, const char **cosignature)
{
    const char *text = ch_printf(arena, "%.*s\n", (int)checkpoint->body, checkpoint->text);
    for (size_t i = 0; i < policy->log_count; i++) {
        struct ch_signature line;
        if (strcmp(policy->logs[i].key.name, checkpoint->origin) == 0 &&
            ch_checkpoint_signed(checkpoint, &policy->logs[i].key, &line) == CH_SIGNED_WELL)
            text = ch_printf(arena, "%s%.*s", text, (int)line.length, line.line);
    }
    *cosignature = ch_cosign(arena, checkpoint, own, key, time);
    return ch_printf(arena, "%s%s", text, *cosignature);
}
