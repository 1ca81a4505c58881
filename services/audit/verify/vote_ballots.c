/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ballots of a bundle: taken apart, opened, and held against what the bundle says they hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "vote.h"

#define ANSWER 32 /* bytes of a padded yes, no or abstain */

int vote_class(const char *code)
{
    for (int i = 0; i < VOTE_CLASSES; i++)
        if (strcmp(code, VOTE_CODES[i]) == 0)
            return i;
    return -1;
}

static bool decode(const json_t *value, uint8_t *bytes, size_t max, size_t *size)
{
    const char *text = json_string_value(value);
    return text && ch_unbase64url(text, json_string_length(value), bytes, max, size);
}

bool vote_bytes(const json_t *object, const char *name, uint8_t *bytes, size_t size)
{
    size_t got;
    return decode(json_object_get(object, name), bytes, size, &got) && got == size;
}

bool vote_record_read(const struct vote *vote, const json_t *record, struct vote_record *out)
{
    const json_t *w = json_object_get(record, "w");
    size_t size, got;
    const char *text = json_is_object(record) ? ch_json_canonical(vote->arena, record, &size) : NULL;
    if (!text || json_object_size(record) != 7 || strcmp(verify_text(record, "box"), vote->box) != 0 ||
        verify_figure(record, "v") != 1 || json_array_size(w) != VOTE_CLASSES)
        return false;
    ch_sha256(text, size, out->hash);
    out->class_index = vote_class(verify_text(record, "class"));
    for (size_t i = 0; i < VOTE_CLASSES; i++)
        if (!decode(json_array_get(w, i), out->w[i], VOTE_SHARE, &got) || got != VOTE_SHARE)
            return false;
    return out->class_index >= 0 && decode(json_object_get(record, "c"), out->c, sizeof out->c, &out->c_size) &&
           out->c_size > CH_SEAL_TAG && vote_bytes(record, "commit", out->commit, sizeof out->commit) &&
           vote_bytes(record, "e", out->e, sizeof out->e);
}

/* Multiplication by x in GF(2^8): twice a byte. */
static uint8_t twice(uint8_t a)
{
    return (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
}

static uint8_t times(uint8_t a, int by)
{
    return (uint8_t)((by & 1 ? a : 0) ^ (by & 2 ? twice(a) : 0));
}

/* The constant part of the line through two shares. 1/3 is 0xf6, 1/2 is 0x8d, written as sums of powers of two. */
static uint8_t meet(int i, uint8_t x, int j, uint8_t y)
{
    uint8_t sum = times(x, j) ^ times(y, i), power = sum, result = 0;
    static const uint8_t inverse[] = {0, 0x01, 0x8d, 0xf6};
    for (int bit = inverse[i ^ j]; bit; bit >>= 1, power = twice(power))
        result ^= bit & 1 ? power : 0;
    return result;
}

static bool unwrap(const struct vote *vote, int which, const struct vote_record *record, uint8_t share[VOTE_KEY])
{
    int class_index = vote->opener_class[which];
    uint8_t z[32], key[32];
    char info[32];
    if (!ch_p256_agree(vote->openers[which], record->e, z))
        return false;
    snprintf(info, sizeof info, "commonhold-seal/1:%s", VOTE_CODES[class_index]);
    ch_hkdf_sha256(z, sizeof z, vote->box, strlen(vote->box), info, key, sizeof key);
    return ch_unseal_once(key, record->e, CH_P256_POINT, record->w[class_index], VOTE_KEY, share);
}

void vote_commit(const uint8_t key[VOTE_KEY], const char *choice, size_t size, uint8_t commit[32])
{
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, "commonhold-choice/1", strlen("commonhold-choice/1"));
    ch_sha256_add(sum, key, VOTE_KEY);
    ch_sha256_add(sum, choice, size);
    ch_sha256_end(sum, commit);
}

