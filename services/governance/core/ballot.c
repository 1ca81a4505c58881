/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealing and opening one ballot. Which ballots there are, and what they come to, is decided elsewhere. */
#include "ballot.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "commonhold/id.h"

#define CHOICE_PREFIX "commonhold-choice/1"

bool ch_ballot_box(const char *proposal_id, int reading, char box[CH_BALLOT_BOX])
{
    uint8_t id[16];
    if (!ch_id_parse(proposal_id, id) || reading < 1 || reading > 2)
        return false;
    snprintf(box, CH_BALLOT_BOX, "%.36s/%d", proposal_id, reading);
    return true;
}

/* Base64url of exactly `size` bytes. */
static bool read_bytes(const json_t *value, uint8_t *bytes, size_t size)
{
    const char *text = json_string_value(value);
    size_t got;
    return text && ch_unbase64url(text, json_string_length(value), bytes, size, &got) && got == size;
}

int ch_ballot_class(const char *code)
{
    for (int i = 0; code && i < CH_CLASSES; i++)
        if (strcmp(code, CH_CLASS_CODES[i]) == 0)
            return i;
    return -1;
}

static bool read_box(const json_t *value, char box[CH_BALLOT_BOX])
{
    uint8_t id[16];
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) != CH_BALLOT_BOX - 1)
        return false;
    memcpy(box, text, CH_BALLOT_BOX);
    char proposal_id[37];
    memcpy(proposal_id, text, 36);
    proposal_id[36] = '\0';
    return ch_id_parse(proposal_id, id) && (strcmp(text + 36, "/1") == 0 || strcmp(text + 36, "/2") == 0);
}

static bool read_wrapped(const json_t *array, struct ch_ballot *ballot)
{
    if (json_array_size(array) != CH_SHARES)
        return false;
    for (size_t i = 0; i < CH_SHARES; i++)
        if (!read_bytes(json_array_get(array, i), ballot->w[i], CH_BALLOT_WRAPPED))
            return false;
    return true;
}

const char *ch_ballot_read(const json_t *record, struct ch_ballot *ballot)
{
    const json_t *version = json_object_get(record, "v"), *c = json_object_get(record, "c");
    if (json_object_size(record) != 7 || !json_is_integer(version) || json_integer_value(version) != 1)
        return "a record has box, c, class, commit, e, v and w, and v is 1";
    if (!read_box(json_object_get(record, "box"), ballot->box))
        return "box is no proposal and reading";
    ballot->class_index = ch_ballot_class(json_string_value(json_object_get(record, "class")));
    if (ballot->class_index < 0)
        return "class is U, W or C";
    if (!json_is_string(c) ||
        !ch_unbase64url(json_string_value(c), json_string_length(c), ballot->c, sizeof ballot->c, &ballot->c_size) ||
        ballot->c_size <= CH_SEAL_TAG)
        return "c is no sealed choice";
    if (!read_bytes(json_object_get(record, "commit"), ballot->commit, sizeof ballot->commit))
        return "commit is not of 32 bytes";
    if (!read_bytes(json_object_get(record, "e"), ballot->e, CH_P256_POINT) || !ch_p256_is_point(ballot->e))
        return "e is no point of the curve";
    return read_wrapped(json_object_get(record, "w"), ballot) ? NULL : "w is not of three wrapped shares";
}

/* The key that wraps the share of one class, out of what the ephemeral key and the steward's agree on. */
static bool wrapping_key(const struct ch_p256_key *own, const uint8_t peer[CH_P256_POINT], const char *box,
                         int class_index, uint8_t key[32])
{
    char info[] = "commonhold-seal/1:?";
    uint8_t z[32];
    if (!ch_p256_agree(own, peer, z))
        return false;
    info[sizeof info - 2] = CH_CLASS_CODES[class_index][0];
    ch_hkdf_sha256(z, sizeof z, box, strlen(box), info, key, 32);
    OPENSSL_cleanse(z, sizeof z);
    return true;
}

/* box "/" class: what the choice is bound to. */
static size_t bound_to(const char *box, int class_index, char text[CH_BALLOT_BOX + 2])
{
    return (size_t)snprintf(text, CH_BALLOT_BOX + 2, "%s/%s", box, CH_CLASS_CODES[class_index]);
}

void ch_ballot_commit(const uint8_t key[CH_SHARE_SIZE], const uint8_t *choice, size_t size, uint8_t commit[32])
{
    uint8_t text[sizeof CHOICE_PREFIX - 1 + CH_SHARE_SIZE + CH_CHOICE_BYTES_MAX];
    size_t prefix = sizeof CHOICE_PREFIX - 1;
    memcpy(text, CHOICE_PREFIX, prefix);
    memcpy(text + prefix, key, CH_SHARE_SIZE);
    memcpy(text + prefix + CH_SHARE_SIZE, choice, size);
    ch_sha256(text, prefix + CH_SHARE_SIZE + size, commit);
    OPENSSL_cleanse(text, sizeof text);
}

void ch_ballot_tracker(const uint8_t record_hash[32], char tracker[CH_BALLOT_TRACKER])
{
    char text[21];
    ch_base32(record_hash, 100, text);
    snprintf(tracker, CH_BALLOT_TRACKER, "%.4s-%.4s-%.4s-%.4s-%.4s", text, text + 4, text + 8, text + 12, text + 16);
}

