/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold verify statement FILE --vkey V [--rule RULE]`: one line a check, exit 0 when all hold, 1 when one failed,
 * 2 for what cannot be read. Shares no code with the makers of proofs. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "verify.h"

#define FILE_MAX ((size_t)16 << 20)

static const struct ch_json_limits DOCUMENT = {
    .bytes = FILE_MAX, .depth = 16, .string = 0, .integers = true, .ascii = false};

struct verdict {
    bool failed;
};

/* `wrong` NULL: it holds. */
static void say(struct verdict *verdict, const char *name, const char *wrong)
{
    if (wrong)
        printf("FAIL %s %s\n", name, wrong);
    else
        printf("ok %s\n", name);
    verdict->failed |= wrong != NULL;
}

static json_t *read_json(struct ch_arena *arena, const char *path)
{
    char error[256] = "";
    struct ch_json_error where = {0};
    size_t size = 0;
    char *text = ch_read_file(arena, path, FILE_MAX, &size, error);
    json_t *value = text ? ch_json_parse(arena, text, size, &DOCUMENT, &where) : NULL;
    if (!value)
        fprintf(stderr, "%s: %s\n", path, text ? where.detail : error);
    return value;
}

static void leaf_of(const void *first, size_t first_size, const char *text, uint8_t leaf[VERIFY_HASH])
{
    struct ch_sha256 *sha = ch_sha256_begin();
    ch_sha256_add(sha, "\0", 1);
    ch_sha256_add(sha, first, first_size);
    ch_sha256_add(sha, text, strlen(text));
    ch_sha256_end(sha, leaf);
}

static const char *check_schema(const json_t *s)
{
    if (strcmp(verify_text(s, "schema"), "member-statement/1") != 0)
        return "it is no member-statement/1";
    if (!json_is_object(json_object_get(s, "line")))
        return "it has no line: there is nothing to prove";
    return strcmp(verify_text(json_object_get(s, "line"), "id"), verify_text(s, "member")) == 0 &&
                   verify_integer(json_object_get(s, "line"), "amount") == verify_integer(s, "amount")
               ? NULL
               : "the line is not the member's, or of another amount";
}

static const char *check_line(struct ch_arena *arena, const json_t *s)
{
    const json_t *array = json_object_get(s, "path");
    uint8_t salt[32], root[VERIFY_HASH], leaf[VERIFY_HASH], path[VERIFY_PATH * VERIFY_HASH];
    size_t count = json_array_size(array);
    int64_t index = verify_integer(s, "index"), size = verify_integer(s, "count");
    if (!ch_unhex(verify_text(s, "salt"), salt, sizeof salt) ||
        !ch_unhex(verify_text(s, "lines_root"), root, sizeof root))
        return "salt or root are missing";
    if (count > VERIFY_PATH || index < 0 || size < 1)
        return "there is no such place in a tree";
    for (size_t i = 0; i < count; i++) {
        const char *hex = json_string_value(json_array_get(array, i));
        if (!hex || !ch_unhex(hex, path + i * VERIFY_HASH, VERIFY_HASH))
            return "the path is no list of hashes";
    }
    leaf_of(salt, sizeof salt, ch_json_canonical(arena, json_object_get(s, "line"), NULL), leaf);
    return verify_path(leaf, (uint64_t)index, (uint64_t)size, path, count, root) ? NULL
                                                                                 : "the path does not lead to the root";
}

static const char *check_result(const json_t *s)
{
    const json_t *entry = json_object_get(s, "entry"), *body = json_object_get(entry, "body");
    if (strcmp(verify_text(entry, "type"), "run_result") != 0 ||
        strcmp(verify_text(entry, "id"), verify_text(s, "run_id")) != 0)
        return "the entry is not of this run's result";
    if (strcmp(verify_text(entry, "sha256"), verify_text(s, "result_hash")) != 0)
        return "the entry has another result's hash";
    if (strcmp(verify_text(body, "lines_root"), verify_text(s, "lines_root")) != 0)
        return "the entry has another root";
    return verify_integer(body, "count") == verify_integer(s, "count") &&
                   verify_integer(body, "total") == verify_integer(s, "total") &&
                   verify_integer(body, "pot") == verify_integer(s, "pot")
               ? NULL
               : "the entry has other figures";
}

static const char *check_inclusion(struct ch_arena *arena, const json_t *s, struct verify_proof *proof)
{
    uint8_t leaf[VERIFY_HASH];
    const char *wrong = verify_read_proof(arena, verify_text(s, "proof"), proof);
    if (wrong)
        return wrong;
    leaf_of("", 0, ch_json_canonical(arena, json_object_get(s, "entry"), NULL), leaf);
    return verify_path(leaf, proof->index, proof->size, proof->path, proof->count, proof->root)
               ? NULL
               : "the path does not lead to the checkpoint's root";
}

static const char *check_rule(struct ch_arena *arena, const json_t *s, const json_t *rule)
{
    char hex[65];
    ch_json_sha256(arena, rule, hex);
    if (strcmp(hex, verify_text(s, "rule_sha256")) != 0)
        return "the rule given has another hash";
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(s, "steps"), i,
                       step) if (!json_equal(json_object_get(step, "rule"),
                                             json_array_get(json_object_get(rule, "steps"),
                                                            i))) return "a step of the statement is not the rule's";
    return NULL;
}

static int verify_statement(int argc, char **argv)
{
    const char *vkey = NULL, *rule_path = NULL;
    int words = 0;
    const struct ch_option options[] = {
        {"--vkey", &vkey, NULL, false}, {"--rule", &rule_path, NULL, false}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, &words) || words != 1)
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    struct verdict verdict = {false};
    struct verify_proof proof = {0};
    json_t *s = read_json(arena, argv[0]), *rule = s && rule_path ? read_json(arena, rule_path) : NULL;
    if (!s || (rule_path && !rule)) {
        ch_arena_free(arena);
        return CH_EXIT_REFUSED;
    }
    say(&verdict, "schema", check_schema(s));
    say(&verdict, "line", check_line(arena, s));
    say(&verdict, "result", check_result(s));
    say(&verdict, "inclusion", check_inclusion(arena, s, &proof));
    say(&verdict, "checkpoint",
        !vkey               ? "no key was given: --vkey"
        : !proof.checkpoint ? "there is none"
                            : verify_signature(arena, proof.checkpoint, proof.origin, vkey));
    say(&verdict, "steps", verify_steps(arena, s));
    say(&verdict, "trace", verify_trace(arena, s));
    if (rule)
        say(&verdict, "rule", check_rule(arena, s, rule));
    ch_arena_free(arena);
    return verdict.failed ? 1 : CH_EXIT_OK;
}

const struct ch_command verify_commands[] = {
    {"verify statement", "FILE --vkey V [--rule RULE]", "checks a member statement without the service that made it",
     verify_statement},
    {NULL, NULL, NULL, NULL},
};
