/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/resume.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/resume.h"

/* By Python's hmac and cryptography: HKDF-SHA-256 of the key (info commonhold-resume/2 and commonhold-resume/2/veil),
 * the first 16 bytes of HMAC over 2 and the payload, and the payload under HMAC(veil, mac || 0) || HMAC(veil, mac ||
 * 1). */
static const char TOKEN[] = "ApjklTjxEfhktU9jO1E79_8zD0toBEY3pNw87rVU4FVOUgwvD0LVgMytw0ENaYjS3vr9aKM3AXydKoJVFQ";

static void fill(uint8_t key[32], struct resume *at)
{
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)i;
    *at = (struct resume){.delivery = {0x01, 0x90, [15] = 7}, .row_id = 10000, .batch = 3};
    memset(at->plan_hash, 0xaa, 32);
}

static void the_token_is_the_one_others_make(void **state)
{
    (void)state;
    uint8_t key[32];
    struct resume at, back = {0};
    struct ch_arena *arena = ch_arena_new();
    fill(key, &at);
    assert_string_equal(resume_write(arena, key, &at), TOKEN);
    memset(back.plan_hash, 0xaa, 32);
    assert_true(resume_read(key, TOKEN, &back));
    assert_int_equal(back.row_id, 10000);
    assert_int_equal(back.batch, 3);
    assert_memory_equal(back.delivery, at.delivery, 16);
    ch_arena_free(arena);
}

/* Every bit of the token counts, and so do key and question. */
static void nothing_else_is_accepted(void **state)
{
    (void)state;
    uint8_t key[32];
    struct resume at, back = {0};
    char changed[sizeof TOKEN];
    fill(key, &at);
    memset(back.plan_hash, 0xaa, 32);
    for (size_t i = 0; i < sizeof TOKEN - 1; i++) {
        memcpy(changed, TOKEN, sizeof TOKEN);
        changed[i] = changed[i] == 'B' ? 'C' : 'B';
        assert_false(resume_read(key, changed, &back));
    }
    memcpy(changed, TOKEN, sizeof TOKEN);
    changed[sizeof TOKEN - 2] = '\0';
    assert_false(resume_read(key, changed, &back));
    assert_false(resume_read(key, "", &back));
    back.plan_hash[15] ^= 1;
    assert_false(resume_read(key, TOKEN, &back));
    back.plan_hash[15] ^= 1;
    key[31] ^= 1;
    assert_false(resume_read(key, TOKEN, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_token_is_the_one_others_make),
                                       cmocka_unit_test(nothing_else_is_accepted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
