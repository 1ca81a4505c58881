/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A closed box and two keys: each ballot is opened, held against its commitment and kept, in batches that a killed
 * worker leaves behind for the next. Where choices are unlinked, only how often each was found leaves this file, with
 * signatures of the stewards' keys, which end there. */
#include "opening.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "core/ballot.h"

#define BATCH 2000 /* ballots: half a second of work, a megabyte */

CH_FUNCTION(store_opened, "governance.store_opened", "$1::uuid, $2::integer, $3::jsonb, $4::jsonb");
CH_FUNCTION(store_merged, "governance.store_merged",
            "$1::uuid, $2::integer, $3::jsonb, $4::jsonb, $5::text, $6::jsonb");
static const struct ch_statement list_ballots = {
    .name = "governance.list_ballots",
    .text = "SELECT record_sha256, record FROM governance.list_ballots($1::text, $2::text, $3::integer)",
    .shape = CH_SHAPE_ROWS,
    .columns = 2,
    .read_only = true};

/* Equal choices of one class. */
struct merged {
    int class_index;
    const char *choice; /* padded */
    int64_t count;
};

struct opening {
    struct ch_job *job;
    const char *proposal, *reading, *box;
    struct ch_question question;
    struct ch_p256_key *keys[2]; /* of the opener */
    struct ch_opener opener;
    int64_t total, done;
    bool unlinked;
    struct ch_arena *batch; /* goes with each batch */
    json_t *opened;         /* of the batch: [hash, key, choice] */
    json_t *spoiled;        /* hashes: of the batch; of the whole box where unlinked */
    /* unlinked: */
    uint8_t (*drawn)[CH_SHARE_SIZE]; /* keys of all opened ballots */
    size_t drawn_count, drawn_room;
    struct merged *merged;
    size_t merged_count, merged_room;
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- one ballot ---- */

static void merge(struct opening *o, int class_index, const char *choice)
{
    for (size_t i = 0; i < o->merged_count; i++)
        if (o->merged[i].class_index == class_index && strcmp(o->merged[i].choice, choice) == 0) {
            o->merged[i].count++;
            return;
        }
    o->merged = ch_arena_grow(o->job->arena, o->merged, &o->merged_room, (o->merged_count + 1) * sizeof *o->merged);
    o->merged[o->merged_count++] = (struct merged){class_index, ch_strdup(o->job->arena, choice), 1};
}

static void keep(struct opening *o, const struct ch_ballot *ballot, const char *hash, const uint8_t key[CH_SHARE_SIZE],
                 const char *choice)
{
    char hex[2 * CH_SHARE_SIZE + 1];
    if (!o->unlinked) {
        ch_hex(key, CH_SHARE_SIZE, hex);
        json_array_append_new(o->opened, json_pack("[s, s, s]", hash, hex, choice));
        return;
    }
    o->drawn = ch_arena_grow(o->job->arena, o->drawn, &o->drawn_room, (o->drawn_count + 1) * sizeof *o->drawn);
    memcpy(o->drawn[o->drawn_count++], key, CH_SHARE_SIZE);
    merge(o, ballot->class_index, choice);
}

static void open_ballot(struct opening *o, const char *hash, const char *record)
{
    struct ch_ballot ballot;
    struct ch_choice choice;
    struct ch_json_error error;
    uint8_t key[CH_SHARE_SIZE], padded[CH_CHOICE_BYTES_MAX + 1];
    size_t size = ch_choice_bytes(&o->question);
    const json_t *tree = ch_json_parse(o->batch, record, strlen(record), &CH_JSON_BODY, &error);
    bool valid = tree && !ch_ballot_read(tree, &ballot) && strcmp(ballot.box, o->box) == 0 &&
                 ballot.c_size == size + CH_SEAL_TAG && ch_ballot_open(&o->opener, &ballot, key, padded) &&
                 ch_choice_read(&o->question, padded, &choice);
    if (!valid) {
        json_array_append_new(o->spoiled, json_string(hash));
        return;
    }
    padded[size] = '\0';
    keep(o, &ballot, hash, key, (const char *)padded);
}

/* ---- batches ---- */

static enum ch_job_result keep_batch(struct opening *o)
{
    struct ch_answer answer;
    const char *opened = ch_json_canonical(o->batch, o->opened, NULL),
               *spoiled = ch_json_canonical(o->batch, o->spoiled, NULL);
    enum ch_fault fault =
        ch_db_call(o->job->db, o->batch, &store_opened, CH_ARGS(o->proposal, o->reading, opened, spoiled), &answer);
    json_array_clear(o->opened);
    json_array_clear(o->spoiled);
    if (fault != CH_FAULT_NONE)
        return tally_stop(o->job, CH_JOB_RETRY, "opened ballots were not kept", ch_db_error(o->job->db));
    return CH_JOB_DONE; /* stale: whoever tallied it has opened it too; the tally finds that out */
}

static void tell(struct opening *o)
{
    json_t *progress = json_pack("{s:I, s:I}", "opened", (json_int_t)o->done, "of", (json_int_t)o->total);
    ch_job_progress(o->job, progress);
    json_decref(progress);
}

/* Opens the next ballots behind *after; *more: there may be others. */
static enum ch_job_result open_batch(struct opening *o, char after[65], bool *more)
{
    enum ch_fault fault;
    const char *limit = ch_printf(o->batch, "%d", BATCH);
    PGresult *rows = ch_db_run(o->job->db, &list_ballots, CH_ARGS(o->box, after, limit), &fault);
    if (!rows)
        return tally_stop(o->job, CH_JOB_RETRY, "the ballots were not read", ch_db_error(o->job->db));
    int count = PQntuples(rows);
    for (int i = 0; i < count; i++)
        open_ballot(o, PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1));
    if (count > 0)
        memcpy(after, PQgetvalue(rows, count - 1, 0), 65);
    PQclear(rows);
    *more = count == BATCH;
    o->done += count;
    enum ch_job_result result = o->unlinked || count == 0 ? CH_JOB_DONE : keep_batch(o);
    tell(o);
    return result;
}