bool vote_record_open(const struct vote *vote, const struct vote_record *record, uint8_t key[VOTE_KEY], char *choice)
{
    uint8_t first[VOTE_KEY], second[VOTE_KEY], plain[VOTE_CHOICE_MAX], commit[32];
    size_t size = record->c_size - CH_SEAL_TAG;
    if (!unwrap(vote, 0, record, first) || !unwrap(vote, 1, record, second))
        return false;
    for (size_t i = 0; i < VOTE_KEY; i++)
        key[i] = meet(vote->opener_class[0] + 1, first[i], vote->opener_class[1] + 1, second[i]);
    const char *bound = ch_printf(vote->arena, "%s/%s", vote->box, VOTE_CODES[record->class_index]);
    if (!ch_unseal_once(key, bound, strlen(bound), record->c, size, plain))
        return false;
    memcpy(choice, plain, size);
    choice[size] = '\0';
    vote_commit(key, choice, size, commit);
    return memcmp(commit, record->commit, sizeof commit) == 0;
}

int vote_choice(const struct vote *vote, const char *padded, size_t size)
{
    if (strcmp(verify_text(vote->rule, "method"), "rule") != 0)
        return vote_options(vote, padded, size);
    static const char *const texts[] = {"{\"c\":\"yes\"}", "{\"c\":\"no\"}", "{\"c\":\"abstain\"}"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(texts[i]);
        if (size == ANSWER && memcmp(padded, texts[i], length) == 0 && strspn(padded + length, " ") == ANSWER - length)
            return i;
    }
    return -1;
}

static void add(struct vote *vote, int class_index, int answer, int64_t count)
{
    struct vote_count *c = &vote->counts[class_index];
    *(answer == 0 ? &c->yes : answer == 1 ? &c->no : &c->abstain) += count;
}

/* One ballot against the next of what the bundle has opened, or spoiled. */
static const char *check_ballot(struct vote *vote, const struct vote_record *record, size_t *opened, size_t *spoiled)
{
    uint8_t key[VOTE_KEY], said[VOTE_KEY];
    char choice[VOTE_CHOICE_MAX + 1], hex[65];
    ch_hex(record->hash, sizeof record->hash, hex);
    bool opens = vote_record_open(vote, record, key, choice);
    int answer = opens ? vote_choice(vote, choice, record->c_size - CH_SEAL_TAG) : -1;
    if (answer < 0) {
        const char *next = json_string_value(json_array_get(vote->spoiled, (*spoiled)++));
        return next && strcmp(next, hex) == 0 ? NULL
                                              : ch_printf(vote->arena, "ballot %s is spoiled, and not among them", hex);
    }
    const json_t *one = json_array_get(vote->opened, (*opened)++);
    if (json_object_size(one) != 3 || strcmp(verify_text(one, "record_sha256"), hex) != 0)
        return ch_printf(vote->arena, "ballot %s opens, and is not in its place among the opened", hex);
    if (!vote_bytes(one, "key", said, sizeof said) || memcmp(said, key, sizeof key) != 0 ||
        strcmp(verify_text(one, "choice"), choice) != 0)
        return ch_printf(vote->arena, "ballot %s holds another key or choice", hex);
    add(vote, record->class_index, answer, 1);
    return NULL;
}

static const char *check_linked(struct vote *vote)
{
    const json_t *record;
    size_t i, opened = 0, spoiled = 0;
    if (!vote->openers[0] || !vote->openers[1])
        return "there are no two private keys that belong to their public keys";
    json_array_foreach(vote->records, i, record)
    {
        struct vote_record r;
        const char *wrong =
            vote_record_read(vote, record, &r) ? check_ballot(vote, &r, &opened, &spoiled) : "a record is none";
        if (wrong)
            return wrong;
    }
    return opened == json_array_size(vote->opened) && spoiled == json_array_size(vote->spoiled)
               ? NULL
               : "more was opened or spoiled than there are records";
}

