/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What others vouch for in a bundle: the log for text, roll and ballots, the stewards' keys for an unlinked box. */
#include <string.h>

#include "commonhold/json.h"
#include "vote.h"

/* ---- attestations ---- */

/* What both keys signed. */
static const char *attested(struct vote *vote, size_t *size)
{
    char records[65], choices[65];
    ch_hex(vote->records_hash, sizeof vote->records_hash, records);
    ch_json_sha256(vote->arena, vote->opened, choices);
    return ch_json_canonical(vote->arena,
                             ch_json_pack(vote->arena, "{s:s, s:s, s:s, s:s, s:s, s:s}", "schema",
                                          "commonhold-attestation/1", "box", vote->box, "roll_sha256",
                                          verify_text(vote->roll, "sha256"), "records_sha256", records,
                                          "choices_sha256", choices, "lot_seed", verify_text(vote->bundle, "lot_seed")),
                             size);
}

const char *vote_check_attestations(struct vote *vote)
{
    const json_t *list = json_object_get(vote->bundle, "attestations"), *one;
    size_t i, size;
    int last = -1;
    if (!vote->unlinked)
        return json_array_size(list) == 0 ? NULL : "a linked vote needs none, and has some";
    if (json_array_size(list) != 2)
        return "two stewards' keys attest, and there are not two";
    const char *text = attested(vote, &size);
    json_array_foreach(list, i, one)
    {
        uint8_t signature[64];
        int class_index = vote_class(verify_text(one, "class"));
        if (json_object_size(one) != 2 || class_index <= last ||
            !vote_bytes(one, "signature", signature, sizeof signature))
            return "an attestation is none";
        if (!ch_p256_verify(vote->points[class_index], text, size, signature))
            return ch_printf(vote->arena, "what the key of class %s signed is not this bundle",
                             VOTE_CODES[class_index]);
        last = class_index;
    }
    return NULL;
}

/* ---- the log ---- */

static const char *inclusion(struct vote *vote, const json_t *entry, const struct ch_proof *proof)
{
    uint8_t leaf[CH_TLOG_HASH];
    size_t size;
    const char *text = ch_json_canonical(vote->arena, entry, &size);
    verify_leaf("", 0, text, size, leaf);
    return ch_path_holds(proof->at, proof->checkpoint.size, leaf, proof->path, proof->count, proof->checkpoint.root)
               ? NULL
               : "the path does not lead to the checkpoint's root";
}

/* One of freeze, roll and records: an entry about this object, with this hash and body, under the bundle's checkpoint.
 */
static const char *check_leaf(struct vote *vote, const char *name, const char *type, const char *id, const char *sha256,
                              const json_t *body)
{
    const json_t *leaf = json_object_get(vote->log, name), *entry = json_object_get(leaf, "entry");
    const char *text = verify_text(leaf, "proof");
    struct ch_proof *proof = ch_alloc(vote->arena, sizeof *proof);
    if (json_object_size(leaf) != 2 || json_object_size(entry) != 7 || verify_figure(entry, "v") != 1)
        return "there is no entry with its proof";
    if (strcmp(verify_text(entry, "type"), type) != 0 || strcmp(verify_text(entry, "id"), id) != 0 ||
        strcmp(verify_text(entry, "sha256"), sha256) != 0)
        return "the entry is about something else, or has another hash";
    if (!json_equal(json_object_get(entry, "body"), body))
        return "the entry says something else";
    const char *wrong = ch_inclusion_read(text, strlen(text), proof);
    if (wrong)
        return wrong;
    const char *checkpoint = verify_text(vote->log, "checkpoint");
    if (strlen(checkpoint) != proof->checkpoint.length ||
        memcmp(checkpoint, proof->checkpoint.text, proof->checkpoint.length) != 0)
        return "the proof is under another checkpoint";
    return inclusion(vote, entry, proof);
}

/* The keys as they stood in the log when voting opened. */
static json_t *posted_keys(const struct vote *vote)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < VOTE_CLASSES; i++)
        json_array_append_new(keys, json_pack("{s:s, s:s}", "class", VOTE_CODES[i], "public_key",
                                              verify_text(json_array_get(vote->stewards, i), "public_key")));
    return keys;
}

static const char *check_leaves(struct vote *vote)
{
    static const char *const frozen[] = {"type", "version", "text_sha256", "effect_sha256", "rule_sha256"};
    char records[65];
    json_t *text = ch_json_own(vote->arena, json_object());
    for (size_t i = 0; i < sizeof frozen / sizeof *frozen; i++)
        json_object_set(text, frozen[i], json_object_get(vote->proposal, frozen[i]));
    const char *wrong = check_leaf(vote, "freeze", "proposal", verify_text(vote->proposal, "id"),
                                   verify_text(vote->proposal, "proposal_sha256"), text);
    if (wrong)
        return ch_printf(vote->arena, "freeze: %s", wrong);
    const json_t *roll = ch_json_pack(vote->arena, "{s:O, s:o}", "counts", json_object_get(vote->roll, "counts"),
                                      "stewards", posted_keys(vote));
    wrong = check_leaf(vote, "roll", "roll", vote->box, verify_text(vote->roll, "sha256"), roll);
    if (wrong)
        return ch_printf(vote->arena, "roll: %s", wrong);
    ch_hex(vote->records_hash, sizeof vote->records_hash, records);
    wrong = check_leaf(vote, "records", "ballots", vote->box, records,
                       ch_json_pack(vote->arena, "{s:O}", "counts", json_object_get(vote->bundle, "voted")));
    return wrong ? ch_printf(vote->arena, "records: %s", wrong) : NULL;
}

const char *vote_check_proofs(struct vote *vote, struct ch_checkpoint *checkpoint)
{
    const char *text = verify_text(vote->log, "checkpoint");
    const char *wrong = json_object_size(vote->log) == 4 ? ch_checkpoint_read(text, strlen(text), checkpoint)
                                                         : "the log's part is not checkpoint, freeze, roll and records";
    return wrong ? wrong : check_leaves(vote);
}
