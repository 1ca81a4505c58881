/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Policies: what may stand in the file (C2SP tlog-policy), and when a checkpoint meets it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tlog_texts.h"

static struct ch_arena *arena;
/* Three witnesses, and a second key of the log. */
static const char *vkeys[3], *log_vkey_2;
static struct ch_signing_key *keys[3];

static int open_arena(void **state)
{
    (void)state;
    arena = ch_arena_new();
    for (int i = 0; i < 3; i++) {
        uint8_t public_key[32];
        struct ch_vkey own;
        keys[i] = seeded_key(ch_printf(arena, "coop test witness key %d", i + 1));
        ch_signing_key_public(keys[i], public_key);
        ch_vkey_make(ch_printf(arena, "witness.example/w%d", i + 1), CH_VKEY_WITNESS, public_key, &own);
        vkeys[i] = ch_vkey_text(arena, &own);
        ch_vkey_make(ORIGIN, CH_VKEY_LOG, public_key, &own);
        log_vkey_2 = ch_vkey_text(arena, &own);
    }
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        ch_signing_key_free(keys[i]);
    ch_arena_free(arena);
    return 0;
}

/* A file with @L, @M, @1, @2, @3 in place of the keys. */
static const char *file_of(const char *text)
{
    const char *out = "";
    for (; *text; text++)
        if (*text == '@' && text[1]) {
            char c = *++text;
            out = ch_printf(arena, "%s%s", out, c == 'L' ? LOG_VKEY : c == 'M' ? log_vkey_2 : vkeys[c - '1']);
        } else {
            out = ch_printf(arena, "%s%c", out, *text);
        }
    return out;
}

static void what_may_stand_in_a_policy(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wrong; /* NULL: it may */
    } cases[] = {
        {"quorum none\n", NULL},
        {"log @L\nquorum none\n", NULL},
        {"\n# a word\n\t # another\n log\t@L   https://coop.example/ \nwitness a @1\nquorum a\n", NULL},
        {"witness a @1 https://a.example\nwitness b @2\ngroup g any a b\nquorum g\n", NULL},
        {"witness a @1\nwitness b @2\ngroup g 2 a b\nwitness c @3\ngroup h all g c\nquorum h\nlog @L\n", NULL},
        {"witness \xe2\x84\xaa @1\nwitness K @2\nquorum K\n", NULL},
        {"log @L\nlog @M\nquorum none\n", NULL},
        {"", "no quorum"},
        {"log @L\n", "no quorum"},
        {"quorum none", "does not end"},
        {"quorum none\nquorum none\n", "second quorum"},
        {"quorum\n", "one name"},
        {"quorum none none\n", "one name"},
        {"quorum a\nwitness a @1\n", "not named before"},
        {"witness a @1\nquorum b\n", "not named before"},
        {"witness none @1\nquorum none\n", "none"},
        {"witness a @1\nwitness a @2\nquorum a\n", "taken"},
        {"witness a @1\nwitness b @1\nquorum a\n", "same key"},
        {"witness a @L\nquorum a\n", "witness"},
        {"witness a\nquorum none\n", "witness"},
        {"witness a @1 u v\nquorum none\n", "witness"},
        {"log @1\nquorum none\n", "log"},
        {"log @L u v\nquorum none\n", "log"},
        {"log\nquorum none\n", "log"},
        {"log @L\nlog @L\nquorum none\n", "same key"},
        {"log coop.example/ledger+60ac4cd1+AUN2\nquorum none\n", "key"},
        {"witness a @1\ngroup g 0 a\nquorum g\n", "needed"},
        {"witness a @1\ngroup g 2 a\nquorum g\n", "needed"},
        {"witness a @1\ngroup g 01 a\nquorum g\n", "needed"},
        {"witness a @1\ngroup g +1 a\nquorum g\n", "needed"},
        {"witness a @1\ngroup g most a\nquorum g\n", "needed"},
        {"witness a @1\ngroup g any\nquorum g\n", "members"},
        {"witness a @1\ngroup g any a a\nquorum g\n", "group already"},
        {"witness a @1\nwitness b @2\ngroup g any a\ngroup h any a b\nquorum h\n", "group already"},
        {"group g any a\nwitness a @1\nquorum g\n", "not named before"},
        {"group g any g\nquorum g\n", "not named before"},
        {"group g any none\nquorum g\n", "not named before"},
        {"witness a @1\ngroup a any a\nquorum a\n", "taken"},
        {"quorum none\r\n", "control"},
        {"quorum none\x7f\n", "control"},
        {"Quorum none\n", "begins with"},
        {"policy\nquorum none\n", "begins with"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[200] = "";
        const char *text = file_of(cases[i].text);
        bool read = ch_tlog_policy_read(arena, text, strlen(text), error) != NULL;
        if (read != (cases[i].wrong == NULL) || (!read && !strstr(error, cases[i].wrong)))
            fail_msg("case %zu: %s\n%s", i, error, text);
    }
}