/* Spoiled hashes rise, and each is a record's: both lists are in order. */
static bool are_spoiled(const struct vote *vote)
{
    const json_t *one;
    size_t i, at = 0;
    json_array_foreach(vote->spoiled, i, one)
    {
        while (at < json_array_size(vote->records) && !json_equal(json_array_get(vote->records, at), one))
            at++;
        if (at++ == json_array_size(vote->records))
            return false;
    }
    return true;
}

/* Choices rise, and in one choice the classes; no more of a class than voted, and all together the records. */
static const char *check_merged(struct vote *vote)
{
    const json_t *one;
    size_t i;
    const char *last = "";
    int last_class = -1;
    int64_t sum = (int64_t)json_array_size(vote->spoiled), per_class[VOTE_CLASSES] = {0};
    json_array_foreach(vote->opened, i, one)
    {
        const char *choice = verify_text(one, "choice");
        int class_index = vote_class(verify_text(one, "class")), answer = vote_choice(vote, choice, strlen(choice));
        int64_t count = verify_figure(one, "count");
        int order = strcmp(choice, last);
        if (json_object_size(one) != 3 || class_index < 0 || answer < 0 || count < 1 || count > INT32_MAX ||
            order < 0 || (order == 0 && class_index <= last_class))
            return "what was opened is no list of choices, classes and counts in order";
        per_class[class_index] += count;
        sum += count;
        add(vote, class_index, answer, count);
        last = choice;
        last_class = class_index;
    }
    for (int c = 0; c < VOTE_CLASSES; c++)
        if (per_class[c] > vote->voted[c])
            return "more was opened of a class than it cast";
    return sum == (int64_t)json_array_size(vote->records) && are_spoiled(vote)
               ? NULL
               : "opened and spoiled together are not the records";
}

const char *vote_check_opening(struct vote *vote)
{
    return vote->unlinked ? check_merged(vote) : check_linked(vote);
}

const char *vote_check_commits(struct vote *vote)
{
    const json_t *one, *record;
    size_t i, at = 0;
    json_array_foreach(vote->opened, i, one)
    {
        uint8_t key[VOTE_KEY], commit[32];
        struct vote_record r;
        char hex[65] = "";
        const char *choice = verify_text(one, "choice");
        while ((record = json_array_get(vote->records, at++)) && vote_record_read(vote, record, &r)) {
            ch_hex(r.hash, sizeof r.hash, hex);
            if (strcmp(hex, verify_text(one, "record_sha256")) == 0)
                break;
        }
        if (!record || strcmp(hex, verify_text(one, "record_sha256")) != 0 || !vote_bytes(one, "key", key, sizeof key))
            return "an opened ballot has no record";
        vote_commit(key, choice, strlen(choice), commit);
        if (memcmp(commit, r.commit, sizeof commit) != 0)
            return ch_printf(vote->arena, "ballot %s committed to something else", hex);
    }
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, VOTE_KEY);
}

const char *vote_check_seed(struct vote *vote)
{
    const json_t *one;
    size_t i, count = json_array_size(vote->opened);
    uint8_t(*keys)[VOTE_KEY] = ch_alloc_array(vote->arena, count + 1, VOTE_KEY), digest[32];
    char hex[65];
    json_array_foreach(vote->opened, i,
                       one) if (!vote_bytes(one, "key", keys[i], VOTE_KEY)) return "an opened ballot has no key";
    qsort(keys, count, VOTE_KEY, by_bytes);
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, "commonhold-lot/1", strlen("commonhold-lot/1"));
    ch_sha256_add(sum, keys, count * VOTE_KEY);
    ch_sha256_end(sum, digest);
    ch_hex(digest, sizeof digest, hex);
    return strcmp(hex, verify_text(vote->bundle, "lot_seed")) == 0 ? NULL
                                                                   : "the seed of lots is not that of the opened keys";
}
