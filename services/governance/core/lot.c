/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lot of an appeals panel, recomputed. It knows no member: volunteers stand under ids of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "lot.h"

struct ranked {
    char rank[65];
    const char *volunteer;
};

/* A draw as it was published. */
struct draw {
    const char *appeal;
    int64_t round;
    const json_t *candidates, *values, *passed, *seats;
    struct ch_lot_value value[CH_CLASSES];
    uint8_t published[32], seed[32];
    bool has_tree;
    int64_t tree_size;
    uint8_t tree_root[32];
};

static bool read_hash(const json_t *value, uint8_t hash[32])
{
    const char *text = json_string_value(value);
    return text && strlen(text) == 64 && ch_unhex(text, hash, 32);
}

static int class_of(const json_t *value)
{
    const char *code = json_string_value(value);
    for (int c = 0; code && c < CH_CLASSES; c++) {
        if (strcmp(code, CH_CLASS_CODES[c]) == 0)
            return c;
    }
    return -1;
}

bool ch_lot_seed(const struct ch_lot_value values[CH_CLASSES], uint8_t seed[32])
{
    uint8_t bytes[CH_CLASSES * 32];
    size_t size = 0;
    for (int c = 0; c < CH_CLASSES; c++) {
        if (!values[c].committed)
            continue;
        memcpy(bytes + size, values[c].revealed ? values[c].value : values[c].commitment, 32);
        size += 32;
    }
    if (size == 0)
        return false;
    ch_sha256(bytes, size, seed);
    return true;
}

void ch_lot_seed_of_tree(int64_t size, const uint8_t root[32], uint8_t seed[32])
{
    char text[160], hex[65];
    ch_hex(root, 32, hex);
    int length = snprintf(text, sizeof text, "commonhold-panel-log/1:%lld:%s", (long long)size, hex);
    ch_sha256(text, (size_t)length, seed);
}

static int compare(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    int order = strcmp(a->rank, b->rank);
    return order != 0 ? order : strcmp(a->volunteer, b->volunteer);
}

void ch_lot_order(struct ch_arena *arena, const uint8_t seed[32], const char *appeal, int64_t round,
                  const char *class_code, const char **volunteers, size_t count)
{
    char hex[65];
    struct ranked *list = ch_alloc(arena, (count + 1) * sizeof *list);
    ch_hex(seed, 32, hex);
    for (size_t i = 0; i < count; i++) {
        const char *text = ch_printf(arena, "commonhold-panel/1:%s:%s:%lld:%s:%s", hex, appeal, (long long)round,
                                     class_code, volunteers[i]);
        ch_sha256_hex(text, strlen(text), list[i].rank);
        list[i].volunteer = volunteers[i];
    }
    qsort(list, count, sizeof *list, compare);
    for (size_t i = 0; i < count; i++)
        volunteers[i] = list[i].volunteer;
}

/* One element of values; false with the sentence when it is not well formed. */
static bool read_value(struct draw *draw, const json_t *element, const char **detail)
{
    int c = class_of(json_object_get(element, "class"));
    const json_t *value = json_object_get(element, "value");
    *detail = "values: {class, commitment, value}, hashes in 64 hex digits, a class once";
    if (c < 0 || draw->value[c].committed ||
        !read_hash(json_object_get(element, "commitment"), draw->value[c].commitment))
        return false;
    draw->value[c].committed = true;
    draw->value[c].revealed = json_is_string(value);
    return !draw->value[c].revealed || read_hash(value, draw->value[c].value);
}

static bool read_candidates(const json_t *candidates, const char **detail)
{
    uint8_t id[16];
    *detail = "candidates: U, W and C, each a list of volunteer ids";
    for (int c = 0; c < CH_CLASSES; c++) {
        const json_t *list = json_object_get(candidates, CH_CLASS_CODES[c]);
        if (!json_is_array(list))
            return false;
        for (size_t i = 0; i < json_array_size(list); i++) {
            if (!ch_id_parse(json_string_value(json_array_get(list, i)), id))
                return false;
        }
    }
    return true;
}

static bool read_draw(struct draw *draw, const json_t *lot, const char **detail)
{
    uint8_t id[16];
    memset(draw, 0, sizeof *draw);
    draw->appeal = json_string_value(json_object_get(lot, "appeal"));
    draw->round = json_integer_value(json_object_get(lot, "round"));
    draw->candidates = json_object_get(lot, "candidates");
    draw->values = json_object_get(lot, "values");
    draw->passed = json_object_get(lot, "passed_over");
    draw->seats = json_object_get(lot, "seats");
    *detail = "appeal (an id), round (1 or more), seed, candidates, values, passed_over and seats of a draw are needed";
    if (!ch_id_parse(draw->appeal, id) || draw->round < 1 ||
        !read_hash(json_object_get(lot, "seed"), draw->published) || !json_is_array(draw->values) ||
        !json_is_array(draw->passed) || !json_is_array(draw->seats) || !read_candidates(draw->candidates, detail))
        return false;
    for (size_t i = 0; i < json_array_size(draw->values); i++) {
        if (!read_value(draw, json_array_get(draw->values, i), detail))
            return false;
    }
    const json_t *size = json_object_get(lot, "tree_size");
    *detail = "where no steward committed, tree_size and tree_root are needed";
    draw->has_tree = json_is_integer(size);
    draw->tree_size = json_integer_value(size);
    if (json_array_size(draw->values) == 0 && !draw->has_tree)
        return false;
    return !draw->has_tree || (draw->tree_size > 0 && read_hash(json_object_get(lot, "tree_root"), draw->tree_root));
}

