/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold verify statement`: from the member's line to the signed root of the log, and the arithmetic in between
 * (steps.c, split.c, trace.c). Shares no code with the makers of statements and proofs. */
#include <string.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "verify.h"

static const struct ch_json_limits DOCUMENT = {
    .bytes = (size_t)16 << 20, .depth = 16, .string = 0, .integers = true, .ascii = false};

static json_t *read_json(struct ch_arena *arena, const char *path)
{
    struct ch_json_error where = {0};
    size_t size = 0;
    const char *text = verify_file(arena, path, &size);
    json_t *value = text ? ch_json_parse(arena, text, size, &DOCUMENT, &where) : NULL;
    if (text && !value)
        ch_say(0, "%s: %s", path, where.detail);
    return value;
}

/* What a statement must have, by name and kind: what is missing or of another kind must not be taken for a zero. */
static const char *check_members(struct ch_arena *arena, const json_t *s)
{
    static const struct {
        const char *name;
        json_type type;
    } members[] = {{"run_id", JSON_STRING},      {"member", JSON_STRING},      {"currency", JSON_STRING},
                   {"rule_sha256", JSON_STRING}, {"result_hash", JSON_STRING}, {"lines_root", JSON_STRING},
                   {"pot", JSON_INTEGER},        {"rail_fees", JSON_INTEGER},  {"carried", JSON_INTEGER},
                   {"amount", JSON_INTEGER},     {"total", JSON_INTEGER},      {"index", JSON_INTEGER},
                   {"count", JSON_INTEGER},      {"balances", JSON_OBJECT},    {"funds", JSON_ARRAY},
                   {"steps", JSON_ARRAY},        {"trace", JSON_OBJECT},       {"path", JSON_ARRAY},
                   {"entry", JSON_OBJECT},       {"proof", JSON_STRING}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *value = json_object_get(s, members[i].name);
        if (!value || json_typeof(value) != members[i].type)
            return ch_printf(arena, "it has no %s", members[i].name);
        if (members[i].type == JSON_INTEGER && verify_figure(s, members[i].name) < 0)
            return ch_printf(arena, "its %s is no figure from 0 to 2^53 - 1", members[i].name);
    }
    return NULL;
}

static const char *check_schema(struct ch_arena *arena, const json_t *s)
{
    const json_t *line = json_object_get(s, "line");
    if (strcmp(verify_text(s, "schema"), "member-statement/1") != 0)
        return "it is no member-statement/1";
    if (!json_is_object(line))
        return "it has no line: there is nothing to prove";
    const char *wrong = check_members(arena, s);
    if (wrong)
        return wrong;
    return strcmp(verify_text(line, "id"), verify_text(s, "member")) == 0 &&
                   verify_figure(line, "amount") == verify_figure(s, "amount")
               ? NULL
               : "the line is not the member's, or of another amount";
}

static const char *check_line(struct ch_arena *arena, const json_t *s)
{
    const json_t *array = json_object_get(s, "path");
    uint8_t salt[32], root[CH_TLOG_HASH], leaf[CH_TLOG_HASH], path[CH_TLOG_PATH * CH_TLOG_HASH];
    size_t count = json_array_size(array), size;
    int64_t index = verify_figure(s, "index"), lines = verify_figure(s, "count");
    if (!json_is_object(json_object_get(s, "line")))
        return "there is no line";
    if (json_is_null(json_object_get(s, "salt")))
        return "the salt is gone: it was deleted for good, and with it this proof";
    if (!ch_unhex(verify_text(s, "salt"), salt, sizeof salt) ||
        !ch_unhex(verify_text(s, "lines_root"), root, sizeof root))
        return "salt or root are missing";
    if (count > CH_TLOG_PATH || index < 0 || lines < 1)
        return "there is no such place in a tree";
    for (size_t i = 0; i < count; i++) {
        const char *hex = json_string_value(json_array_get(array, i));
        if (!hex || !ch_unhex(hex, path + i * CH_TLOG_HASH, CH_TLOG_HASH))
            return "the path is no list of hashes";
    }
    const char *line = ch_json_canonical(arena, json_object_get(s, "line"), &size);
    verify_leaf(salt, sizeof salt, line, size, leaf);
    return ch_path_holds((uint64_t)index, (uint64_t)lines, leaf, path, count, root)
               ? NULL
               : "salt, line and path do not lead to the root of the run's lines";
}

static const char *check_result(const json_t *s)
{
    static const char *const figures[] = {"count", "total", "pot"};
    const json_t *entry = json_object_get(s, "entry"), *body = json_object_get(entry, "body");
    if (verify_figure(entry, "v") != 1 || strcmp(verify_text(entry, "type"), "run_result") != 0 ||
        strcmp(verify_text(entry, "id"), verify_text(s, "run_id")) != 0)
        return "the entry is not of this run's result";
    if (strcmp(verify_text(entry, "sha256"), verify_text(s, "result_hash")) != 0)
        return "the entry has another result's hash";
    if (strcmp(verify_text(body, "lines_root"), verify_text(s, "lines_root")) != 0)
        return "the entry has another root of lines";
    if (strcmp(verify_text(body, "currency"), verify_text(s, "currency")) != 0)
        return "the entry has another currency";
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (verify_figure(body, figures[i]) < 0 || verify_figure(body, figures[i]) != verify_figure(s, figures[i]))
            return "the entry has another pot, total or number of lines";
    return NULL;
}

static const char *check_inclusion(struct ch_arena *arena, const json_t *s, const struct ch_proof *proof)
{
    uint8_t leaf[CH_TLOG_HASH];
    size_t size;
    const json_t *entry = json_object_get(s, "entry");
    const char *text = entry ? ch_json_canonical(arena, entry, &size) : NULL;
    if (!text)
        return "there is no entry";
    verify_leaf("", 0, text, size, leaf);
    return ch_path_holds(proof->at, proof->checkpoint.size, leaf, proof->path, proof->count, proof->checkpoint.root)
               ? NULL
               : "the path does not lead to the checkpoint's root";
}

static const char *check_rule(struct ch_arena *arena, const json_t *s, const json_t *rule)
{
    const json_t *steps = json_object_get(s, "steps"), *step;
    char hex[65];
    size_t i;
    ch_json_sha256(arena, rule, hex);
    if (strcmp(hex, verify_text(s, "rule_sha256")) != 0)
        return "the rule given has another hash";
    json_array_foreach(steps, i, step)
    {
        const json_t *own = json_array_get(json_object_get(rule, "steps"), i);
        if (!own || !json_equal(json_object_get(step, "rule"), own))
            return "a step of the statement is not the rule's";
    }
    return json_array_size(steps) == json_array_size(json_object_get(rule, "steps"))
               ? NULL
               : "the statement leaves out steps of the rule";
}

void verify_check_statement(struct ch_arena *arena, const json_t *s, const json_t *rule,
                            const struct verify_trust *trust, struct verify_report *report)
{
    struct ch_proof *proof = ch_alloc(arena, sizeof *proof);
    const char *text = verify_text(s, "proof"), *unread = ch_inclusion_read(text, strlen(text), proof);
    verify_say(report, "schema", check_schema(arena, s));
    verify_say(report, "line", check_line(arena, s));
    verify_say(report, "result", check_result(s));
    verify_say(report, "inclusion", unread ? unread : check_inclusion(arena, s, proof));
    verify_say(report, "checkpoint", unread ? "there is none" : verify_signature(trust, &proof->checkpoint));
    if (trust->has_policy)
        verify_say(report, "policy", unread ? "there is none" : verify_policy(arena, trust, &proof->checkpoint));
    const char *wrong = verify_steps(arena, s);
    verify_say(report, "steps", wrong ? wrong : verify_splits(arena, s));
    verify_say(report, "trace", verify_trace(arena, s));
    if (rule)
        verify_say(report, "rule", check_rule(arena, s, rule));
}

int verify_statement(int argc, char **argv)
{
    const char *vkey = NULL, *rule_path = NULL, *policy = NULL;
    int words = 0;
    const struct ch_option options[] = {{"--vkey", &vkey, NULL, false},
                                        {"--rule", &rule_path, NULL, false},
                                        {"--policy", &policy, NULL, false},
                                        {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, &words) || words != 1)
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    struct verify_report report = {0};
    struct verify_trust trust;
    const json_t *s = read_json(arena, argv[0]), *rule = s && rule_path ? read_json(arena, rule_path) : NULL;
    bool read = s && (!rule_path || rule) && verify_trust_read(arena, vkey, policy, &trust);
    if (read)
        verify_check_statement(arena, s, rule, &trust, &report);
    ch_arena_free(arena);
    return !read ? CH_EXIT_REFUSED : report.failed ? 1 : CH_EXIT_OK;
}