/* The checkpoint of size 7, cosigned by those whose digits are named. */
static const char *cosigned_by(const char *digits)
{
    const char *text = checkpoint_of(arena, 7), *line;
    static const struct ch_tlog_policy nobody;
    struct ch_checkpoint checkpoint;
    assert_null(ch_checkpoint_read(text, strlen(text), &checkpoint));
    for (; *digits; digits++) {
        const struct ch_vkey own = read_vkey(vkeys[*digits - '1']);
        witness_cosign(arena, &nobody, &checkpoint, &own, keys[*digits - '1'], WITNESS_TIME, &line);
        text = ch_printf(arena, "%s%s", text, line);
    }
    return text;
}

static void who_must_have_cosigned(void **state)
{
    (void)state;
    static const char two_of[] = "log @L\nwitness a @1\nwitness b @2\nwitness c @3\ngroup g 2 a b c\nquorum g\n";
    static const char nested[] =
        "log @L\nwitness a @1\nwitness b @2\nwitness c @3\ngroup g any a b\ngroup h all g c\nquorum h\n";
    static const struct {
        const char *policy, *digits;
        bool met;
    } cases[] = {
        {"quorum none\n", "", true},
        {"log @L\nquorum none\n", "", true},
        {"log @M\nquorum none\n", "", false},
        {"log @M\nlog @L\nquorum none\n", "", true},
        {"witness a @1\nquorum a\n", "1", true},
        {"witness a @1\nquorum a\n", "2", false},
        {"witness a @1\nwitness b @2\nquorum a\n", "2", false},
        {two_of, "", false},
        {two_of, "1", false},
        {two_of, "12", true},
        {two_of, "13", true},
        {two_of, "123", true},
        {two_of, "11", false}, /* one who signs twice is one */
        {nested, "12", false},
        {nested, "3", false},
        {nested, "13", true},
        {nested, "32", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[200];
        const char *text = file_of(cases[i].policy), *note = cosigned_by(cases[i].digits);
        const struct ch_tlog_policy *policy = ch_tlog_policy_read(arena, text, strlen(text), error);
        struct ch_checkpoint checkpoint;
        assert_non_null(policy);
        assert_null(ch_checkpoint_read(note, strlen(note), &checkpoint));
        if ((ch_tlog_policy_unmet(arena, policy, &checkpoint) == NULL) != cases[i].met)
            fail_msg("case %zu, cosigned by %s:\n%s", i, cases[i].digits, text);
    }
}

static void a_cosignature_that_does_not_hold_spoils_all(void **state)
{
    (void)state;
    char error[200];
    const char *text = file_of("log @L\nwitness a @1\nwitness b @2\ngroup g any a b\nquorum g\n");
    const struct ch_tlog_policy *policy = ch_tlog_policy_read(arena, text, strlen(text), error);
    const char *note =
        ch_printf(arena, "%s%s", cosigned_by("2"), replaced(arena, WITNESS_LINE, "AAAABpVbkA", "AAAABpVbkB"));
    struct ch_checkpoint checkpoint;
    assert_null(ch_checkpoint_read(note, strlen(note), &checkpoint));
    assert_non_null(ch_tlog_policy_unmet(arena, policy, &checkpoint));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_stand_in_a_policy),
        cmocka_unit_test(who_must_have_cosigned),
        cmocka_unit_test(a_cosignature_that_does_not_hold_spoils_all),
    };
    return cmocka_run_group_tests_name("tlog policy", tests, open_arena, close_arena);
}
