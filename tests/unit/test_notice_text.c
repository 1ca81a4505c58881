/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What notices say as e-mail: both languages, second readings, unknown kinds, titles that try to be headers; and the
 * encoded words of RFC 2047. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/notice_text.h"
#include "arena.h"

static const struct notice_sender ENGLISH = {.trust = "Air Trust", .language = "en", .origin = "https://trust.example"};
static const struct notice_sender SPANISH = {.trust = "Aire", .language = "es", .origin = "https://trust.example"};

static void write_notice(struct ch_arena *arena, const struct notice_sender *sender, const char *kind,
                         const char *title, const char *body, struct notice_mail *mail)
{
    json_t *tree = json_loads(body, 0, NULL);
    const struct notice notice = {.kind = kind, .title = title, .body = tree};
    assert_non_null(tree);
    notice_write(arena, sender, &notice, mail);
    json_decref(tree);
}

static void test_a_reminder(void **state)
{
    struct notice_mail mail;
    write_notice(*state, &ENGLISH, "voting_reminder", "Share more",
                 "{\"proposal_id\":\"p-1\",\"closes_at\":\"2026-01-02T03:04:05Z\"}", &mail);
    assert_string_equal(mail.subject, "Air Trust: You have not voted yet");
    assert_string_equal(mail.text, "You have not voted yet\n\nShare more\n\nUntil: 2026-01-02T03:04:05Z\n"
                                   "https://trust.example/vote/p-1\n\n-- \nAir Trust\n"
                                   "You can switch kinds of notices off: https://trust.example/me/account\n");
}

static void test_a_second_reading_in_spanish(void **state)
{
    struct notice_mail mail;
    write_notice(*state, &SPANISH, "voting_opened_2", NULL, "{\"proposal_id\":\"p-1\"}", &mail);
    assert_string_equal(mail.subject, "Aire: La votación está abierta (segunda lectura)");
    assert_string_equal(mail.text,
                        "La votación está abierta (segunda lectura)\n\nhttps://trust.example/vote/p-1\n\n-- \n"
                        "Aire\nPuede desactivar tipos de avisos: https://trust.example/me/account\n");
}

static void test_pages(void **state)
{
    struct notice_mail mail;
    write_notice(*state, &ENGLISH, "case_due", NULL, "{\"case_id\":\"c-1\"}", &mail);
    assert_non_null(strstr(mail.text, "https://trust.example/council/c-1\n"));
    write_notice(*state, &ENGLISH, "payout.held", NULL, "{\"reason\":\"TaxForm\"}", &mail);
    assert_non_null(strstr(mail.text, "https://trust.example/me/statements\n"));
    assert_null(strstr(mail.text, "TaxForm"));
    write_notice(*state, &ENGLISH, "something.else", NULL, "{}", &mail);
    assert_string_equal(mail.subject, "Air Trust: There is news for you");
    assert_non_null(strstr(mail.text, "https://trust.example/me\n"));
}

static void test_names_stay_one_line(void **state)
{
    const struct notice_sender sender = {.trust = "Air\r\nBcc: x@y", .language = "en", .origin = "o"};
    struct notice_mail mail;
    write_notice(*state, &sender, "result", "One\r\n.\r\nTwo", "{\"proposal_id\":\"p\"}", &mail);
    assert_string_equal(mail.subject, "Air  Bcc: x@y: A vote has been counted");
    assert_non_null(strstr(mail.text, "\n\nOne  .  Two\n\n"));
    assert_null(strchr(mail.text, '\r'));
}

static void test_headers(void **state)
{
    assert_string_equal(notice_header(*state, "Plain words"), "Plain words");
    assert_string_equal(notice_header(*state, "é"), "=?UTF-8?B?w6k=?=");
    /* 44 letters and a character of two bytes: it goes into the second word whole */
    assert_string_equal(
        notice_header(*state, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaéb"),
        "=?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n =?UTF-8?B?w6li?=");
}

static void test_a_name_before_an_address(void **state)
{
    assert_string_equal(notice_phrase(*state, "Harbour Air Trust"), "Harbour Air Trust");
    assert_string_equal(notice_phrase(*state, "Air, Inc."), "=?UTF-8?B?QWlyLCBJbmMu?=");
    assert_string_equal(notice_phrase(*state, "\"a\" <b@c>"), "=?UTF-8?B?ImEiIDxiQGM+?=");
}

static void test_words_are_short_and_whole(void **state)
{
    const char *text = "";
    for (size_t i = 0; i < 90; i++)
        text = ch_printf(*state, "%s%s", text, i % 3 ? "€" : "😀");
    const char *value = notice_header(*state, text);
    for (const char *word = value; *word;) {
        size_t length = strcspn(word, "\r");
        assert_in_range(length, 13, 75);
        assert_memory_equal(word, "=?UTF-8?B?", 10);
        word += length + (word[length] ? 3 : 0);
    }
    assert_string_equal(value + strlen(value) - 2, "?=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_reminder, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_second_reading_in_spanish, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_pages, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_names_stay_one_line, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_headers, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_name_before_an_address, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_words_are_short_and_whole, make_arena, free_arena),
    };
    return cmocka_run_group_tests_name("notice_text", tests, NULL, NULL);
}
