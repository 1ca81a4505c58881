/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as JSON: our judgement and jansson's must agree, and the canonical text must read back as itself.
 *
 * The lowest bits of the first byte say which limits hold; the rest is the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct ch_json_limits WIDE = {.bytes = (size_t)1 << 30, .depth = 2047};

static void require(int held)
{
    if (!held)
        abort();
}

static void check_refusal(const struct ch_json_error *error, const char *text, size_t size)
{
    require(error->slug[0] && error->detail[0] && error->line >= 1);
    require(error->pointer[0] == '\0' || error->pointer[0] == '/');
    int lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    require(error->line <= lines);
}

static void check_canonical(struct ch_arena *arena, const json_t *tree)
{
    struct ch_json_error error;
    size_t first_size, second_size;
    const char *first = ch_json_canonical(arena, tree, &first_size);
    const json_t *again = ch_json_parse(arena, first, first_size, &WIDE, &error);
    require(again && json_equal(tree, again));
    const char *second = ch_json_canonical(arena, again, &second_size);
    require(first_size == second_size && memcmp(first, second, first_size) == 0);
}

/* With wide limits we accept exactly what jansson does, but for a NUL, which jansson loses behind a number. */
static void check_agreement(const json_t *ours, const char *text, size_t size)
{
    if (memchr(text, '\0', size)) {
        require(!ours);
        return;
    }
    json_t *theirs = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    require(!ours == !theirs);
    require(!ours || json_equal(ours, theirs));
    json_decref(theirs);
}

static struct ch_json_limits limits_of(uint8_t choice)
{
    struct ch_json_limits limits = WIDE;
    limits.integers = choice & 1;
    limits.ascii = choice & 2;
    if (choice & 4) {
        limits.depth = 3;
        limits.string = 16;
    }
    return limits;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)bytes + 1;
    struct ch_json_limits limits = limits_of(bytes[0]);
    struct ch_arena *arena = ch_arena_new();
    struct ch_json_error error;
    const json_t *tree = ch_json_parse(arena, text, size - 1, &limits, &error);
    if (!tree)
        check_refusal(&error, text, size - 1);
    if ((bytes[0] & 7) == 0 && strcmp(error.slug, "too_deep") != 0)
        check_agreement(tree, text, size - 1);
    if (tree && limits.integers)
        check_canonical(arena, tree);
    ch_arena_free(arena);
    return 0;
}
