/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of known.c and ch_distribute_part: a member's trace out of the member's own part of the inputs is, byte for
 * byte, the one out of all of them. */
#include "payout/helpers.h"

#include "../../services/payout/core/known.h"
#include "payout/model.h"

#define SEED   UINT64_C(20260504)
#define ROUNDS 20000

static char *written(struct ch_arena *arena, const struct ch_distribution *d, bool trace)
{
    struct memory memory = {.arena = arena};
    struct ch_out out;
    ch_out_begin(&out, to_memory, &memory);
    if (trace)
        ch_distribution_write_trace(d, &out);
    else
        ch_distribution_write(d, true, &out);
    ch_out_flush(&out);
    return memory.text;
}

static json_t *parsed(struct ch_arena *arena, const char *text)
{
    return ch_json_own(arena, json_loads(text, 0, NULL));
}

static bool contributes(const json_t *contribution, const char *id)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(contribution, "contributors"), i,
                       each) if (strcmp(json_string_value(json_object_get(each, "recipient")), id) == 0) return true;
    return false;
}

/* The inputs with the contributions of one recipient alone, and with those who share in them. */
static char *part_of(struct ch_arena *arena, const char *inputs, const char *id)
{
    json_t *doc = parsed(arena, inputs), *own = json_array(), *people = json_array();
    size_t i, k;
    json_t *each, *contribution;
    json_array_foreach(json_object_get(doc, "contributions"), i, each) if (contributes(each, id))
        json_array_append(own, each);
    json_array_foreach(json_object_get(doc, "recipients"), i, each)
    {
        const char *name = json_string_value(json_object_get(each, "id"));
        bool with = strcmp(name, id) == 0;
        json_array_foreach(own, k, contribution) with = with || contributes(contribution, name);
        if (with)
            json_array_append(people, each);
    }
    json_object_set_new(doc, "contributions", own);
    json_object_set_new(doc, "recipients", people);
    return ch_json_canonical(arena, doc, NULL);
}

static const json_t *line_of(const json_t *result, const char *id)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(result, "lines"), i,
                       each) if (strcmp(json_string_value(json_object_get(each, "id")), id) == 0) return each;
    return NULL;
}

/* Where all were frozen and floor and cap are one amount, nothing tells which of them it was. */
static bool are_same(char *expected, char *found)
{
    if (strcmp(expected, found) == 0)
        return true;
    for (char *at; strstr(expected, "\"total\":\"0\"") && (at = strstr(expected, "\"frozen\":\"floor\""));)
        memmove(at + strlen("\"frozen\":\""), "cap\"", 4), memmove(at + 14, at + 16, strlen(at + 16) + 1);
    return strcmp(expected, found) == 0;
}

static const char *same_trace(struct ch_arena *arena, const struct model *model, const struct ch_distribution *whole,
                              size_t recipient)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    const struct ch_benefit_rule *rule = whole->rule;
    const struct ch_recipient *each = &whole->inputs->recipients[recipient];
    const char *id = ch_printf(arena, "%.*s", each->id_length, each->id);
    const json_t *result = parsed(arena, written(arena, whole, false));
    const char *text = part_of(arena, model_inputs(arena, model), id);
    /* an assign step may name somebody who is not in the part: that is not this reader's to refuse */
    struct ch_benefit_rule bare = *rule;
    bare.step_count = 0;
    struct ch_inputs *part = ch_inputs_parse(text, strlen(text), &bare, list);
    struct ch_distribution *own = part ? ch_distribute_part(rule, part, id, result, line_of(result, id), list) : NULL;
    struct ch_distribution *all = ch_distribute(rule, whole->inputs, id, list);
    if (!own || !all)
        return model_failed(arena, model, "refused for %s: %s", id, ch_refusals_text(list));
    char *expected = written(arena, all, true), *found = written(arena, own, true);
    return are_same(expected, found) ? NULL : model_failed(arena, model, "of %s\n%s\nbecame\n%s", id, expected, found);
}

static const char *any_rule(struct ch_arena *arena, struct draws *draws)
{
    struct model model;
    model_draw(&model, draws);
    const struct ch_distribution *d = model_run(arena, &model);
    const char *wrong = NULL;
    for (size_t i = 0; i < d->inputs->recipient_count && !wrong; i++)
        wrong = same_trace(arena, &model, d, i);
    return wrong;
}

static const char *one_split(struct ch_arena *arena, struct draws *draws)
{
    struct model model;
    model_draw_split(&model, draws, 0);
    const struct ch_distribution *d = model_run(arena, &model);
    return d->inputs->recipient_count ? same_trace(arena, &model, d, (size_t)draw(draws, d->inputs->recipient_count))
                                      : NULL;
}

static void a_part_gives_the_same_trace(void **state)
{
    static property *const PROPERTIES[] = {any_rule, one_split};
    for (size_t i = 0; i < sizeof PROPERTIES / sizeof *PROPERTIES; i++) {
        const char *wrong = find_counterexample(*state, PROPERTIES[i], SEED + i, ROUNDS >> i, NULL);
        if (wrong)
            fail_msg("seed %llu: %s", (unsigned long long)(SEED + i), wrong);
    }
}

static void another_rule_is_refused(void **state)
{
    struct ch_refusals *list = ch_refusals_new(*state, NULL);
    size_t size;
    const json_t *result = parsed(*state, vector(*state, "d19.result.json", &size));
    const struct ch_benefit_rule *other = rule_of(*state, vector(*state, "d20.rule.json", &size));
    assert_null(ch_known_steps(other, result, NULL, list));
    assert_non_null(strstr(ch_refusals_text(list), "/steps/1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_part_gives_the_same_trace, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(another_rule_is_refused, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
