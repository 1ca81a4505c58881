/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Drawing worlds, writing them as documents, and what each weighs. The weights are worked out from the model, not from
 * the calculator's structures, so that properties about weights do not lean on what they test. */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_MAX (INT64_C(1) << 40)

static const char *const FUNDS[] = {"Equity:Fund:Commons", "Equity:Fund:Solidarity", "Equity:Reserve:Legal",
                                    "Income:OperationsShare", CH_FEE_RECOVERY};
static const char *const WEIGHTS[] = {"usage", "usage*quality", "equal", "tenure", "external"};
static const char *const ROUNDS[] = {"down", "up", "half_up"};

const char *model_fund(int fund)
{
    return FUNDS[fund];
}

/* ---- drawing ----
 * Whether there is one more person is drawn before each, rather than how many there are: so shrinking can leave one
 * out. */

static struct model_figures draw_figures(struct draws *draws)
{
    struct model_figures f = {.quality_ppm = 1000000, .distinct_licensees = (int64_t)draw(draws, 4)};
    f.units = draw_amount(draws, UNITS_MAX);
    f.external = draw_chance(draws, 3) ? draw_amount(draws, UNITS_MAX) : 0;
    f.window_units = draw_chance(draws, 2) ? (int64_t)draw(draws, 60) : f.units;
    if (draw_chance(draws, 3))
        f.quality_ppm = (int64_t)draw(draws, 1000001);
    return f;
}

static void draw_people(struct model *m, struct draws *draws)
{
    while (m->people < MODEL_PEOPLE && draw(draws, 6) > 0) {
        size_t i = m->people++;
        m->person[i] = (struct model_person){.name = (int)i, .figures = draw_figures(draws), .equal = 1};
        m->person[i].tenure = draw_amount(draws, UNITS_MAX);
        m->person[i].status = draw_chance(draws, 4) ? (int)draw(draws, 6) : CH_MEMBER_ACTIVE;
        m->person[i].equal = !draw_chance(draws, 6);
    }
}

static void draw_contributions(struct model *m, struct draws *draws)
{
    while (m->people > 0 && m->contributions < MODEL_CONTRIBUTIONS && draw(draws, 4) > 0) {
        struct model_contribution *c = &m->contribution[m->contributions];
        *c = (struct model_contribution){.name = (int)m->contributions++, .figures = draw_figures(draws)};
        size_t most = m->people < 3 ? m->people : 3;
        c->contributors = 1 + (size_t)draw(draws, most);
        int first = (int)draw(draws, m->people);
        for (size_t j = 0; j < c->contributors; j++) {
            c->who[j] = (first + (int)j) % (int)m->people;
            c->share[j] = j == 0 ? 1 + draw_amount(draws, 999999) : draw_amount(draws, 1000000);
        }
    }
}

static void draw_clamp(struct model_step *step, struct draws *draws)
{
    if (draw_chance(draws, 2))
        step->floor_each = draw_amount(draws, CH_PAYOUT_MAX);
    step->cap = (enum ch_cap)draw(draws, 3);
    step->cap_amount = step->floor_each + draw_amount(draws, CH_PAYOUT_MAX - step->floor_each);
    step->cap_den = draw_between(draws, 1, 30);
    step->cap_num = (int64_t)draw(draws, (uint64_t)step->cap_den + 1);
}

static void draw_eligible(struct model_step *step, struct draws *draws)
{
    step->eligible = true;
    step->statuses = draw_chance(draws, 2) ? (unsigned)draw(draws, 64) : 0;
    step->min_units = draw_chance(draws, 2) ? (int64_t)draw(draws, 60) : 0;
    step->min_licensees = (int64_t)draw(draws, 4);
}

static void draw_parts(struct model_step *step, struct draws *draws, unsigned limits)
{
    step->parts = limits & MODEL_ONE_PART ? 1 : 1 + (size_t)draw(draws, MODEL_PARTS);
    for (size_t i = 0; i < step->parts; i++) {
        struct model_part *part = &step->part[i];
        part->share = draw_chance(draws, 2) ? draw_between(draws, 1, 10000) : 1;
        part->then = !(limits & MODEL_NO_THEN) && draw_chance(draws, 2);
        part->weight = (enum ch_weight)draw(draws, 5);
        if (part->then &&
            (part->weight == CH_WEIGHT_TENURE || (part->weight == CH_WEIGHT_EQUAL && limits & MODEL_NO_EQUAL_THEN)))
            part->weight = CH_WEIGHT_USAGE;
    }
}

