/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the figures of splits out of a result's steps. They were written by distribution_write.c and are not judged
 * here: whoever has doubts verifies the statement they end in. */
#include "known.h"

#include <string.h>

#include "commonhold/crypto.h"
#include "fields.h"

static ch_u128 read_wide(const json_t *object, const char *name)
{
    ch_u128 value = 0;
    for (const char *digit = ch_field_text(object, name, ""); *digit >= '0' && *digit <= '9'; digit++)
        value = value * 10 + (unsigned)(*digit - '0');
    return value;
}

static struct ch_cut read_cut(const json_t *object)
{
    const json_t *cutoff = json_object_get(object, "cutoff");
    struct ch_cut cut = {.weight_total = read_wide(object, "weight_total"),
                         .extra = (size_t)ch_field_integer(object, "extra", 0),
                         .remainder = read_wide(cutoff, "remainder")};
    ch_unhex(ch_field_text(cutoff, "tie", ""), cut.tie, sizeof cut.tie);
    return cut;
}

static bool has_flag(const json_t *head, const char *flag)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(head, "flags"), i,
                       each) if (strcmp(json_string_value(each), flag) == 0) return true;
    return false;
}

static int64_t own_amount(const json_t *line, const char *step)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(line, "steps"), i, each) if (strcmp(ch_field_text(each, "id", ""), step) ==
                                                                    0) return ch_field_integer(each, "amount", 0);
    return 0;
}

static bool read_split(struct ch_step_result *known, const struct ch_rule_step *rule, const json_t *step,
                       const json_t *head, const json_t *line, struct ch_arena *arena)
{
    const json_t *parts = json_object_get(step, "parts"), *clamp = json_object_get(step, "clamp");
    if (json_array_size(parts) != rule->part_count)
        return false;
    known->parts = ch_alloc_array(arena, rule->part_count, sizeof *known->parts);
    for (size_t i = 0; i < rule->part_count; i++)
        known->parts[i].cut = read_cut(json_array_get(parts, i));
    known->clamp = read_cut(clamp);
    known->rest = ch_field_integer(clamp, "rest", 0);
    known->unfunded = has_flag(head, ch_printf(arena, "floors_unfunded:%s", rule->id));
    known->amounts = ch_alloc(arena, sizeof *known->amounts);
    known->amounts[0] = own_amount(line, rule->id);
    return true;
}

const struct ch_step_result *ch_known_steps(const struct ch_benefit_rule *rule, const json_t *head, const json_t *line,
                                            struct ch_refusals *list)
{
    struct ch_step_result *known = ch_alloc_array(list->arena, rule->step_count, sizeof *known);
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(head, "steps"), i, step)
    {
        bool fits = i < rule->step_count && strcmp(ch_field_text(step, "id", ""), rule->steps[i].id) == 0;
        if (fits && rule->steps[i].kind == CH_STEP_SPLIT)
            fits = read_split(&known[i], &rule->steps[i], step, head, line, list->arena);
        if (!fits) {
            ch_refusal_add(list, ch_printf(list->arena, "/steps/%zu", i), "is no step of this rule");
            return NULL;
        }
    }
    return known;
}
