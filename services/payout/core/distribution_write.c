/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The documents of a distribution, written as canonical JSON straight away: members stand in the order of their
 * names, by hand, since a tree of a million lines would cost a gigabyte. */
#include "distribute.h"

#include <string.h>

static void write_text(struct ch_out *out, const char *name, const char *text)
{
    ch_out_text(out, name);
    ch_out_string(out, text, strlen(text));
}

static void write_wide(struct ch_out *out, const char *name, ch_u128 value)
{
    ch_out_text(out, name);
    ch_out_text(out, "\"");
    ch_out_u128(out, value);
    ch_out_text(out, "\"");
}

/* "cutoff" and "extra" stand side by side wherever there are any. */
static void write_cut(struct ch_out *out, const struct ch_cut *cut)
{
    ch_out_text(out, "\"cutoff\":");
    if (cut->extra == 0) {
        ch_out_text(out, "null");
    } else {
        write_wide(out, "{\"remainder\":", cut->remainder);
        ch_out_text(out, ",\"tie\":");
        ch_out_hex(out, cut->tie, sizeof cut->tie);
        ch_out_text(out, "}");
    }
    ch_out_number(out, ",\"extra\":", (int64_t)cut->extra);
}

static void write_parts(struct ch_out *out, const struct ch_step_result *result)
{
    ch_out_text(out, ",\"parts\":[");
    for (size_t i = 0; i < result->step->part_count; i++) {
        const struct ch_part_result *part = &result->parts[i];
        ch_out_number(out, i ? ",{\"amount\":" : "{\"amount\":", part->amount);
        ch_out_text(out, ",");
        if (part->apportioned) {
            write_cut(out, &part->cut);
            ch_out_text(out, ",");
        }
        write_wide(out, "\"weight_total\":", part->cut.weight_total);
        ch_out_text(out, "}");
    }
    ch_out_text(out, "]");
}

static void write_step(struct ch_out *out, const struct ch_step_result *result)
{
    const struct ch_rule_step *step = result->step;
    bool split = step->kind == CH_STEP_SPLIT;
    ch_out_number(out, "{\"amount\":", result->amount);
    ch_out_number(out, ",\"base\":", result->base);
    if (split && result->clamped) {
        ch_out_text(out, ",\"clamp\":{");
        write_cut(out, &result->clamp);
        ch_out_number(out, ",\"rest\":", result->rest);
        write_wide(out, ",\"weight_total\":", result->clamp.weight_total);
        ch_out_text(out, "}");
    }
    write_text(out, ",\"id\":", step->id);
    write_text(out, ",\"kind\":", ch_step_kinds[step->kind]);
    if (split) {
        ch_out_number(out, ",\"leftover\":", result->leftover);
        write_parts(out, result);
    }
    ch_out_number(out, ",\"remaining\":", result->remaining);
    ch_out_text(out, ",\"shortfall\":");
    ch_out_bool(out, result->shortfall);
    if (step->to)
        write_text(out, ",\"to\":", step->to);
    ch_out_number(out, ",\"wanted\":", result->wanted);
    ch_out_text(out, "}");
}

static void write_line(struct ch_out *out, const struct ch_distribution *d, size_t recipient, int64_t amount)
{
    const struct ch_recipient *each = &d->inputs->recipients[recipient];
    ch_out_number(out, "{\"amount\":", amount);
    ch_out_text(out, ",\"id\":");
    ch_out_string(out, each->id, each->id_length);
    ch_out_text(out, ",\"steps\":[");
    bool first = true;
    for (size_t i = 0; i < d->step_count; i++) {
        int64_t part = ch_step_amount(&d->steps[i], recipient);
        if (part == 0)
            continue;
        ch_out_number(out, first ? "{\"amount\":" : ",{\"amount\":", part);
        write_text(out, ",\"id\":", d->steps[i].step->id);
        ch_out_text(out, "}");
        first = false;
    }
    ch_out_text(out, "]}");
}

static void write_lines(struct ch_out *out, const struct ch_distribution *d)
{
    bool first = true;
    for (size_t i = 0; i < d->inputs->recipient_count; i++) {
        int64_t amount = ch_distribution_amount(d, i);
        if (amount == 0)
            continue;
        if (!first)
            ch_out_text(out, ",");
        write_line(out, d, i, amount);
        first = false;
    }
}

static void write_flags_and_funds(struct ch_out *out, const struct ch_distribution *d)
{
    ch_out_text(out, ",\"flags\":[");
    for (size_t i = 0; i < d->flag_count; i++)
        write_text(out, i ? "," : "", d->flags[i]);
    ch_out_text(out, "],\"funds\":[");
    for (size_t i = 0; i < d->fund_count; i++) {
        ch_out_number(out, i ? ",{\"amount\":" : "{\"amount\":", d->funds[i].minor);
        write_text(out, ",\"to\":", d->funds[i].account);
        ch_out_text(out, "}");
    }
    ch_out_text(out, "]");
}

