/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold calc distribute|clawback|price|check-rule`: files in, canonical JSON out, the same code the worker runs.
 * No configuration, database, clock or network. Exit 0 for every result, 2 for refused input with nothing on stdout,
 * 64 for wrong arguments, upon which services/cli prints the usage. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "core/clawback.h"
#include "core/distribute.h"
#include "core/price.h"

#define FILE_MAX     ((size_t)1 << 30)
#define EXIT_IOERROR 74 /* sysexits EX_IOERR: stdout is gone */

static int refused(const struct ch_refusals *list)
{
    fprintf(stderr, "%s\n", ch_refusals_text(list));
    return CH_EXIT_REFUSED;
}

static void to_stdout(void *context, const void *bytes, size_t size)
{
    (void)context;
    fwrite(bytes, 1, size, stdout);
}

static int end_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CH_EXIT_OK;
    fprintf(stderr, "stdout: the result could not be written\n");
    return EXIT_IOERROR;
}

static int print(const char *text)
{
    printf("%s\n", text);
    return end_stdout();
}

static char *read_file(struct ch_refusals *list, const char *path, size_t *size)
{
    char error[256] = "";
    char *text = ch_read_file(list->arena, path, FILE_MAX, size, error);
    if (!text)
        ch_refusal_add(list, "", "%s", error);
    return text;
}

static const json_t *read_json(struct ch_refusals *list, const char *path)
{
    size_t size = 0;
    const char *text = read_file(list, path, &size);
    return text ? ch_calc_parse(text, size, list) : NULL;
}

/* NULL: refused and said so. */
static struct ch_benefit_rule *read_rule(struct ch_arena *arena, const char *path, struct ch_refusals *warnings)
{
    struct ch_refusals *list = ch_refusals_new(arena, "rule");
    const json_t *document = read_json(list, path);
    struct ch_benefit_rule *rule = document ? ch_benefit_rule_read(document, list, warnings) : NULL;
    if (!rule)
        refused(list);
    return rule;
}

static const char distribute_usage[] = "--rule RULE.json --inputs INPUTS.json [--explain ID]";

struct distribute_options {
    const char *rule, *inputs, *explain;
};

static int distribute(struct ch_arena *arena, const struct distribute_options *options)
{
    struct ch_benefit_rule *rule = read_rule(arena, options->rule, NULL);
    if (!rule)
        return CH_EXIT_REFUSED;
    struct ch_refusals *list = ch_refusals_new(arena, "inputs");
    size_t size = 0;
    char *text = read_file(list, options->inputs, &size);
    struct ch_inputs *inputs = text ? ch_inputs_parse(text, size, rule, list) : NULL;
    struct ch_distribution *d = inputs ? ch_distribute(rule, inputs, options->explain, list) : NULL;
    if (!d)
        return refused(list);
    struct ch_out out;
    ch_out_begin(&out, to_stdout, NULL);
    if (options->explain)
        ch_distribution_write_trace(d, &out);
    else
        ch_distribution_write(d, true, &out);
    ch_out_text(&out, "\n");
    ch_out_flush(&out);
    return end_stdout();
}

static int run_distribute(int argc, char **argv)
{
    struct distribute_options options = {0};
    const struct ch_option table[] = {{"--rule", &options.rule, NULL, true},
                                      {"--inputs", &options.inputs, NULL, true},
                                      {"--explain", &options.explain, NULL, false},
                                      {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, table, NULL))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    int code = distribute(arena, &options);
    ch_arena_free(arena);
    return code;
}

static const char clawback_usage[] = "--rule RULE.json --result RESULT.json --inputs CLAWBACK.json";

struct clawback_options {
    const char *rule, *result, *inputs;
};

static int clawback(struct ch_arena *arena, const struct clawback_options *options)
{
    struct ch_benefit_rule *rule = read_rule(arena, options->rule, NULL);
    if (!rule)
        return CH_EXIT_REFUSED;
    struct ch_refusals *result_list = ch_refusals_new(arena, "result");
    struct ch_refusals *list = ch_refusals_new(arena, "inputs");
    struct ch_text result = {0}, inputs = {0};
    result.bytes = read_file(result_list, options->result, &result.length);
    inputs.bytes = result.bytes ? read_file(list, options->inputs, &inputs.length) : NULL;
    struct ch_clawback *c = inputs.bytes ? ch_clawback(rule, result, inputs, result_list, list) : NULL;
    if (!c)
        return refused(ch_refusals_none(result_list) ? list : result_list);
    struct ch_out out;
    ch_out_begin(&out, to_stdout, NULL);
    ch_clawback_write(c, true, &out);
    ch_out_text(&out, "\n");
    ch_out_flush(&out);
    return end_stdout();
}

static int run_clawback(int argc, char **argv)
{
    struct clawback_options options = {0};
    const struct ch_option table[] = {{"--rule", &options.rule, NULL, true},
                                      {"--result", &options.result, NULL, true},
                                      {"--inputs", &options.inputs, NULL, true},
                                      {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, table, NULL))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    int code = clawback(arena, &options);
    ch_arena_free(arena);
    return code;
}

static const char price_usage[] = "--plan PLAN.json --usage USAGE.json";

struct price_options {
    const char *plan, *usage;
};

static int price(struct ch_arena *arena, const struct price_options *options)
{
    struct ch_refusals *plan_list = ch_refusals_new(arena, "plan");
    const json_t *document = read_json(plan_list, options->plan);
    struct ch_price_plan *plan = document ? ch_price_plan_read(document, plan_list) : NULL;
    if (!plan)
        return refused(plan_list);
    struct ch_refusals *list = ch_refusals_new(arena, "usage");
    document = read_json(list, options->usage);
    struct ch_price_usage *used = document ? ch_price_usage_read(document, list) : NULL;
    struct ch_price *result = used ? ch_price(plan, used, list) : NULL;
    return result ? print(ch_price_text(arena, result)) : refused(list);
}

static int run_price(int argc, char **argv)
{
    struct price_options options = {0};
    const struct ch_option table[] = {
        {"--plan", &options.plan, NULL, true}, {"--usage", &options.usage, NULL, true}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, table, NULL))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    int code = price(arena, &options);
    ch_arena_free(arena);
    return code;
}

static int run_check_rule(int argc, char **argv)
{
    if (argc != 1 || (argv[0][0] == '-' && argv[0][1]))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    struct ch_refusals *warnings = ch_refusals_new(arena, NULL);
    int code = CH_EXIT_REFUSED;
    if (read_rule(arena, argv[0], warnings))
        code = print(ch_benefit_rule_verdict(warnings));
    ch_arena_free(arena);
    return code;
}

const struct ch_command payout_calc_commands[] = {
    {"calc distribute", distribute_usage, "share a pot by a benefit-sharing rule", run_distribute},
    {"calc clawback", clawback_usage, "take a credit back from those a distribution went to", run_clawback},
    {"calc price", price_usage, "rate usage by a price plan", run_price},
    {"calc check-rule", "RULE.json", "check a benefit-sharing rule", run_check_rule},
    {"payout approve", "BATCH --key FILE [--office BODY] [--origin URL]",
     "reads a batch's bank file and signs it with a key that stays here", ch_command_payout_approve},
    {"payout register-key", "--key FILE [--origin URL]", "makes an approver's key, if there is none, and registers it",
     ch_command_payout_register_key},
    {0}};