static void draw_split_step(struct model_step *step, struct draws *draws, unsigned limits)
{
    step->kind = CH_STEP_SPLIT;
    draw_parts(step, draws, limits);
    if (!(limits & MODEL_NO_ELIGIBLE) && draw_chance(draws, 2))
        draw_eligible(step, draws);
    if (!(limits & MODEL_NO_CLAMP) && draw_chance(draws, 2))
        draw_clamp(step, draws);
}

static void draw_share(struct model_step *step, struct draws *draws, size_t earlier)
{
    step->base = (int)draw(draws, earlier + 2);
    step->den = draw_chance(draws, 2) ? draw_between(draws, 1, 1000000) : 1;
    step->num = draw_chance(draws, 2) ? (int64_t)draw(draws, (uint64_t)step->den + 1) : step->den;
    step->round = (enum ch_rounding)draw(draws, 3);
    step->max = draw_chance(draws, 5) ? draw_amount(draws, CH_PAYOUT_MAX) : -1;
}

static void draw_step(struct model *m, struct draws *draws)
{
    struct model_step *step = &m->step[m->steps];
    *step = (struct model_step){.max = -1, .amount = -1};
    step->kind = (enum ch_step_kind)draw(draws, 7);
    if (step->kind == CH_STEP_ASSIGN && !m->people)
        step->kind = CH_STEP_CARRY;
    draw_share(step, draws, m->steps);
    step->fund = (int)draw(draws, MODEL_FUNDS);
    step->target = draw_amount(draws, CH_PAYOUT_MAX);
    step->at_least = draw_chance(draws, 4) ? draw_amount(draws, CH_PAYOUT_MAX) : 0;
    step->recipient = m->people ? (int)draw(draws, m->people) : 0;
    bool by_amount = step->kind == CH_STEP_FIXED || (step->kind == CH_STEP_ASSIGN && draw_chance(draws, 2));
    if (by_amount)
        step->amount = draw_amount(draws, CH_PAYOUT_MAX);
    if (step->kind == CH_STEP_FIXED && draw_chance(draws, 3))
        step->fund = MODEL_FEE_FUND;
    if (step->kind == CH_STEP_SPLIT)
        draw_split_step(step, draws, 0);
    m->steps++;
}

static void draw_world(struct model *m, struct draws *draws)
{
    *m = (struct model){.run = (int)draw(draws, 1000), .pot = draw_amount(draws, CH_PAYOUT_MAX)};
    draw_people(m, draws);
    draw_contributions(m, draws);
}

void model_draw(struct model *m, struct draws *draws)
{
    draw_world(m, draws);
    m->rail_fees = draw_amount(draws, CH_PAYOUT_MAX);
    m->reverse = draw_chance(draws, 2);
    for (int i = 0; i < MODEL_FUNDS; i++)
        m->balance[i] = draw_chance(draws, 2) ? draw_amount(draws, CH_PAYOUT_MAX) : 0;
    do
        draw_step(m, draws);
    while (m->steps < MODEL_STEPS && draw(draws, 4) > 0);
}

void model_draw_split(struct model *m, struct draws *draws, unsigned limits)
{
    draw_world(m, draws);
    m->steps = 1;
    m->step[0] = (struct model_step){.base = 1, .num = 1, .den = 1, .max = -1, .amount = -1};
    draw_split_step(&m->step[0], draws, limits);
}

/* ---- documents ---- */

static void write_parts(FILE *out, const struct model_step *step)
{
    fprintf(out, ",\"parts\":[");
    for (size_t i = 0; i < step->parts; i++)
        fprintf(out, "%s{\"share\":%lld,\"weight\":\"%s\"%s}", i ? "," : "", (long long)step->part[i].share,
                WEIGHTS[step->part[i].weight], step->part[i].then ? ",\"then\":\"contribution\"" : "");
    fprintf(out, "],\"leftover_to\":\"%s\"", FUNDS[step->fund]);
}