void ch_distribution_write(const struct ch_distribution *d, bool hash, struct ch_out *out)
{
    ch_out_number(out, "{\"carried\":", d->carried);
    write_text(out, ",\"currency\":", d->rule->currency);
    write_flags_and_funds(out, d);
    if (hash)
        write_text(out, ",\"hash\":", d->hash);
    write_text(out, ",\"inputs_sha256\":", d->inputs->sha256);
    ch_out_number(out, ",\"leftover\":", d->leftover);
    ch_out_text(out, ",\"lines\":[");
    write_lines(out, d);
    write_text(out, "],\"outcome\":", d->aborted ? "aborted" : "ok");
    ch_out_number(out, ",\"pot\":", d->inputs->pot);
    write_text(out, ",\"rule\":", d->rule->id);
    write_text(out, ",\"rule_sha256\":", d->rule->sha256);
    write_text(out, ",\"run_id\":", d->inputs->run_id);
    ch_out_text(out, ",\"schema\":\"distribution-result/1\",\"steps\":[");
    for (size_t i = 0; i < d->step_count; i++) {
        ch_out_text(out, i ? "," : "");
        write_step(out, &d->steps[i]);
    }
    ch_out_text(out, "],\"version\":");
    if (d->rule->version)
        ch_out_integer(out, d->rule->version);
    else
        ch_out_text(out, "null");
    ch_out_text(out, "}");
}

/* Quotient, remainder and extra unit follow from the row; those frozen had none. */
static void write_row(struct ch_out *out, const struct ch_distribution *d, const struct ch_trace_row *row)
{
    static const char *const levels[] = {"recipient", "contribution", "contributor", "clamp"};
    static const char *const frozen[] = {"null", "\"floor\"", "\"cap\""};
    bool shared = row->frozen == CH_FROZEN_NOT && row->weight_total > 0;
    ch_u128 product = (ch_u128)row->total * row->weight;
    ch_u128 quotient = shared ? product / row->weight_total : 0;
    write_wide(out, "{\"amount\":", (ch_u128)row->amount);
    ch_out_text(out, ",\"contribution\":");
    if (row->contribution < 0) {
        ch_out_text(out, "null");
    } else {
        const struct ch_contribution *c = &d->inputs->contributions[row->contribution];
        ch_out_string(out, c->id, c->id_length);
    }
    write_wide(out, ",\"extra\":", shared ? (ch_u128)row->amount - quotient : 0);
    ch_out_text(out, ",\"frozen\":");
    ch_out_text(out, frozen[row->frozen]);
    write_text(out, ",\"level\":", levels[row->level]);
    ch_out_text(out, ",\"part\":");
    if (row->level == CH_TRACE_CLAMP)
        ch_out_text(out, "null");
    else
        write_wide(out, "", row->part);
    write_wide(out, ",\"quotient\":", quotient);
    write_wide(out, ",\"remainder\":", shared ? product % row->weight_total : 0);
    write_wide(out, ",\"total\":", (ch_u128)row->total);
    write_wide(out, ",\"weight\":", row->weight);
    write_wide(out, ",\"weight_total\":", row->weight_total);
    ch_out_text(out, "}");
}

static void write_trace_step(struct ch_out *out, const struct ch_distribution *d, size_t index)
{
    const struct ch_step_result *result = &d->steps[index];
    ch_out_number(out, "{\"amount\":", ch_step_amount(result, d->trace->recipient));
    write_text(out, ",\"id\":", result->step->id);
    write_text(out, ",\"kind\":", ch_step_kinds[result->step->kind]);
    ch_out_text(out, ",\"rows\":[");
    bool first = true;
    for (size_t i = 0; i < d->trace->count; i++) {
        if (d->trace->rows[i].step != index)
            continue;
        ch_out_text(out, first ? "" : ",");
        write_row(out, d, &d->trace->rows[i]);
        first = false;
    }
    ch_out_text(out, "]}");
}

void ch_distribution_write_trace(const struct ch_distribution *d, struct ch_out *out)
{
    const struct ch_recipient *each = &d->inputs->recipients[d->trace->recipient];
    ch_out_text(out, "{\"recipient\":");
    ch_out_string(out, each->id, each->id_length);
    write_text(out, ",\"result_hash\":", d->hash);
    write_text(out, ",\"run_id\":", d->inputs->run_id);
    ch_out_text(out, ",\"schema\":\"distribution-trace/1\",\"steps\":[");
    for (size_t i = 0; i < d->step_count; i++) {
        ch_out_text(out, i ? "," : "");
        write_trace_step(out, d, i);
    }
    ch_out_text(out, "]}");
}
