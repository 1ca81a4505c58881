/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The offline calculators for a hundred thousand documents in one process: the same core/ as `commonhold calc`, without
 * its files and exit codes. On stdin, again and again, a line `COMMAND LENGTH ...` and so many bytes for each document;
 * on stdout for each a line `CODE LENGTH` and so many bytes: 0 and what the command prints, or 2 and the errors it
 * prints. Commands: check-rule RULE, distribute RULE INPUTS, explain RULE INPUTS ID, clawback RULE RESULT INPUTS, price
 * PLAN USAGE, scottish-stv BLT SEED, knapsack ROUND. A test's tool: what breaks the protocol ends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/governance/core/blt.h"
#include "../../services/governance/core/knapsack.h"
#include "../../services/payout/core/clawback.h"
#include "../../services/payout/core/distribute.h"
#include "../../services/payout/core/price.h"
#include "commonhold/crypto.h"

#define DOCUMENTS    3
#define DOCUMENT_MAX ((size_t)1 << 26)

struct text {
    char *bytes; /* ended by a NUL that is not counted */
    size_t length;
};

struct job {
    struct ch_arena *arena;
    struct ch_refusals *list;       /* what the payout calculators refuse */
    struct ch_calc_refusal refusal; /* what the others do; no slug while they do not */
    struct text document[DOCUMENTS];
    struct text result;
};

static void broken(const char *what)
{
    fprintf(stderr, "calc_batch: %s\n", what);
    exit(1);
}

static void keep(void *context, const void *bytes, size_t size)
{
    struct job *job = context;
    char *grown = realloc(job->result.bytes, job->result.length + size);
    if (!grown)
        broken("out of memory");
    memcpy(grown + job->result.length, bytes, size);
    job->result = (struct text){grown, job->result.length + size};
}

static const json_t *parse(struct job *job, size_t document)
{
    return ch_calc_parse(job->document[document].bytes, job->document[document].length, job->list);
}

static struct ch_benefit_rule *read_rule(struct job *job, struct ch_refusals *warnings)
{
    return ch_benefit_rule_parse(job->document[0].bytes, job->document[0].length, job->list, warnings);
}

static bool check_rule(struct job *job)
{
    struct ch_refusals *warnings = ch_refusals_new(job->arena, NULL);
    if (!read_rule(job, warnings))
        return false;
    const char *verdict = ch_benefit_rule_verdict(warnings);
    keep(job, verdict, strlen(verdict));
    return true;
}

static bool run_distribution(struct job *job, const char *explain)
{
    struct ch_benefit_rule *rule = read_rule(job, NULL);
    struct ch_inputs *inputs =
        rule ? ch_inputs_parse(job->document[1].bytes, job->document[1].length, rule, job->list) : NULL;
    struct ch_distribution *d = inputs ? ch_distribute(rule, inputs, explain, job->list) : NULL;
    if (!d)
        return false;
    struct ch_out out;
    ch_out_begin(&out, keep, job);
    if (explain)
        ch_distribution_write_trace(d, &out);
    else
        ch_distribution_write(d, true, &out);
    ch_out_flush(&out);
    return true;
}

static bool distribute(struct job *job)
{
    return run_distribution(job, NULL);
}

static bool explain(struct job *job)
{
    return run_distribution(job, job->document[2].bytes);
}

static bool clawback(struct job *job)
{
    struct ch_benefit_rule *rule = read_rule(job, NULL);
    const struct ch_text result = {job->document[1].bytes, job->document[1].length};
    const struct ch_text inputs = {job->document[2].bytes, job->document[2].length};
    struct ch_clawback *c = rule ? ch_clawback(rule, result, inputs, job->list, job->list) : NULL;
    if (!c)
        return false;
    struct ch_out out;
    ch_out_begin(&out, keep, job);
    ch_clawback_write(c, true, &out);
    ch_out_flush(&out);
    return true;
}