static enum ch_job_result open_ballots(struct opening *o)
{
    char after[65] = "";
    bool more = true;
    while (more) {
        if (ch_job_stopping(o->job))
            return tally_stop(o->job, CH_JOB_RETRY, "the worker is being stopped", "the rest is opened later");
        o->batch = ch_arena_new();
        enum ch_job_result result = open_batch(o, after, &more);
        ch_arena_free(o->batch);
        if (result != CH_JOB_DONE)
            return result;
    }
    return CH_JOB_DONE;
}

/* ---- unlinked boxes ---- */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, CH_SHARE_SIZE);
}

static int by_choice(const void *a, const void *b)
{
    const struct merged *x = a, *y = b;
    int order = strcmp(x->choice, y->choice);
    return order ? order : x->class_index - y->class_index;
}

static void seed_of(struct opening *o, char seed[65])
{
    static const char PREFIX[] = "commonhold-lot/1";
    uint8_t digest[32];
    struct ch_sha256 *hash = ch_sha256_begin();
    if (o->drawn_count > 0)
        qsort(o->drawn, o->drawn_count, sizeof *o->drawn, by_bytes);
    ch_sha256_add(hash, PREFIX, sizeof PREFIX - 1);
    if (o->drawn_count > 0)
        ch_sha256_add(hash, o->drawn, o->drawn_count * sizeof *o->drawn);
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof digest, seed);
}

static json_t *list_merged(struct opening *o)
{
    json_t *list = ch_json_own(o->job->arena, json_array());
    if (o->merged_count > 0)
        qsort(o->merged, o->merged_count, sizeof *o->merged, by_choice);
    for (size_t i = 0; i < o->merged_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "choice", o->merged[i].choice, "class",
                                              CH_CLASS_CODES[o->merged[i].class_index], "count",
                                              (json_int_t)o->merged[i].count));
    return list;
}

