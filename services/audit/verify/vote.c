/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold verify vote`: a sealed vote recounted from its bundle alone, from the frozen text to the outcome. Shares
 * no code with those who seal, open and count. */
#include "vote.h"

#include <stdio.h>
#include <string.h>

#include "commonhold/cli.h"
#include "commonhold/id.h"
#include "commonhold/json.h"

#define BUNDLE_MAX ((size_t)512 << 20) /* half a million ballots */

static const struct ch_json_limits BUNDLE = {
    .bytes = BUNDLE_MAX, .depth = 16, .string = 0, .integers = true, .ascii = false};

/* ---- taking it apart ---- */

bool vote_counts(const json_t *object, int64_t counts[VOTE_CLASSES])
{
    for (int i = 0; i < VOTE_CLASSES; i++) {
        counts[i] = verify_figure(object, VOTE_CODES[i]);
        if (counts[i] < 0 || counts[i] > INT32_MAX)
            return false;
    }
    return json_object_size(object) == VOTE_CLASSES;
}

/* Exactly these members, of these kinds. */
static bool has_members(const json_t *object, const char *const names[], const json_type types[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, names[i]);
        if (!value || json_typeof(value) != types[i])
            return false;
    }
    return json_object_size(object) == count;
}

static const char *take_proposal(struct vote *vote)
{
    static const char *const names[] = {"id",          "version",       "type",        "reading",         "method",
                                        "text_sha256", "effect_sha256", "rule_sha256", "proposal_sha256", "rule"};
    static const json_type types[] = {JSON_STRING, JSON_INTEGER, JSON_STRING, JSON_INTEGER, JSON_STRING,
                                      JSON_STRING, JSON_STRING,  JSON_STRING, JSON_STRING,  JSON_OBJECT};
    uint8_t id[16];
    vote->proposal = json_object_get(vote->bundle, "proposal");
    vote->rule = json_object_get(vote->proposal, "rule");
    int64_t reading = verify_figure(vote->proposal, "reading");
    if (!has_members(vote->proposal, names, types, sizeof names / sizeof *names) ||
        !ch_id_parse(verify_text(vote->proposal, "id"), id) || reading < 1 || reading > 2)
        return "it names no proposal and reading";
    snprintf(vote->box, sizeof vote->box, "%.36s/%d", verify_text(vote->proposal, "id"), (int)reading);
    vote->unlinked = strcmp(verify_text(vote->rule, "board_mode"), "unlinked") == 0;
    return NULL;
}

/* U, W and C with their points; of a linked vote the first two private keys are the openers. */
static const char *take_stewards(struct vote *vote)
{
    int openers = 0;
    vote->stewards = json_object_get(vote->bundle, "stewards");
    for (int i = 0; i < VOTE_CLASSES; i++) {
        const json_t *one = json_array_get(vote->stewards, (size_t)i), *secret = json_object_get(one, "private_key");
        uint8_t bytes[32], point[CH_P256_POINT];
        if (json_object_size(one) != (vote->unlinked ? 2 : 3) ||
            strcmp(verify_text(one, "class"), VOTE_CODES[i]) != 0 ||
            !vote_bytes(one, "public_key", vote->points[i], CH_P256_POINT) || !ch_p256_is_point(vote->points[i]))
            return "the stewards' keys are not those of U, W and C";
        if (vote->unlinked || json_is_null(secret))
            continue;
        struct ch_p256_key *key = vote_bytes(one, "private_key", bytes, sizeof bytes) ? ch_p256_key_new(bytes) : NULL;
        if (key)
            ch_p256_key_public(key, point);
        bool own = key && memcmp(point, vote->points[i], sizeof point) == 0 && openers < 2;
        if (!own) {
            ch_p256_key_free(key);
            return ch_printf(vote->arena, "the private key of class %s is not that of its public key", VOTE_CODES[i]);
        }
        vote->opener_class[openers] = i;
        vote->openers[openers++] = key;
    }
    return json_array_size(vote->stewards) == VOTE_CLASSES ? NULL : "there are not three stewards";
}

static const char *check_form(struct vote *vote)
{
    static const char *const names[] = {"schema",  "proposal", "roll",    "voted", "stewards", "records",     "opened",
                                        "spoiled", "tally",    "outcome", "log",   "lot_seed", "attestations"};
    static const json_type types[] = {JSON_STRING, JSON_OBJECT, JSON_OBJECT, JSON_OBJECT, JSON_ARRAY,
                                      JSON_ARRAY,  JSON_ARRAY,  JSON_ARRAY,  JSON_OBJECT, JSON_OBJECT,
                                      JSON_OBJECT, JSON_STRING, JSON_ARRAY};
    static const char *const roll[] = {"sha256", "counts"};
    static const json_type roll_types[] = {JSON_STRING, JSON_OBJECT};
    vote->roll = json_object_get(vote->bundle, "roll");
    vote->log = json_object_get(vote->bundle, "log");
    vote->records = json_object_get(vote->bundle, "records");
    vote->opened = json_object_get(vote->bundle, "opened");
    vote->spoiled = json_object_get(vote->bundle, "spoiled");
    if (!has_members(vote->bundle, names, types, sizeof names / sizeof *names) ||
        strcmp(verify_text(vote->bundle, "schema"), "commonhold-vote/1") != 0)
        return "it is no commonhold-vote/1, or has members that are not its own";
    if (!has_members(vote->roll, roll, roll_types, 2) ||
        !vote_counts(json_object_get(vote->roll, "counts"), vote->roll_counts) ||
        !vote_counts(json_object_get(vote->bundle, "voted"), vote->voted))
        return "roll and voted are not of U, W and C";
    const char *wrong = take_proposal(vote);
    return wrong ? wrong : take_stewards(vote);
}

/* ---- the checks ---- */

static const char *check_hashes(struct vote *vote)
{
    static const char *const parts[] = {"id", "version", "type", "text_sha256", "effect_sha256", "rule_sha256"};
    char hex[65];
    ch_json_sha256(vote->arena, vote->rule, hex);
    if (strcmp(hex, verify_text(vote->proposal, "rule_sha256")) != 0)
        return "the rule row has another hash";
    if (strcmp(verify_text(vote->rule, "method"), verify_text(vote->proposal, "method")) != 0)
        return "the method is not the rule row's";
    json_t *whole = ch_json_own(vote->arena, json_object());
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        json_object_set(whole, parts[i], json_object_get(vote->proposal, parts[i]));
    ch_json_sha256(vote->arena, whole, hex);
    return strcmp(hex, verify_text(vote->proposal, "proposal_sha256")) == 0 ? NULL : "the proposal has another hash";
}

/* Lines class TAB member LF, rising by byte; the roll's hash and counts. */
static const char *check_roll(struct vote *vote, const char *text, size_t size)
{
    int64_t counts[VOTE_CLASSES] = {0};
    char hex[65];
    const char *last = "";
    size_t last_length = 0;
    ch_sha256_hex(text, size, hex);
    if (strcmp(hex, verify_text(vote->roll, "sha256")) != 0)
        return "the roll given has another hash";
    for (const char *at = text, *end; at < text + size; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + size - at));
        const char code[2] = {*at, '\0'};
        int class_index = end && end - at > 2 && at[1] == '\t' ? vote_class(code) : -1;
        size_t length = end ? (size_t)(end - at) : 0;
        if (class_index < 0)
            return "the roll given has a line that is no class and member";
        int order = memcmp(last, at, last_length < length ? last_length : length);
        if (order > 0 || (order == 0 && last_length >= length))
            return "the roll given is not in order, or holds somebody twice";
        counts[class_index]++;
        last = at;
        last_length = length;
    }
    return memcmp(counts, vote->roll_counts, sizeof counts) == 0 ? NULL : "the roll given has other counts";
}

/* The hash of a record, or the hash that stands for one. */
static bool hash_of(struct vote *vote, const json_t *one, char hex[65], int64_t per_class[VOTE_CLASSES])
{
    struct vote_record record;
    uint8_t digest[32];
    if (vote->unlinked) {
        const char *text = json_string_value(one);
        if (!text || !ch_unhex(text, digest, sizeof digest))
            return false;
        memcpy(hex, text, 65);
        return true;
    }
    if (!vote_record_read(vote, one, &record))
        return false;
    ch_hex(record.hash, sizeof record.hash, hex);
    per_class[record.class_index]++;
    return true;
}

static const char *check_records(struct vote *vote)
{
    const json_t *one;
    size_t i;
    int64_t per_class[VOTE_CLASSES] = {0}, sum = 0;
    char hex[66], last[66] = "";
    const char *wrong = NULL;
    struct ch_sha256 *hash = ch_sha256_begin();
    json_array_foreach(vote->records, i, one)
    {
        if (!hash_of(vote, one, hex, per_class))
            wrong = ch_printf(vote->arena, "record %zu is none of this box", i);
        else if (strcmp(hex, last) <= 0)
            wrong = "the records are not in the order of their hashes, or one is there twice";
        if (wrong)
            break;
        memcpy(last, hex, 65);
        hex[64] = '\n';
        ch_sha256_add(hash, hex, 65);
    }
    ch_sha256_end(hash, vote->records_hash);
    for (int c = 0; !wrong && c < VOTE_CLASSES; c++) {
        sum += vote->voted[c];
        if (vote->voted[c] > vote->roll_counts[c] || (!vote->unlinked && per_class[c] != vote->voted[c]))
            wrong = ch_printf(vote->arena, "class %s has not as many records as voted", VOTE_CODES[c]);
    }
    return wrong                                            ? wrong
           : sum == (int64_t)json_array_size(vote->records) ? NULL
                                                            : "there are not as many records as voted";
}

static const char *check_tally(struct vote *vote)
{
    json_t *tally = ch_json_own(vote->arena, json_object());
    for (int i = 0; i < VOTE_CLASSES; i++) {
        struct vote_count *c = &vote->counts[i];
        c->roll = vote->roll_counts[i];
        json_object_set_new(tally, VOTE_CODES[i],
                            json_pack("{s:I, s:I, s:I, s:I}", "roll", (json_int_t)c->roll, "yes", (json_int_t)c->yes,
                                      "no", (json_int_t)c->no, "abstain", (json_int_t)c->abstain));
    }
    const json_t *told = json_object_get(vote->bundle, "tally");
    bool decision = strcmp(verify_text(vote->proposal, "method"), "rule") == 0;
    if (!decision) {
        json_object_set(tally, "effect", json_object_get(told, "effect"));
        json_object_set(tally, "result", json_object_get(told, "result"));
    }
    if (!json_equal(tally, told))
        return "the opened ballots come to other figures";
    return decision ? NULL : vote_check_result(vote);
}

static const char *check_outcome(struct vote *vote, const json_t *decided)
{
    if (!decided)
        return "the rule row is none";
    return json_equal(decided, json_object_get(vote->bundle, "outcome"))
               ? NULL
               : "the rule row decides otherwise on these figures";
}

/* ---- the whole ---- */

/* All checks in their order; the outcome by our own count. */
static const char *check(struct vote *vote, const char *roll, size_t roll_size, const struct verify_trust *trust,
                         struct verify_report *report)
{
    struct ch_checkpoint checkpoint;
    const char *wrong = check_form(vote);
    verify_say(report, "schema", wrong);
    if (wrong)
        return "unknown";
    verify_say(report, "hashes", check_hashes(vote));
    if (roll)
        verify_say(report, "roll", check_roll(vote, roll, roll_size));
    verify_say(report, "records", check_records(vote));
    verify_say(report, "opening", vote_check_opening(vote));
    if (!vote->unlinked) {
        verify_say(report, "commits", vote_check_commits(vote));
        verify_say(report, "seed", vote_check_seed(vote));
    }
    verify_say(report, "tally", check_tally(vote));
    const json_t *decided = vote_decide(vote->arena, vote->rule, vote->counts);
    verify_say(report, "outcome", check_outcome(vote, decided));
    verify_say(report, "attestations", vote_check_attestations(vote));
    wrong = vote_check_proofs(vote, &checkpoint);
    verify_say(report, "proofs", wrong);
    if (trust->has_key)
        verify_say(report, "checkpoint", wrong ? "there is none to trust" : verify_signature(trust, &checkpoint));
    return decided ? verify_text(decided, "outcome") : "unknown";
}

static json_t *read_bundle(struct ch_arena *arena, const char *path)
{
    struct ch_json_error where = {0};
    char error[256];
    size_t size = 0;
    const char *text = ch_read_file(arena, path, BUNDLE_MAX, &size, error);
    json_t *bundle = text ? ch_json_parse(arena, text, size, &BUNDLE, &where) : NULL;
    if (!text)
        ch_say(0, "%s", error);
    else if (!bundle)
        ch_say(0, "%s: %s", path, where.detail);
    return bundle;
}

int verify_vote(int argc, char **argv)
{
    const char *vkey = NULL, *roll_path = NULL, *roll = NULL;
    int words = 0;
    size_t roll_size = 0;
    const struct ch_option options[] = {
        {"--vkey", &vkey, NULL, false}, {"--roll", &roll_path, NULL, false}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, &words) || words != 1)
        return CH_EXIT_USAGE;
    struct verify_report report = {0};
    struct verify_trust trust;
    struct vote vote = {.arena = ch_arena_new()};
    vote.bundle = read_bundle(vote.arena, argv[0]);
    if (vote.bundle && roll_path)
        roll = verify_file(vote.arena, roll_path, &roll_size);
    bool read = vote.bundle && (!roll_path || roll) && verify_trust_read(vote.arena, vkey, NULL, &trust);
    if (read)
        printf("outcome %s\n", check(&vote, roll, roll_size, &trust, &report));
    ch_p256_key_free(vote.openers[0]);
    ch_p256_key_free(vote.openers[1]);
    ch_arena_free(vote.arena);
    return !read ? CH_EXIT_REFUSED : report.failed ? 1 : CH_EXIT_OK;
}
