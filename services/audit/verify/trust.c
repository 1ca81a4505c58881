/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What all verifications share: files, the report, and whether a checkpoint is signed by whom the command line names.
 */
#include <stdio.h>
#include <string.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "verify.h"

#define FILE_MAX ((size_t)16 << 20)

void verify_say(struct verify_report *report, const char *name, const char *wrong)
{
    report->failed |= wrong != NULL;
    if (report->quiet)
        return;
    if (wrong)
        printf("FAIL %s %s\n", name, wrong);
    else
        printf("ok %s\n", name);
}

char *verify_file(struct ch_arena *arena, const char *path, size_t *size)
{
    char error[256];
    char *text = ch_read_file(arena, path, FILE_MAX, size, error);
    if (!text)
        ch_say(0, "%s", error);
    return text;
}

void verify_leaf(const void *first, size_t first_size, const void *second, size_t second_size,
                 uint8_t leaf[CH_TLOG_HASH])
{
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, "\0", 1);
    ch_sha256_add(sum, first, first_size);
    ch_sha256_add(sum, second, second_size);
    ch_sha256_end(sum, leaf);
}

bool verify_trust_read(struct ch_arena *arena, const char *vkey, const char *policy_path, struct verify_trust *trust)
{
    size_t size;
    memset(trust, 0, sizeof *trust);
    trust->has_key = vkey != NULL;
    if (vkey)
        trust->key_wrong = ch_vkey_read(vkey, strlen(vkey), &trust->key);
    if (vkey && !trust->key_wrong && trust->key.type != CH_VKEY_LOG)
        trust->key_wrong = "the key is a witness's, not the log's";
    trust->has_policy = policy_path != NULL;
    if (!policy_path)
        return true;
    const char *text = verify_file(arena, policy_path, &size);
    if (text)
        trust->policy = ch_tlog_policy_read(arena, text, size, trust->policy_wrong);
    return text != NULL;
}

/* What the keys that are trusted for the checkpoint's origin say together; how many those are. */
static size_t ask_keys(const struct verify_trust *trust, const struct ch_checkpoint *checkpoint,
                       enum ch_signed *together)
{
    size_t asked = 0, count = trust->has_key ? 1 : trust->policy ? trust->policy->log_count : 0;
    *together = CH_SIGNED_NOT;
    for (size_t i = 0; i < count; i++) {
        const struct ch_vkey *key = trust->has_key ? &trust->key : &trust->policy->logs[i].key;
        if (strcmp(key->name, checkpoint->origin) != 0)
            continue;
        asked++;
        enum ch_signed verdict = ch_checkpoint_signed(checkpoint, key, NULL);
        if (verdict > *together)
            *together = verdict;
    }
    return asked;
}

const char *verify_key(const struct verify_trust *trust, const struct ch_checkpoint *checkpoint)
{
    enum ch_signed together;
    if (trust->key_wrong)
        return trust->key_wrong;
    if (!trust->has_key && (!trust->policy || trust->policy->log_count == 0))
        return "no key of the log was given: --vkey";
    if (ask_keys(trust, checkpoint, &together) == 0)
        return "the key given is of another log than the one that stands in the checkpoint";
    return together == CH_SIGNED_NOT ? "the checkpoint has no signature of the key given" : NULL;
}

const char *verify_signature(const struct verify_trust *trust, const struct ch_checkpoint *checkpoint)
{
    enum ch_signed together;
    const char *wrong = verify_key(trust, checkpoint);
    if (wrong)
        return wrong;
    ask_keys(trust, checkpoint, &together);
    return together == CH_SIGNED_WELL ? NULL
                                      : "the signature does not hold: this is not the checkpoint that the log signed";
}

const char *verify_policy(struct ch_arena *arena, const struct verify_trust *trust,
                          const struct ch_checkpoint *checkpoint)
{
    return trust->policy ? ch_tlog_policy_unmet(arena, trust->policy, checkpoint) : trust->policy_wrong;
}