/* Both keys sign roll, records, choices and seed. */
static const char *attest(struct opening *o, const json_t *loaded, const json_t *merged, const char *seed)
{
    struct ch_arena *arena = o->job->arena;
    char choices[65];
    size_t size;
    uint8_t signature[64];
    json_t *list = ch_json_own(arena, json_array());
    ch_json_sha256(arena, merged, choices);
    const char *text =
        ch_json_canonical(arena,
                          ch_json_pack(arena, "{s:s, s:s, s:s, s:s, s:s, s:s}", "schema", "commonhold-attestation/1",
                                       "box", o->box, "roll_sha256", text_of(loaded, "roll_sha256"), "records_sha256",
                                       text_of(loaded, "records_sha256"), "choices_sha256", choices, "lot_seed", seed),
                          &size);
    for (int i = 0; i < 2; i++) {
        ch_p256_sign(o->opener.key[i], text, size, signature);
        json_array_append_new(list, json_pack("{s:s, s:s}", "class", CH_CLASS_CODES[o->opener.class_index[i]],
                                              "signature", ch_base64url(arena, signature, sizeof signature)));
    }
    return ch_json_canonical(arena, list, NULL);
}

static enum ch_job_result keep_merged(struct opening *o, const json_t *loaded)
{
    struct ch_arena *arena = o->job->arena;
    struct ch_answer answer;
    char seed[65];
    seed_of(o, seed);
    const json_t *merged = list_merged(o);
    const char *attestations = attest(o, loaded, merged, seed);
    enum ch_fault fault = ch_db_begin(o->job->db);
    if (fault == CH_FAULT_NONE)
        fault = ch_db_call(o->job->db, arena, &store_merged,
                           CH_ARGS(o->proposal, o->reading, ch_json_canonical(arena, merged, NULL),
                                   ch_json_canonical(arena, o->spoiled, NULL), seed, attestations),
                           &answer);
    if (fault != CH_FAULT_NONE)
        return tally_stop(o->job, CH_JOB_RETRY, "the choices were not kept", ch_db_error(o->job->db));
    return CH_JOB_DONE;
}

/* ---- the whole ---- */

/* The first two keys that were revealed; false when there are none. */
static bool take_keys(struct opening *o, const json_t *keys)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[32];
        const json_t *one = json_array_get(keys, i);
        o->opener.class_index[i] = ch_ballot_class(text_of(one, "class"));
        if (o->opener.class_index[i] < 0 || !ch_unhex(text_of(one, "key"), bytes, sizeof bytes))
            return false;
        o->opener.key[i] = o->keys[i] = ch_p256_key_new(bytes);
        OPENSSL_cleanse(bytes, sizeof bytes);
        if (!o->keys[i])
            return false;
    }
    return true;
}

enum ch_job_result open_box(struct ch_job *job, const char *proposal, const char *reading, const json_t *loaded)
{
    struct opening o = {.job = job,
                        .proposal = proposal,
                        .reading = reading,
                        .box = text_of(loaded, "box"),
                        .total = json_integer_value(json_object_get(loaded, "ballots")),
                        .done = json_integer_value(json_object_get(loaded, "done")),
                        .unlinked = json_is_true(json_object_get(loaded, "unlinked")),
                        .opened = ch_json_own(job->arena, json_array()),
                        .spoiled = ch_json_own(job->arena, json_array())};
    enum ch_job_result result;
    size_t options = (size_t)json_integer_value(json_object_get(loaded, "options"));
    if (!ch_question_read(text_of(loaded, "method"), options, &o.question))
        result = tally_stop(job, CH_JOB_DEAD, "the box cannot be opened", "its method has nothing to choose from");
    else if (!take_keys(&o, json_object_get(loaded, "keys")))
        result = tally_stop(job, CH_JOB_DEAD, "the box cannot be opened", "two stewards' keys are needed");
    else if ((result = open_ballots(&o)) == CH_JOB_DONE && o.unlinked)
        result = keep_merged(&o, loaded);
    for (int i = 0; i < 2; i++)
        ch_p256_key_free(o.keys[i]);
    return result;
}