static bool price(struct job *job)
{
    const json_t *document = parse(job, 0), *usage = document ? parse(job, 1) : NULL;
    struct ch_price_plan *plan = usage ? ch_price_plan_read(document, job->list) : NULL;
    struct ch_price_usage *used = plan ? ch_price_usage_read(usage, job->list) : NULL;
    struct ch_price *result = used ? ch_price(plan, used, job->list) : NULL;
    if (!result)
        return false;
    const char *text = ch_price_text(job->arena, result);
    keep(job, text, strlen(text));
    return true;
}

static bool scottish_stv(struct job *job)
{
    struct ch_stv_election election;
    const char *seed = ch_printf(job->arena, "%.*s", (int)job->document[1].length, job->document[1].bytes);
    if (!ch_blt_parse(job->arena, job->document[0].bytes, job->document[0].length, &election, &job->refusal))
        return false;
    if (!ch_unhex(seed, election.lot_seed, sizeof election.lot_seed))
        broken("no seed");
    const char *text = ch_stv_text(job->arena, ch_stv_count(job->arena, &election));
    keep(job, text, strlen(text));
    return true;
}

static bool knapsack(struct job *job)
{
    struct ch_knapsack_round round;
    if (!ch_knapsack_parse(job->arena, job->document[0].bytes, job->document[0].length, &round, &job->refusal))
        return false;
    const char *text = ch_knapsack_text(job->arena, ch_knapsack_count(job->arena, &round));
    keep(job, text, strlen(text));
    return true;
}

static const struct command {
    const char *name;
    size_t documents;
    bool (*run)(struct job *job);
} commands[] = {{"check-rule", 1, check_rule}, {"distribute", 2, distribute}, {"explain", 3, explain},
                {"clawback", 3, clawback},     {"price", 2, price},           {"scottish-stv", 2, scottish_stv},
                {"knapsack", 1, knapsack}};

static const struct command *find_command(const char *line, size_t length)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strlen(commands[i].name) == length && memcmp(commands[i].name, line, length) == 0)
            return &commands[i];
    broken("no such command");
    return NULL;
}

/* The documents lie in memory of their exact length, so that a sanitizer build sees a read behind them; only an id, the
 * third document of `explain`, must end with a NUL. */
static void read_documents(struct job *job, const struct command *command, const char *lengths)
{
    char *end;
    for (size_t i = 0; i < command->documents; i++, lengths = end) {
        size_t length = strtoul(lengths, &end, 10);
        if (end == lengths || length > DOCUMENT_MAX)
            broken("no length");
        bool ended = command->run == explain && i == 2;
        job->document[i] = (struct text){calloc(1, length + (ended || length == 0)), length};
        if (!job->document[i].bytes || fread(job->document[i].bytes, 1, length, stdin) != length)
            broken("a document ends too early");
    }
}

static void answer(struct job *job, bool done)
{
    const char *errors = done                ? NULL
                         : job->refusal.slug ? ch_calc_refusal_text(job->arena, &job->refusal)
                                             : ch_refusals_text(job->list);
    size_t length = done ? job->result.length : strlen(errors);
    printf("%d %zu\n", done ? 0 : 2, length);
    fwrite(done ? job->result.bytes : errors, 1, length, stdout);
    if (fflush(stdout) != 0)
        broken("stdout is gone");
}

static void run_job(const char *line)
{
    struct job job = {.arena = ch_arena_new()};
    size_t name = strcspn(line, " \n");
    const struct command *command = find_command(line, name);
    job.list = ch_refusals_new(job.arena, NULL);
    read_documents(&job, command, line + name);
    answer(&job, command->run(&job));
    for (size_t i = 0; i < DOCUMENTS; i++)
        free(job.document[i].bytes);
    free(job.result.bytes);
    ch_arena_free(job.arena);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0)
        run_job(line);
    free(line);
    return 0;
}