/* Whether the leaf of the log was made of these candidates. */
static bool leaf_matches(struct ch_arena *arena, const struct draw *draw, const json_t *lot)
{
    char hex[65];
    const char *published = json_string_value(json_object_get(lot, "sha256"));
    const char *stewards = json_string_value(json_object_get(lot, "stewards"));
    if (!published || !stewards)
        return false;
    const json_t *leaf = ch_json_pack(arena, "{s:s,s:I,s:O,s:s}", "appeal", draw->appeal, "round",
                                      (json_int_t)draw->round, "candidates", draw->candidates, "stewards", stewards);
    ch_json_sha256(arena, leaf, hex);
    return strcmp(hex, published) == 0;
}

/* Whether every revealed value is what was committed to, and the seed what they give. */
static bool seed_matches(struct draw *draw)
{
    bool right = true;
    for (int c = 0; c < CH_CLASSES; c++) {
        uint8_t digest[32];
        if (!draw->value[c].revealed)
            continue;
        ch_sha256(draw->value[c].value, 32, digest);
        right &= memcmp(digest, draw->value[c].commitment, 32) == 0;
    }
    if (!ch_lot_seed(draw->value, draw->seed))
        ch_lot_seed_of_tree(draw->tree_size, draw->tree_root, draw->seed);
    return right && memcmp(draw->seed, draw->published, 32) == 0;
}

static bool was_passed(const struct draw *draw, const char *volunteer)
{
    for (size_t i = 0; i < json_array_size(draw->passed); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(draw->passed, i), "volunteer_id"));
        if (id && strcmp(id, volunteer) == 0)
            return true;
    }
    return false;
}

/* Who holds the seat of a class as published: the last one who was not passed over; NULL for nobody. */
static const char *published_seat(const struct draw *draw, int class_index)
{
    const char *holder = NULL;
    for (size_t i = 0; i < json_array_size(draw->seats); i++) {
        const json_t *seat = json_array_get(draw->seats, i);
        const char *id = json_string_value(json_object_get(seat, "volunteer_id"));
        if (id && class_of(json_object_get(seat, "class")) == class_index && !was_passed(draw, id))
            holder = id;
    }
    return holder;
}

/* The order of a class into `order`, who sits by it into `seats`; whether that is what was published. */
static bool recompute_class(struct ch_arena *arena, struct draw *draw, int c, json_t *order, json_t *seats)
{
    const json_t *list = json_object_get(draw->candidates, CH_CLASS_CODES[c]);
    size_t count = json_array_size(list);
    const char **ids = ch_alloc(arena, (count + 1) * sizeof *ids);
    const char *seated = NULL, *published = published_seat(draw, c);
    json_t *ordered = json_array();
    for (size_t i = 0; i < count; i++)
        ids[i] = json_string_value(json_array_get(list, i));
    ch_lot_order(arena, draw->seed, draw->appeal, draw->round, CH_CLASS_CODES[c], ids, count);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(ordered, json_string(ids[i]));
        if (!seated && !was_passed(draw, ids[i]))
            seated = ids[i];
    }
    json_object_set_new(order, CH_CLASS_CODES[c], ordered);
    json_object_set_new(seats, CH_CLASS_CODES[c], seated ? json_string(seated) : json_null());
    return seated && published ? strcmp(seated, published) == 0 : seated == published;
}

json_t *ch_lot_recompute(struct ch_arena *arena, const json_t *lot, const char **detail)
{
    struct draw *draw = ch_alloc(arena, sizeof *draw);
    char hex[65];
    if (!read_draw(draw, lot, detail))
        return NULL;
    bool matches = seed_matches(draw) && leaf_matches(arena, draw, lot);
    json_t *order = json_object(), *seats = json_object(), *result = ch_json_own(arena, json_object());
    for (int c = 0; c < CH_CLASSES; c++)
        matches &= recompute_class(arena, draw, c, order, seats);
    ch_hex(draw->seed, 32, hex);
    json_object_set_new(result, "seed", json_string(hex));
    json_object_set_new(result, "order", order);
    json_object_set_new(result, "seats", seats);
    json_object_set_new(result, "matches", json_boolean(matches));
    return result;
}