static void write_eligible(FILE *out, const struct model_step *step)
{
    const char *comma = "";
    fprintf(out, ",\"eligible\":{\"min_units\":%lld,\"window_days\":365,\"min_distinct_licensees\":%lld",
            (long long)step->min_units, (long long)step->min_licensees);
    if (step->statuses)
        fprintf(out, ",\"status\":[");
    for (int i = 0; i < 6; i++)
        if (step->statuses >> i & 1) {
            fprintf(out, "%s\"%s\"", comma, ch_member_statuses[i]);
            comma = ",";
        }
    fprintf(out, "%s}", step->statuses ? "]" : "");
}

static void write_split(FILE *out, const struct model_step *step)
{
    write_parts(out, step);
    if (step->eligible)
        write_eligible(out, step);
    if (step->floor_each)
        fprintf(out, ",\"floor_each\":%lld", (long long)step->floor_each);
    if (step->cap == CH_CAP_AMOUNT)
        fprintf(out, ",\"cap_each\":%lld", (long long)step->cap_amount);
    if (step->cap == CH_CAP_RATIO)
        fprintf(out, ",\"cap_each\":{\"num\":%lld,\"den\":%lld}", (long long)step->cap_num, (long long)step->cap_den);
}

static void write_base(FILE *out, const struct model_step *step)
{
    if (step->base < 2)
        fprintf(out, ",\"of\":\"%s\"", step->base ? "remaining" : "gross");
    else
        fprintf(out, ",\"of\":\"after:s%d\"", step->base - 2);
}

static void write_step(FILE *out, const struct model_step *step, size_t index)
{
    bool to_fund = step->kind == CH_STEP_FIXED || step->kind == CH_STEP_PERCENT || step->kind == CH_STEP_UNTIL_TARGET;
    fprintf(out, "%s{\"id\":\"s%zu\",\"kind\":\"%s\"", index ? "," : "", index, ch_step_kinds[step->kind]);
    if (to_fund)
        fprintf(out, ",\"to\":\"%s\"", FUNDS[step->fund]);
    if (step->kind == CH_STEP_ASSIGN)
        fprintf(out, ",\"recipient\":\"M%d\",\"resolution\":\"V-1\"", step->recipient);
    if (step->kind == CH_STEP_FIXED && step->fund == MODEL_FEE_FUND)
        fprintf(out, ",\"amount_from\":\"rail_fees\"");
    else if (step->amount >= 0)
        fprintf(out, ",\"amount\":%lld", (long long)step->amount);
    if (step->kind != CH_STEP_FIXED && step->amount < 0)
        write_base(out, step);
    if (step->kind == CH_STEP_REQUIRE)
        fprintf(out, ",\"at_least\":%lld", (long long)step->at_least);
    else if (step->kind != CH_STEP_FIXED && step->amount < 0)
        fprintf(out, ",\"num\":%lld,\"den\":%lld,\"round\":\"%s\"", (long long)step->num, (long long)step->den,
                ROUNDS[step->round]);
    if (step->max >= 0 && step->kind != CH_STEP_REQUIRE)
        fprintf(out, ",\"max\":%lld", (long long)step->max);
    if (step->kind == CH_STEP_UNTIL_TARGET)
        fprintf(out, ",\"target\":%lld", (long long)step->target);
    if (step->kind == CH_STEP_SPLIT)
        write_split(out, step);
    fprintf(out, "}");
}

static FILE *open_text(char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);
    if (!out)
        abort();
    return out;
}

/* The text, moved into the arena. */
static const char *close_text(struct ch_arena *arena, FILE *out, char **text)
{
    fclose(out);
    const char *kept = ch_strdup(arena, *text);
    free(*text);
    return kept;
}

const char *model_rule(struct ch_arena *arena, const struct model *m)
{
    char *text;
    size_t size;
    FILE *out = open_text(&text, &size);
    fprintf(out, "{\"schema\":\"benefit-rule/1\",\"rule\":\"r\",\"currency\":\"EUR\",\"steps\":[");
    for (size_t i = 0; i < m->steps; i++)
        write_step(out, &m->step[i], i);
    fprintf(out, "],\"refund\":{\"fee_recovery\":\"%s\"},\"remainder\":\"largest_remainder/sha256\"}",
            m->reverse ? "reverse" : "keep");
    return close_text(arena, out, &text);
}