static int crockford_value(char letter)
{
    static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if (letter >= 'a' && letter <= 'z')
        letter = (char)(letter - 'a' + 'A');
    if (letter == 'I' || letter == 'L')
        letter = '1';
    if (letter == 'O')
        letter = '0';
    const char *at = letter ? strchr(DIGITS, letter) : NULL;
    return at ? (int)(at - DIGITS) : -1;
}

bool ch_ballot_tracker_read(const char *text, uint8_t low[32], uint8_t high[32])
{
    size_t bit = 0;
    memset(low, 0, 32);
    memset(high, 0xff, 32);
    for (; *text; text++) {
        if (*text == '-')
            continue;
        int value = crockford_value(*text);
        if (value < 0 || bit == 100)
            return false;
        for (int i = 4; i >= 0; i--, bit++) {
            uint8_t mask = (uint8_t)(0x80 >> bit % 8);
            if (value >> i & 1)
                low[bit / 8] |= mask;
            else
                high[bit / 8] &= (uint8_t)~mask;
        }
    }
    return bit == 100;
}

void ch_ballot_draw(struct ch_ballot_secrets *secrets)
{
    ch_random(secrets->key, sizeof secrets->key);
    ch_random(secrets->slope, sizeof secrets->slope);
    ch_p256_draw(secrets->ephemeral);
}

static bool wrap(const struct ch_ballot_secrets *secrets, const struct ch_p256_key *ephemeral,
                 const uint8_t e[CH_P256_POINT], const char *box, int class_index, const uint8_t steward[CH_P256_POINT],
                 uint8_t wrapped[CH_BALLOT_WRAPPED])
{
    uint8_t key[32], share[CH_SHARE_SIZE];
    if (!wrapping_key(ephemeral, steward, box, class_index, key))
        return false;
    ch_shamir_share(secrets->key, secrets->slope, (unsigned)class_index + 1, share);
    ch_seal_once(key, e, CH_P256_POINT, share, sizeof share, wrapped);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(share, sizeof share);
    return true;
}

char *ch_ballot_seal(struct ch_arena *arena, const struct ch_ballot_secrets *secrets, const char *box, int class_index,
                     const uint8_t stewards[CH_SHARES][CH_P256_POINT], const uint8_t *choice, size_t size)
{
    struct ch_p256_key *ephemeral = ch_p256_key_new(secrets->ephemeral);
    uint8_t e[CH_P256_POINT], commit[32], w[CH_SHARES][CH_BALLOT_WRAPPED];
    uint8_t c[CH_CHOICE_BYTES_MAX + CH_SEAL_TAG];
    char bound[CH_BALLOT_BOX + 2];
    bool wrapped = ephemeral != NULL;
    if (ephemeral)
        ch_p256_key_public(ephemeral, e);
    for (int i = 0; wrapped && i < CH_SHARES; i++)
        wrapped = wrap(secrets, ephemeral, e, box, i, stewards[i], w[i]);
    ch_p256_key_free(ephemeral);
    if (!wrapped)
        return NULL;
    ch_seal_once(secrets->key, bound, bound_to(box, class_index, bound), choice, size, c);
    ch_ballot_commit(secrets->key, choice, size, commit);
    const json_t *record =
        ch_json_pack(arena, "{s:s, s:s, s:s, s:s, s:s, s:i, s:[s, s, s]}", "box", box, "c",
                     ch_base64url(arena, c, size + CH_SEAL_TAG), "class", CH_CLASS_CODES[class_index], "commit",
                     ch_base64url(arena, commit, sizeof commit), "e", ch_base64url(arena, e, sizeof e), "v", 1, "w",
                     ch_base64url(arena, w[0], sizeof *w), ch_base64url(arena, w[1], sizeof *w),
                     ch_base64url(arena, w[2], sizeof *w));
    return ch_json_canonical(arena, record, NULL);
}

static bool unwrap(const struct ch_p256_key *steward, int class_index, const struct ch_ballot *ballot,
                   uint8_t share[CH_SHARE_SIZE])
{
    uint8_t key[32];
    bool held = wrapping_key(steward, ballot->e, ballot->box, class_index, key) &&
                ch_unseal_once(key, ballot->e, CH_P256_POINT, ballot->w[class_index], CH_SHARE_SIZE, share);
    OPENSSL_cleanse(key, sizeof key);
    return held;
}

bool ch_ballot_open(const struct ch_opener *opener, const struct ch_ballot *ballot, uint8_t key[CH_SHARE_SIZE],
                    uint8_t choice[CH_CHOICE_BYTES_MAX])
{
    uint8_t share[2][CH_SHARE_SIZE], commit[32];
    char bound[CH_BALLOT_BOX + 2];
    size_t size = ballot->c_size - CH_SEAL_TAG;
    for (int i = 0; i < 2; i++)
        if (!unwrap(opener->key[i], opener->class_index[i], ballot, share[i]))
            return false;
    ch_shamir_join((unsigned)opener->class_index[0] + 1, share[0], (unsigned)opener->class_index[1] + 1, share[1], key);
    if (!ch_unseal_once(key, bound, bound_to(ballot->box, ballot->class_index, bound), ballot->c, size, choice))
        return false;
    ch_ballot_commit(key, choice, size, commit);
    return ch_equal_constant_time(commit, ballot->commit, sizeof commit);
}
