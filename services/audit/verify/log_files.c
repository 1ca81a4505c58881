/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold verify checkpoint | inclusion | consistency`: what the log publishes, checked with nothing but the files
 * and a key that was got another way. Shares no code with the makers of proofs. */
#include <string.h>

#include "commands.h"
#include "verify.h"
#include "vote.h"

static const char UNREAD[] = "there is none that can be read";

/* What the three commands take. */
struct asked {
    const char *vkey, *policy, *entry, *old;
    const char *path;
    struct ch_arena *arena;
    struct verify_trust trust;
    struct verify_report report;
};

typedef bool file_check(struct asked *asked, const char *text, size_t size);

/* Reads the arguments and the file, runs the check, tells its exit code. */
static int run(int argc, char **argv, const struct ch_option *options, struct asked *asked, file_check *check)
{
    int words = 0;
    size_t size;
    if (!ch_options(argc, argv, options, &words) || words != 1)
        return CH_EXIT_USAGE;
    if (!asked->vkey && !asked->policy)
        return ch_say(CH_EXIT_USAGE, "--vkey is missing: a file that brings its own key proves nothing");
    asked->arena = ch_arena_new();
    const char *text = verify_file(asked->arena, argv[0], &size);
    bool read =
        text && verify_trust_read(asked->arena, asked->vkey, asked->policy, &asked->trust) && check(asked, text, size);
    ch_arena_free(asked->arena);
    return !read ? CH_EXIT_REFUSED : asked->report.failed ? 1 : CH_EXIT_OK;
}

/* The checks of a checkpoint that was read, or of none where `wrong`. */
static void say_signed(struct asked *asked, const struct ch_checkpoint *checkpoint, const char *wrong)
{
    verify_say(&asked->report, "checkpoint", wrong ? UNREAD : verify_signature(&asked->trust, checkpoint));
    if (asked->trust.has_policy)
        verify_say(&asked->report, "policy", wrong ? UNREAD : verify_policy(asked->arena, &asked->trust, checkpoint));
}

/* RFC 6962, section 2.1: the hash of no entries. */
static const char *empty_log(const struct ch_checkpoint *checkpoint)
{
    uint8_t none[CH_TLOG_HASH];
    ch_sha256("", 0, none);
    return checkpoint->size == 0 && memcmp(checkpoint->root, none, CH_TLOG_HASH) != 0
               ? "a log without entries has the root of the empty tree"
               : NULL;
}

static bool check_checkpoint(struct asked *asked, const char *text, size_t size)
{
    struct ch_checkpoint checkpoint;
    const char *wrong = ch_checkpoint_read(text, size, &checkpoint);
    wrong = wrong ? wrong : empty_log(&checkpoint);
    verify_say(&asked->report, "form", wrong);
    verify_say(&asked->report, "key", wrong ? UNREAD : verify_key(&asked->trust, &checkpoint));
    verify_say(&asked->report, "signature", wrong ? UNREAD : verify_signature(&asked->trust, &checkpoint));
    if (asked->trust.has_policy)
        verify_say(&asked->report, "policy", wrong ? UNREAD : verify_policy(asked->arena, &asked->trust, &checkpoint));
    return true;
}

static const char *inclusion(const struct ch_proof *proof, const char *entry, size_t size)
{
    uint8_t leaf[CH_TLOG_HASH];
    verify_leaf("", 0, entry, size, leaf);
    if (size > VERIFY_ENTRY_MAX)
        return "the entry is longer than any entry of a log";
    if (proof->at >= proof->checkpoint.size)
        return "the index is not below the log's size";
    return ch_path_holds(proof->at, proof->checkpoint.size, leaf, proof->path, proof->count, proof->checkpoint.root)
               ? NULL
               : "the entry's bytes are not what the log has at this index";
}

static bool check_inclusion(struct asked *asked, const char *text, size_t size)
{
    struct ch_proof *proof = ch_alloc(asked->arena, sizeof *proof);
    size_t entry_size;
    const char *entry = verify_file(asked->arena, asked->entry, &entry_size);
    if (!entry)
        return false;
    const char *wrong = ch_inclusion_read(text, size, proof);
    verify_say(&asked->report, "form", wrong);
    verify_say(&asked->report, "inclusion", wrong ? UNREAD : inclusion(proof, entry, entry_size));
    say_signed(asked, &proof->checkpoint, wrong);
    return true;
}

static const char *growth(const struct ch_proof *proof, const struct ch_checkpoint *old)
{
    const struct ch_checkpoint *now = &proof->checkpoint;
    if (strcmp(old->origin, now->origin) != 0)
        return "the two checkpoints are of different logs";
    if (proof->at != old->size)
        return "the proof does not begin at the old checkpoint's size";
    if (old->size > now->size)
        return "the log has become smaller";
    if (old->size == now->size && memcmp(old->root, now->root, CH_TLOG_HASH) != 0)
        return "the log signed two different trees of one size: keep both files, they prove it";
    return ch_growth_holds(old->size, old->root, now->size, now->root, proof->path, proof->count)
               ? NULL
               : "the new checkpoint is not shown to hold everything the old one held";
}

static bool check_consistency(struct asked *asked, const char *text, size_t size)
{
    struct ch_proof *proof = ch_alloc(asked->arena, sizeof *proof);
    struct ch_checkpoint old;
    size_t old_size;
    const char *old_text = verify_file(asked->arena, asked->old, &old_size);
    if (!old_text)
        return false;
    const char *wrong = ch_consistency_read(text, size, proof),
               *old_wrong = ch_checkpoint_read(old_text, old_size, &old);
    verify_say(&asked->report, "form", wrong);
    verify_say(&asked->report, "old", old_wrong ? old_wrong : verify_signature(&asked->trust, &old));
    verify_say(&asked->report, "consistency", wrong || old_wrong ? UNREAD : growth(proof, &old));
    say_signed(asked, &proof->checkpoint, wrong);
    return true;
}

static int verify_checkpoint(int argc, char **argv)
{
    struct asked asked = {0};
    const struct ch_option options[] = {
        {"--vkey", &asked.vkey, NULL, false}, {"--policy", &asked.policy, NULL, false}, {NULL, NULL, NULL, false}};
    return run(argc, argv, options, &asked, check_checkpoint);
}

static int verify_inclusion(int argc, char **argv)
{
    struct asked asked = {0};
    const struct ch_option options[] = {{"--vkey", &asked.vkey, NULL, false},
                                        {"--policy", &asked.policy, NULL, false},
                                        {"--entry", &asked.entry, NULL, true},
                                        {NULL, NULL, NULL, false}};
    return run(argc, argv, options, &asked, check_inclusion);
}

static int verify_consistency(int argc, char **argv)
{
    struct asked asked = {0};
    const struct ch_option options[] = {{"--vkey", &asked.vkey, NULL, false},
                                        {"--policy", &asked.policy, NULL, false},
                                        {"--old", &asked.old, NULL, true},
                                        {NULL, NULL, NULL, false}};
    return run(argc, argv, options, &asked, check_consistency);
}

const struct ch_command verify_commands[] = {
    {"verify checkpoint", "FILE --vkey V [--policy P]", "checks that the log signed a checkpoint", verify_checkpoint},
    {"verify inclusion", "PROOF --entry FILE --vkey V [--policy P]", "checks that an entry is in the log",
     verify_inclusion},
    {"verify consistency", "FILE --old CHECKPOINT --vkey V [--policy P]",
     "checks that a log holds everything an older checkpoint of it held", verify_consistency},
    {"verify statement", "FILE --vkey V [--rule RULE] [--policy P]",
     "checks a member statement without the service that made it", verify_statement},
    {"verify vote", "BUNDLE [--roll ROLL] [--vkey V]", "recounts a sealed vote from its bundle", verify_vote},
    {NULL, NULL, NULL, NULL},
};