static void write_figures(FILE *out, char letter, int name, const struct model_figures *f)
{
    fprintf(out,
            "{\"id\":\"%c%d\",\"units\":%lld,\"external\":%lld,\"window_units\":%lld,\"quality_ppm\":%lld,"
            "\"distinct_licensees\":%lld",
            letter, name, (long long)f->units, (long long)f->external, (long long)f->window_units,
            (long long)f->quality_ppm, (long long)f->distinct_licensees);
}

static void write_contribution(FILE *out, const struct model_contribution *c)
{
    write_figures(out, 'C', c->name, &c->figures);
    fprintf(out, ",\"contributors\":[");
    for (size_t j = 0; j < c->contributors; j++)
        fprintf(out, "%s{\"recipient\":\"M%d\",\"share\":%lld}", j ? "," : "", c->who[j], (long long)c->share[j]);
    fprintf(out, "]}");
}

const char *model_inputs(struct ch_arena *arena, const struct model *m)
{
    char *text;
    size_t size;
    FILE *out = open_text(&text, &size);
    fprintf(out,
            "{\"schema\":\"distribution-inputs/1\",\"run_id\":\"run-%d\",\"currency\":\"EUR\",\"pot\":%lld,"
            "\"rail_fees\":%lld,\"balances\":{",
            m->run, (long long)m->pot, (long long)m->rail_fees);
    for (int i = 0; i < MODEL_FUNDS; i++)
        fprintf(out, "%s\"%s\":%lld", i ? "," : "", FUNDS[i], (long long)m->balance[i]);
    fprintf(out, "},\"recipients\":[");
    for (size_t i = 0; i < m->people; i++) {
        const struct model_person *p = &m->person[i];
        fprintf(out, "%s", i ? "," : "");
        write_figures(out, 'M', p->name, &p->figures);
        fprintf(out, ",\"tenure\":%lld,\"equal\":%d,\"status\":\"%s\"}", (long long)p->tenure, p->equal,
                ch_member_statuses[p->status]);
    }
    fprintf(out, "],\"contributions\":[");
    for (size_t i = 0; i < m->contributions; i++) {
        fprintf(out, "%s", i ? "," : "");
        write_contribution(out, &m->contribution[i]);
    }
    fprintf(out, "]}");
    return close_text(arena, out, &text);
}

const char *model_failed(struct ch_arena *arena, const struct model *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *what = ch_vprintf(arena, format, args);
    va_end(args);
    return ch_printf(arena, "%s\n%s\n%s", what, model_rule(arena, m), model_inputs(arena, m));
}

/* ---- running ---- */

const struct ch_distribution *model_run(struct ch_arena *arena, const struct model *m)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    const char *rule_text = model_rule(arena, m), *text = model_inputs(arena, m);
    struct ch_benefit_rule *rule = ch_benefit_rule_parse(rule_text, strlen(rule_text), list, NULL);
    struct ch_inputs *inputs = rule ? ch_inputs_parse(text, strlen(text), rule, list) : NULL;
    struct ch_distribution *d = inputs ? ch_distribute(rule, inputs, NULL, list) : NULL;
    if (!d) {
        fprintf(stderr, "%s\n%s\n%s\n", ch_refusals_text(list), rule_text, text);
        abort();
    }
    return d;
}

int64_t model_amount(const struct ch_distribution *d, int name)
{
    char id[16];
    int length = snprintf(id, sizeof id, "M%d", name);
    return ch_distribution_amount(d, (size_t)ch_inputs_find(d->inputs, id, (size_t)length));
}

/* ---- weights ---- */

static bool status_counts(const struct model_step *step, const struct model_person *person)
{
    return !step->eligible || !step->statuses || step->statuses >> person->status & 1;
}

static bool figures_pass(const struct model_step *step, const struct model_figures *f)
{
    return !step->eligible || (f->window_units >= step->min_units && f->distinct_licensees >= step->min_licensees);
}

bool model_passes(const struct model_step *step, const struct model_person *person)
{
    return status_counts(step, person) && figures_pass(step, &person->figures);
}

