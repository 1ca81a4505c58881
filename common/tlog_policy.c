/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Policies (C2SP tlog-policy): which logs are trusted, and whose cosignatures a checkpoint needs. */
#include <stdio.h>
#include <string.h>

#include "commonhold/tlog.h"
#include "tlog_text.h"

#define WORDS_MAX (3 + CH_TLOG_POLICY_MAX)

/* One line of the file, split at blanks. */
struct words {
    struct tlog_line word[WORDS_MAX];
    size_t count;
};

/* What the reader has at hand. */
struct reading {
    struct ch_arena *arena;
    struct ch_tlog_policy *policy;
    bool has_quorum;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *split(const struct tlog_line *line, struct words *words)
{
    const char *at = line->text, *end = line->text + line->length;
    words->count = 0;
    for (const char *c = at; c < end; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
            return "a control character";
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end || (words->count == 0 && *at == '#'))
            return NULL;
        if (words->count == WORDS_MAX)
            return "too many words";
        struct tlog_line *word = &words->word[words->count++];
        word->text = at;
        while (at < end && !is_blank(*at))
            at++;
        word->length = (size_t)(at - word->text);
    }
}

static char *copy(struct reading *reading, const struct tlog_line *word)
{
    return ch_memdup(reading->arena, word->text, word->length);
}

static const char *read_key(const struct tlog_line *word, enum ch_vkey_type type, struct ch_vkey *key)
{
    const char *wrong = ch_vkey_read(word->text, word->length, key);
    if (wrong)
        return wrong;
    if (key->type != type)
        return type == CH_VKEY_LOG ? "the key is not of a log (type 1)" : "the key is not of a witness (type 4)";
    return NULL;
}

static const char *read_log(struct reading *reading, const struct words *words)
{
    struct ch_tlog_policy *policy = reading->policy;
    if (words->count < 2 || words->count > 3)
        return "a log has a key and perhaps an address";
    if (policy->log_count == CH_TLOG_POLICY_MAX)
        return "too many logs";
    struct ch_tlog_policy_log *log = &policy->logs[policy->log_count];
    const char *wrong = read_key(&words->word[1], CH_VKEY_LOG, &log->key);
    for (size_t i = 0; !wrong && i < policy->log_count; i++)
        if (memcmp(policy->logs[i].key.key, log->key.key, sizeof log->key.key) == 0)
            wrong = "another log has the same key";
    if (wrong)
        return wrong;
    log->url = words->count == 3 ? copy(reading, &words->word[2]) : NULL;
    policy->log_count++;
    return NULL;
}

static struct ch_tlog_policy_node *find_node(struct ch_tlog_policy *policy, const struct tlog_line *name)
{
    for (size_t i = 0; i < policy->node_count; i++)
        if (tlog_line_is(name, policy->nodes[i].name))
            return &policy->nodes[i];
    return NULL;
}

/* A new witness or group, not yet counted. */
static const char *new_node(struct reading *reading, const struct tlog_line *name, struct ch_tlog_policy_node **node)
{
    struct ch_tlog_policy *policy = reading->policy;
    if (tlog_line_is(name, "none"))
        return "the name none means that nobody is needed";
    if (find_node(policy, name))
        return "the name is taken";
    if (policy->node_count == CH_TLOG_POLICY_MAX)
        return "too many witnesses and groups";
    *node = &policy->nodes[policy->node_count];
    (*node)->name = copy(reading, name);
    return NULL;
}

static const char *read_witness(struct reading *reading, const struct words *words)
{
    struct ch_tlog_policy *policy = reading->policy;
    struct ch_tlog_policy_node *node = NULL;
    if (words->count < 3 || words->count > 4)
        return "a witness has a name, a key and perhaps an address";
    const char *wrong = new_node(reading, &words->word[1], &node);
    if (!wrong)
        wrong = read_key(&words->word[2], CH_VKEY_WITNESS, &node->key);
    for (size_t i = 0; !wrong && i < policy->node_count; i++)
        if (policy->nodes[i].count == 0 && memcmp(policy->nodes[i].key.key, node->key.key, sizeof node->key.key) == 0)
            wrong = "another witness has the same key";
    if (wrong)
        return wrong;
    node->url = words->count == 4 ? copy(reading, &words->word[3]) : NULL;
    policy->node_count++;
    return NULL;
}

static bool read_threshold(const struct tlog_line *word, size_t members, size_t *needed)
{
    uint64_t number = tlog_line_is(word, "any") ? 1 : members;
    if (!tlog_line_is(word, "any") && !tlog_line_is(word, "all") && !tlog_line_number(word, &number))
        return false;
    *needed = (size_t)number;
    return number >= 1 && number <= members;
}

