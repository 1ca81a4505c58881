/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The state `numbered` of a run: the distribution itself is core/distribute.c; here its document is taken apart again
 * into lines, which go into the database by COPY with their salts, and into the line tree. */
#include "run_states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "core/line_tree.h"
#include "job_large.h"
#include "settings.h"

#define ID            16 /* bytes of a UUID */
#define SALT          32 /* and of a hash */
#define LINES_AT_ONCE 10000

CH_FUNCTION(lock_run, "payout.lock_run", "$1::uuid, $2::text");

/* A result document and the lines in it. */
struct result {
    struct ch_arena *arena;
    uint8_t run[ID];
    const char *text, *lines, *lines_end; /* the lines: behind '[' and at ']' */
    size_t length, count;
    uint8_t *salts, *leaves; /* SALT bytes a line */
    struct ch_sha256 *hash;  /* of the line at hand */
};

/* The next line from `at`: no string in it holds a bracket, so the first `]` ends its steps. */
static const char *line_end(const struct result *r, const char *at)
{
    return (const char *)memchr(at, ']', (size_t)(r->lines_end - at)) + 2;
}

static void find_lines(struct result *r)
{
    static const char FIRST[] = "\"lines\":[", LAST[] = "],\"outcome\":\"";
    r->lines = strstr(r->text, FIRST) + strlen(FIRST);
    r->lines_end = *r->lines == ']' ? r->lines : NULL;
    for (const char *at = r->lines; !r->lines_end; at++) {
        at = strchr(at, ']') + 2;
        r->count++;
        if (strncmp(at, LAST, strlen(LAST)) == 0)
            r->lines_end = at;
    }
}

static void read_line(const char *line, int64_t *amount, uint8_t member[ID])
{
    static const char AMOUNT[] = "{\"amount\":", NAME[] = ",\"id\":\"";
    char *end, text[37] = "";
    *amount = strtoll(line + strlen(AMOUNT), &end, 10);
    memcpy(text, end + strlen(NAME), 36);
    if (!ch_id_parse(text, member))
        memset(member, 0, ID); /* the database refuses it beside the others */
}

/* One line as a row; hashed on the way, while the server is busy with those before. */
static const char *copy_line(struct large_copy *copy, struct result *r, size_t i, const char *at)
{
    const char *end = line_end(r, at);
    size_t length = (size_t)(end - at);
    int64_t amount;
    uint8_t member[ID];
    read_line(at, &amount, member);
    large_copy_row(copy, 5);
    large_copy_field(copy, r->run, ID);
    large_copy_field(copy, member, ID);
    large_copy_integer(copy, (int64_t)i);
    large_copy_integer(copy, amount);
    large_copy_field(copy, at, length);
    ch_line_leaf_next(r->hash, r->salts + i * SALT, at, length, r->leaves + i * SALT);
    return end + 1;
}

/* By LINES_AT_ONCE, so that what payout.check_lines looks at stays in the server's memory. */
static enum ch_job_result copy_lines(struct ch_job *job, struct result *r)
{
    enum ch_job_result result = CH_JOB_DONE;
    const char *at = r->lines;
    struct large_copy copy = {0};
    for (size_t i = 0; i < r->count && result == CH_JOB_DONE;) {
        if (!large_copy_begin(&copy, job,
                              "COPY payout.run_line (run, member_id, index, minor, line) FROM STDIN (FORMAT binary)"))
            return CH_JOB_RETRY;
        for (size_t end = i + LINES_AT_ONCE; i < end && i < r->count; i++)
            at = copy_line(&copy, r, i, at);
        result = large_copy_end(&copy);
    }
    return result;
}

/* The result without its lines. */
static const char *head(const struct result *r)
{
    static const char NAME[] = "\"lines\":[";
    return ch_printf(r->arena, "%.*s%s", (int)(r->lines - r->text - (ptrdiff_t)strlen(NAME)), r->text,
                     r->lines_end + 2);
}

static enum ch_job_result save(struct ch_job *job, const char *run, struct result *r)
{
    size_t size;
    char sha256[65];
    uint8_t *tree = ch_line_tree(r->arena, r->leaves, r->count, &size);
    ch_sha256_hex(r->text, r->length, sha256);
    const struct large_value args[] = {
        {.text = run},     {.bytes = r->text, .size = r->length},        {.text = sha256},
        {.text = head(r)}, {.bytes = r->salts, .size = r->count * SALT}, {.bytes = tree, .size = size}};
    struct ch_answer answer;
    return large_ask(job, "payout.save_result($1::uuid, $2::bytea, $3::text, $4::jsonb, $5::bytea, $6::bytea)", &answer,
                     args, 6);
}

static enum ch_job_result store(struct ch_job *job, const char *run, struct result *r)
{
    find_lines(r);
    ch_id_parse(run, r->run);
    r->salts = ch_alloc_array(r->arena, r->count, SALT);
    r->leaves = ch_alloc_array(r->arena, r->count, SALT);
    ch_random(r->salts, r->count * SALT);
    uint8_t unused[32];
    r->hash = ch_sha256_begin();
    enum ch_job_result result = copy_lines(job, r);
    ch_sha256_end(r->hash, unused);
    return result == CH_JOB_DONE ? save(job, run, r) : result;
}

/* The state is looked at again under the lock: somebody else may have taken this job over. */
static enum ch_job_result store_alone(struct ch_job *job, const char *run, struct result *r)
{
    struct ch_answer answer;
    if (ch_db_begin(job->db) != CH_FAULT_NONE) {
        snprintf(job->reason, sizeof job->reason, "run %s: %s", run, ch_db_error(job->db));
        return CH_JOB_RETRY;
    }
    enum ch_job_result result = payout_ask(job, &lock_run, &answer, CH_ARGS(run, "numbered"));
    bool mine = result == CH_JOB_DONE && strcmp(answer.outcome, "ok") == 0;
    if (mine)
        result = store(job, run, r);
    if (mine && result == CH_JOB_DONE && ch_db_commit(job->db) == CH_FAULT_NONE)
        return CH_JOB_DONE;
    ch_db_rollback(job->db);
    return mine ? CH_JOB_RETRY : result;
}

static struct ch_distribution *distribute(const json_t *frozen, struct memory_out *inputs, struct ch_refusals *list)
{
    const char *rule_text = payout_text(frozen, "rule"), *text = memory_out_text(inputs);
    struct ch_benefit_rule *rule = ch_benefit_rule_parse(rule_text, strlen(rule_text), list, NULL);
    struct ch_inputs *given =
        rule ? ch_inputs_parse_normal(text, inputs->length, payout_text(frozen, "run_id"), rule, list) : NULL;
    return given ? ch_distribute(rule, given, NULL, list) : NULL;
}

enum ch_job_result run_compute(struct ch_job *job, const char *run, const json_t *frozen)
{
    struct memory_out inputs, text;
    memory_out_begin(&inputs, job->arena);
    enum ch_job_result result =
        large_read(job, payout_text(frozen, "inputs"), (size_t)payout_integer(frozen, "length"), &inputs);
    if (result != CH_JOB_DONE)
        return result;
    struct ch_refusals *list = ch_refusals_new(job->arena, NULL);
    struct ch_distribution *d = distribute(frozen, &inputs, list);
    if (!d)
        return run_refused(job, run, list);
    memory_out_begin(&text, job->arena);
    ch_distribution_write(d, true, &text.out);
    struct result r = {.arena = job->arena, .text = memory_out_text(&text), .length = text.length};
    return store_alone(job, run, &r);
}