static uint64_t weight_of(enum ch_weight weight, const struct model_figures *f, int64_t equal, int64_t tenure)
{
    const uint64_t of[] = {(uint64_t)f->units, (uint64_t)(f->units * f->quality_ppm), (uint64_t)equal, (uint64_t)tenure,
                           (uint64_t)f->external};
    return of[weight];
}

uint64_t model_weight(const struct model_step *step, const struct model_part *part, const struct model_person *person)
{
    return model_passes(step, person) ? weight_of(part->weight, &person->figures, person->equal, person->tenure) : 0;
}

static const struct model_person *person_named(const struct model *m, int name)
{
    for (size_t i = 0; i < m->people; i++)
        if (m->person[i].name == name)
            return &m->person[i];
    abort();
}

/* What the contribution weighs for that contributor, or for all of them when `name` is negative: 0 or more. */
static bool contribution_weighs(const struct model *m, const struct model_step *step, const struct model_part *part,
                                const struct model_contribution *c, int name)
{
    if (!figures_pass(step, &c->figures) || weight_of(part->weight, &c->figures, 1, 0) == 0)
        return false;
    for (size_t j = 0; j < c->contributors; j++)
        if ((name < 0 || c->who[j] == name) && c->share[j] > 0 && status_counts(step, person_named(m, c->who[j])))
            return true;
    return false;
}

static bool part_weighs_for(const struct model *m, const struct model_step *step, const struct model_part *part,
                            const struct model_person *person)
{
    if (!part->then)
        return model_weight(step, part, person) > 0;
    for (size_t i = 0; i < m->contributions; i++)
        if (contribution_weighs(m, step, part, &m->contribution[i], person->name))
            return true;
    return false;
}

bool model_weighs(const struct model *m, const struct model_step *step, const struct model_person *person)
{
    for (size_t i = 0; i < step->parts; i++)
        if (part_weighs_for(m, step, &step->part[i], person))
            return true;
    return false;
}

static ch_u128 part_total(const struct model *m, const struct model_step *step, const struct model_part *part)
{
    ch_u128 sum = 0;
    for (size_t i = 0; i < m->people && !part->then; i++)
        sum += model_weight(step, part, &m->person[i]);
    for (size_t i = 0; i < m->contributions && part->then; i++)
        if (contribution_weighs(m, step, part, &m->contribution[i], -1))
            sum += weight_of(part->weight, &m->contribution[i].figures, 1, 0);
    return sum;
}

/* floor(floor(2^50 w/W) s/S) over the person's place in one contribution. */
static ch_u128 contributor_weight(const struct model *m, const struct model_step *step, const struct model_part *part,
                                  const struct model_contribution *c, int name)
{
    ch_u128 own = 0, all = 0;
    for (size_t j = 0; j < c->contributors; j++) {
        ch_u128 share = status_counts(step, person_named(m, c->who[j])) ? (ch_u128)c->share[j] : 0;
        own += c->who[j] == name ? share : 0;
        all += share;
    }
    ch_u128 weight = weight_of(part->weight, &c->figures, 1, 0);
    return own ? (weight << 50) / part_total(m, step, part) * own / all : 0;
}

ch_u128 model_clamp_weight(const struct model *m, const struct model_step *step, const struct model_person *person)
{
    ch_u128 v = 0;
    if (step->parts == 1 && !step->part[0].then)
        return model_weight(step, &step->part[0], person);
    for (size_t i = 0; i < step->parts; i++) {
        const struct model_part *part = &step->part[i];
        ch_u128 total = part_total(m, step, part), in_part = 0;
        if (total == 0)
            continue;
        if (!part->then)
            in_part = ((ch_u128)model_weight(step, part, person) << 50) / total;
        for (size_t j = 0; j < m->contributions && part->then; j++)
            if (contribution_weighs(m, step, part, &m->contribution[j], -1))
                in_part += contributor_weight(m, step, part, &m->contribution[j], person->name);
        v += in_part * (ch_u128)part->share;
    }
    return v;
}

bool model_part_weighs(const struct model *m, const struct model_step *step, const struct model_part *part)
{
    return part_total(m, step, part) > 0;
}