static const char *read_group(struct reading *reading, const struct words *words)
{
    struct ch_tlog_policy *policy = reading->policy;
    struct ch_tlog_policy_node *node = NULL;
    if (words->count < 4)
        return "a group has a name, a number and members";
    const char *wrong = new_node(reading, &words->word[1], &node);
    if (wrong)
        return wrong;
    if (!read_threshold(&words->word[2], words->count - 3, &node->needed))
        return "of a group any, all, or 1 to the number of its members are needed";
    for (size_t i = 3; i < words->count; i++) {
        struct ch_tlog_policy_node *member = find_node(policy, &words->word[i]);
        if (!member)
            return "a member of the group was not named before";
        if (member->grouped)
            return "a member of the group is in a group already";
        member->grouped = true;
        node->members[node->count++] = (size_t)(member - policy->nodes);
    }
    policy->node_count++;
    return NULL;
}

static const char *read_quorum(struct reading *reading, const struct words *words)
{
    if (words->count != 2)
        return "the quorum has one name";
    if (reading->has_quorum)
        return "there is a second quorum";
    reading->has_quorum = true;
    if (tlog_line_is(&words->word[1], "none"))
        return NULL;
    reading->policy->quorum = find_node(reading->policy, &words->word[1]);
    return reading->policy->quorum ? NULL : "the quorum was not named before";
}

static const char *read_line(struct reading *reading, const struct tlog_line *line)
{
    static const struct {
        const char *word;
        const char *(*read)(struct reading *reading, const struct words *words);
    } kinds[] = {{"log", read_log}, {"witness", read_witness}, {"group", read_group}, {"quorum", read_quorum}};
    struct words words;
    const char *wrong = split(line, &words);
    if (wrong || words.count == 0)
        return wrong;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (tlog_line_is(&words.word[0], kinds[i].word))
            return kinds[i].read(reading, &words);
    return "a line begins with log, witness, group or quorum";
}

struct ch_tlog_policy *ch_tlog_policy_read(struct ch_arena *arena, const char *text, size_t length, char error[200])
{
    struct reading reading = {arena, ch_alloc(arena, sizeof(struct ch_tlog_policy)), false};
    struct tlog_text rest = {text, text + length};
    struct tlog_line line;
    for (size_t number = 1; tlog_line_next(&rest, &line); number++) {
        const char *wrong = read_line(&reading, &line);
        if (wrong) {
            snprintf(error, 200, "line %zu of the policy: %s", number, wrong);
            return NULL;
        }
    }
    const char *wrong = rest.at != rest.end   ? "its last line does not end"
                        : !reading.has_quorum ? "it has no quorum line"
                                              : NULL;
    if (wrong)
        snprintf(error, 200, "the policy: %s", wrong);
    return wrong ? NULL : reading.policy;
}

static const char *unsigned_by_logs(struct ch_arena *arena, const struct ch_tlog_policy *policy,
                                    const struct ch_checkpoint *checkpoint)
{
    bool held = policy->log_count == 0;
    for (size_t i = 0; i < policy->log_count; i++) {
        const struct ch_vkey *key = &policy->logs[i].key;
        enum ch_signed verdict =
            strcmp(key->name, checkpoint->origin) == 0 ? ch_checkpoint_signed(checkpoint, key, NULL) : CH_SIGNED_NOT;
        if (verdict == CH_SIGNED_BADLY)
            return ch_printf(arena, "the signature of %s does not hold", key->name);
        held |= verdict == CH_SIGNED_WELL;
    }
    return held ? NULL : "no log of the policy signed it";
}

const char *ch_tlog_policy_unmet(struct ch_arena *arena, const struct ch_tlog_policy *policy,
                                 const struct ch_checkpoint *checkpoint)
{
    bool met[CH_TLOG_POLICY_MAX];
    const char *wrong = unsigned_by_logs(arena, policy, checkpoint);
    if (wrong)
        return wrong;
    for (size_t i = 0; i < policy->node_count; i++) {
        const struct ch_tlog_policy_node *node = &policy->nodes[i];
        if (node->count == 0) {
            enum ch_signed verdict = ch_checkpoint_signed(checkpoint, &node->key, NULL);
            if (verdict == CH_SIGNED_BADLY)
                return ch_printf(arena, "the cosignature of %s does not hold", node->name);
            met[i] = verdict == CH_SIGNED_WELL;
            continue;
        }
        size_t have = 0;
        for (size_t m = 0; m < node->count; m++)
            have += met[node->members[m]];
        met[i] = have >= node->needed;
        if (!met[i] && node == policy->quorum)
            return ch_printf(arena, "%zu of the %zu that %s needs have cosigned it", have, node->needed, node->name);
    }
    if (policy->quorum && !met[policy->quorum - policy->nodes])
        return ch_printf(arena, "%s has not cosigned it", policy->quorum->name);
    return NULL;
}
