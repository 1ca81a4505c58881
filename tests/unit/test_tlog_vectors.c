/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The verifier against the vectors of transparency-dev/merkle, where CH_SHARED_DATA has them; says so when it skips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/tlog.h"

enum { PROOF_MAX = 4096 };

static struct ch_arena *arena;
static const char *kind;
static unsigned seen, held;

/* jansson refuses what passes int64_t; sizes here go up to 2^64 - 1. */
static uint64_t size_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    if (at == NULL)
        return 0;
    at += strlen(name);
    return strtoull(at + strspn(at, "\": "), NULL, 10);
}

/* A hash; false when it has another length or is no base64. */
static bool hash_of(const json_t *value, uint8_t hash[32])
{
    const char *text = json_string_value(value);
    size_t size;
    return text != NULL && ch_unbase64(text, strlen(text), hash, 32, &size) && size == 32;
}

static bool path_of(const json_t *proof, uint8_t *path, size_t *count)
{
    *count = json_array_size(proof);
    for (size_t i = 0; i < *count; i++)
        if (i == PROOF_MAX || !hash_of(json_array_get(proof, i), path + i * 32))
            return false;
    return true;
}

static bool inclusion(const char *text, const json_t *file, const uint8_t *path, size_t count)
{
    uint8_t leaf[32], root[32];
    return hash_of(json_object_get(file, "leafHash"), leaf) && hash_of(json_object_get(file, "root"), root) &&
           ch_path_holds(size_of(text, "\"leafIdx\""), size_of(text, "\"treeSize\""), leaf, path, count, root);
}

/* The vectors let nothing be proved from the empty tree; a witness's first checkpoint needs no proof (C2SP
 * tlog-witness). */
static bool consistency(const char *text, const json_t *file, const uint8_t *path, size_t count)
{
    uint8_t old_root[32], root[32];
    uint64_t old = size_of(text, "\"size1\"");
    return hash_of(json_object_get(file, "root1"), old_root) && hash_of(json_object_get(file, "root2"), root) &&
           old > 0 && ch_growth_holds(old, old_root, size_of(text, "\"size2\""), root, path, count);
}

static char *read_text(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static int check_file(const char *name, const struct stat *facts, int flag, struct FTW *place)
{
    static uint8_t path[PROOF_MAX * 32];
    size_t count;
    (void)facts, (void)place;
    if (flag != FTW_F || strstr(name, ".json") == NULL)
        return 0;
    const char *text = read_text(name);
    json_t *file = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(file);
    bool holds = path_of(json_object_get(file, "proof"), path, &count) &&
                 (strcmp(kind, "inclusion") == 0 ? inclusion : consistency)(text, file, path, count);
    if (holds == json_is_true(json_object_get(file, "wantErr")))
        fail_msg("%s: %s", name, holds ? "holds, and must not" : "does not hold");
    json_decref(file);
    seen++;
    held += holds;
    return 0;
}

static void vectors_of(const char *what)
{
    const char *folder = getenv("CH_SHARED_DATA");
    const char *path = ch_printf(arena, "%s/merkle/%s", folder ? folder : "../shared/data", what);
    kind = what;
    seen = held = 0;
    if (nftw(path, check_file, 8, FTW_PHYS) != 0 || seen == 0) {
        print_message("# SKIP no vectors in %s\n", path);
        skip();
    }
    assert_true(held > 0 && held < seen);
}

static void inclusion_vectors(void **state)
{
    (void)state;
    vectors_of("inclusion");
}

static void consistency_vectors(void **state)
{
    (void)state;
    vectors_of("consistency");
}

int main(void)
{
    arena = ch_arena_new();
    const struct CMUnitTest tests[] = {cmocka_unit_test(inclusion_vectors), cmocka_unit_test(consistency_vectors)};
    int failed = cmocka_run_group_tests_name("tlog vectors", tests, NULL, NULL);
    ch_arena_free(arena);
    return failed;
}
