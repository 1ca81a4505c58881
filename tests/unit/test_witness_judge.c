/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of audit.md, section 10: what a witness answers to each kind of request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tlog_texts.h"

static struct ch_arena *arena;
static const struct ch_tlog_policy *policy;

static int open_arena(void **state)
{
    char error[200];
    static const char file[] = "log " LOG_VKEY "\nquorum none\n";
    (void)state;
    arena = ch_arena_new();
    policy = ch_tlog_policy_read(arena, file, strlen(file), error);
    return policy == NULL;
}

static int close_arena(void **state)
{
    (void)state;
    ch_arena_free(arena);
    return 0;
}

/* `kept`: size of what was cosigned last, -1: nothing was. */
static int answer_to(const char *body, int kept)
{
    struct ch_proof proof;
    struct ch_checkpoint last;
    const char *wrong = NULL, *text = kept < 0 ? NULL : checkpoint_of(arena, (unsigned)kept);
    if (!witness_read(body, strlen(body), &proof, &wrong))
        return wrong ? 400 : 0;
    if (text)
        assert_null(ch_checkpoint_read(text, strlen(text), &last));
    int status = witness_judge(policy, &proof, text ? &last : NULL, &wrong);
    assert_true((wrong != NULL) == (status != 200 && status != 409));
    return status;
}

/* A body whose checkpoint has another root, signed by the log all the same. */
static const char *forked(unsigned old, unsigned size)
{
    const char *body = growth_of(arena, old, size), *gap = strstr(body, "\n\n");
    uint8_t root[32] = {1};
    struct ch_signing_key *key = seeded_key("coop test log key 1");
    const char *signed_body = note_checkpoint_body(arena, ORIGIN, size, root);
    const char *text = ch_printf(arena, "%.*s\n\n%s\n%s", (int)(gap - body), body, signed_body,
                                 note_signature(arena, ORIGIN, key, signed_body));
    ch_signing_key_free(key);
    return text;
}

static const char *changed(unsigned old, unsigned size, const char *from, const char *to)
{
    return replaced(arena, growth_of(arena, old, size), from, to);
}

static void the_table(void **state)
{
    (void)state;
    static const char hash[] = "\n/KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc=\n\n";
    const char *many = growth_of(arena, 3, 7);
    for (int i = 4; i < 64; i++)
        many = replaced(arena, many, "\n\n", hash);
    const struct {
        const char *about, *body;
        int kept, status;
    } cases[] = {
        {"first checkpoint", growth_of(arena, 0, 7), -1, 200},
        {"first, of an empty log", growth_of(arena, 0, 0), -1, 200},
        {"growth", growth_of(arena, 3, 7), 3, 200},
        {"growth from a power of two", growth_of(arena, 4, 7), 4, 200},
        {"the same again", growth_of(arena, 7, 7), 7, 200},
        {"growth from the empty log it cosigned", growth_of(arena, 0, 7), 0, 200},
        {"empty body", "", -1, 400},
        {"no old line", strchr(growth_of(arena, 0, 7), '\n') + 1, -1, 400},
        {"leading zero", changed(3, 7, "old 3", "old 03"), 3, 400},
        {"signed size", changed(3, 7, "old 3", "old -3"), 3, 400},
        {"no blank", changed(3, 7, "old 3", "old3"), 3, 400},
        {"CR LF", changed(3, 7, "old 3\n", "old 3\r\n"), 3, 400},
        {"hash that is none", changed(3, 7, "old 3\n", "old 3\nAAAA\n"), 3, 400},
        {"no empty line", changed(3, 7, "\n\n", "\n"), 3, 400},
        {"bytes behind it", ch_printf(arena, "%sx", growth_of(arena, 3, 7)), 3, 400},
        {"64 hashes", many, 3, 400},
        {"extension line", changed(3, 7, "IcA=\n\n", "IcA=\nx\n\n"), 3, 400},
        {"old over new", changed(7, 7, "old 7", "old 8"), 8, 400},
        {"old over new, origin unknown",
         replaced(arena, changed(7, 7, "old 7", "old 8"), "\n" ORIGIN "\n", "\nother.example/log\n"), 8, 400},
        {"no signature of the log", changed(3, 7, LOG_LINE, WITNESS_LINE), 3, 403},
        {"signature that does not hold", changed(3, 7, "YKxM0RX4", "YKxM0RY4"), 3, 403},
        {"another root under the old signature", changed(3, 7, "CwB/uRX", "CwB/uRY"), 3, 403},
        {"a second line of the key does not hold",
         ch_printf(arena, "%s%s", growth_of(arena, 3, 7), replaced(arena, LOG_LINE, "YKxM0RX4", "YKxM0RY4")), 3, 403},
        {"origin unknown", changed(3, 7, "\n" ORIGIN "\n", "\nother.example/log\n"), 3, 404},
        {"behind what it has", growth_of(arena, 3, 7), 7, 409},
        {"before what it has", growth_of(arena, 5, 7), 3, 409},
        {"rollback by one", growth_of(arena, 5, 6), 7, 409},
        {"never cosigned", growth_of(arena, 3, 7), -1, 409},
        {"zero, where it has some", growth_of(arena, 0, 7), 3, 409},
        {"wrong hash", changed(3, 7, "\n/KifV8", "\n/KifV9"), 3, 422},
        {"one hash too many", changed(3, 7, "\n\n", hash), 3, 422},
        {"no hashes", ch_printf(arena, "old 3\n\n%s", checkpoint_of(arena, 7)), 3, 422},
        {"proof from nothing", changed(0, 7, "old 0\n\n", ch_printf(arena, "old 0%s", hash)), -1, 422},
        {"proof between equals", changed(7, 7, "old 7\n\n", ch_printf(arena, "old 7%s", hash)), 7, 422},
        {"same size, other root", forked(7, 7), 7, 422},
        {"fork", forked(3, 7), 3, 422},
        {"size zero with a root", forked(0, 0), -1, 422},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = answer_to(cases[i].body, cases[i].kept);
        if (status != cases[i].status)
            fail_msg("%s: %d, not %d\n%s", cases[i].about, status, cases[i].status, cases[i].body);
    }
}

static void what_is_kept_verifies_and_brings_no_line_of_strangers(void **state)
{
    (void)state;
    const char *text = ch_printf(arena, "%s\xe2\x80\x94 stranger.example AAAAAAAAAA==\n", growth_of(arena, 0, 7)),
               *wrong, *line;
    struct ch_proof proof;
    struct ch_checkpoint kept;
    struct ch_signing_key *key = seeded_key("coop test witness key 1");
    const struct ch_vkey own = read_vkey(WITNESS_VKEY), log = read_vkey(LOG_VKEY);
    assert_true(witness_read(text, strlen(text), &proof, &wrong));
    const char *cosigned = witness_cosign(arena, policy, &proof.checkpoint, &own, key, 1800000000, &line);
    assert_null(ch_checkpoint_read(cosigned, strlen(cosigned), &kept));
    assert_int_equal(ch_checkpoint_signed(&kept, &own, NULL), CH_SIGNED_WELL);
    assert_int_equal(ch_checkpoint_signed(&kept, &log, NULL), CH_SIGNED_WELL);
    assert_null(strstr(cosigned, "stranger"));
    assert_string_equal(strstr(cosigned, line), line);
    ch_signing_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(what_is_kept_verifies_and_brings_no_line_of_strangers),
    };
    return cmocka_run_group_tests_name("witness judge", tests, open_arena, close_arena);
}
