/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* common/pool_copy.c against a server by script: bytes go when the socket takes them, refusals and losses are told
 * once, and the connection goes back into its pipeline. */
#include "pool_talk.h"

static const struct ch_statement COPY = {.text = "BEGIN; COPY t FROM STDIN", .shape = CH_SHAPE_NONE};

#define COPY_BYTES ((size_t)300 * 1000)
static char rows[COPY_BYTES];

static void on_copy_session(void *arg, enum ch_fault fault, struct ch_session *session)
{
    struct talk *talk = arg;
    talk->readies++;
    talk->ready = fault;
    talk->session = session;
    memset(rows, 'x', sizeof(rows));
    ch_session_copy(session, &COPY, rows, sizeof(rows), on_said, talk);
}

static bool asked_to_copy(const void *arg)
{
    (void)arg;
    return strstr(fake.log, "COPY") != NULL;
}

static void test_a_copy_and_its_commit(void **state)
{
    (void)state;
    struct talk talk = {0};
    ch_session_begin(pool, on_copy_session, &talk);
    run_until(one_said, &talk);
    assert_int_equal(talk.faults[0], CH_FAULT_NONE);
    assert_int_equal(fake.copied, COPY_BYTES);
    assert_true(fake.pieces > 1);
    ch_session_send(talk.session, &COMMIT, CH_NO_ARGS, false, NULL, on_said, &talk);
    run_until(two_said, &talk);
    assert_int_equal(talk.faults[1], CH_FAULT_NONE);
    /* and once more on the same session */
    ch_session_copy(talk.session, &COPY, rows, sizeof(rows), on_said, &talk);
    run_until(three_said, &talk);
    assert_int_equal(talk.faults[2], CH_FAULT_NONE);
    assert_int_equal(fake.copied, 2 * COPY_BYTES);
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_non_null(strstr(fake.log, "ROLLBACK"));
}

static void test_a_copy_waits_for_the_socket(void **state)
{
    (void)state;
    struct talk talk = {0};
    fake_plan(FAKE_SLOW, NULL);
    ch_session_begin(pool, on_copy_session, &talk);
    run_until(one_said, &talk);
    assert_int_equal(talk.faults[0], CH_FAULT_NONE);
    assert_int_equal(fake.copied, COPY_BYTES);
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
}

static void test_a_copy_that_is_refused(void **state)
{
    (void)state;
    static const struct {
        int good;
        const char *state;
        enum ch_fault fault;
    } CASES[] = {{0, "42P01", CH_FAULT_BUG},
                 {0, "55P03", CH_FAULT_UNAVAILABLE},
                 {1, "23505", CH_FAULT_BUG},
                 {1, "40P01", CH_FAULT_BUSY},
                 {1, "57014", CH_FAULT_UNAVAILABLE}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
        struct talk talk = {0};
        if (CASES[i].good)
            fake_plan(FAKE_OK, NULL);
        fake_plan(FAKE_ERROR, CASES[i].state);
        ch_session_begin(pool, on_copy_session, &talk);
        run_until(one_said, &talk);
        assert_int_equal(talk.faults[0], CASES[i].fault);
        assert_string_equal(talk.states[0], CASES[i].state);
        fake.log[0] = '\0';
        ch_session_end(talk.session);
        assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
        assert_non_null(strstr(fake.log, "ROLLBACK"));
    }
}

/* What the server said while bytes went was read with the socket, which stays silent from then on. */
static void test_a_refusal_in_the_midst(void **state)
{
    (void)state;
    struct talk talk = {0};
    fake_plan(FAKE_OK, NULL);
    fake_plan(FAKE_ERROR_HEARD, "23505");
    ch_session_begin(pool, on_copy_session, &talk);
    run_until(one_said, &talk);
    assert_int_equal(talk.faults[0], CH_FAULT_BUG);
    assert_string_equal(talk.states[0], "23505");
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
}

static void test_a_copy_that_is_lost(void **state)
{
    (void)state;
    for (int good = 0; good < 2; good++) {
        struct talk talk = {0};
        if (good)
            fake_plan(FAKE_OK, NULL);
        fake_plan(FAKE_LOSE, NULL);
        ch_session_begin(pool, on_copy_session, &talk);
        run_until(one_said, &talk);
        assert_int_equal(talk.faults[0], CH_FAULT_UNKNOWN);
        ch_session_copy(talk.session, &COPY, rows, sizeof(rows), on_said, &talk);
        assert_int_equal(talk.done, 1); /* not from inside */
        run_until(two_said, &talk);
        assert_int_equal(talk.faults[1], CH_FAULT_UNAVAILABLE);
        ch_session_end(talk.session);
        assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    }
}

/* Its owner leaves: nothing is told, the bytes are not read any more, the connection goes back clean. */
static void test_a_copy_given_up(void **state)
{
    (void)state;
    struct talk talk = {0};
    fake_plan(FAKE_SLOW, NULL);
    ch_session_begin(pool, on_copy_session, &talk);
    run_until(asked_to_copy, NULL);
    ch_session_end(talk.session);
    size_t before = fake.copied;
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_int_equal(fake.copied, before);
    assert_int_equal(fake.given_up, 1);
    assert_int_equal(talk.done, 0);
    assert_non_null(strstr(fake.log, "ROLLBACK"));
}

static void test_free_ends_a_copy(void **state)
{
    struct talk talk = {0};
    fake_plan(FAKE_SLOW, NULL);
    ch_session_begin(pool, on_copy_session, &talk);
    run_until(asked_to_copy, NULL);
    tear_down(state);
    assert_int_equal(talk.done, 1);
    assert_int_equal(talk.faults[0], CH_FAULT_UNKNOWN);
    ch_session_end(talk.session);
    open_pool(&ALONE);
}

#define COPY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COPY_TEST(test_a_copy_and_its_commit),  COPY_TEST(test_a_copy_waits_for_the_socket),
        COPY_TEST(test_a_copy_that_is_refused), COPY_TEST(test_a_refusal_in_the_midst),
        COPY_TEST(test_a_copy_that_is_lost),    COPY_TEST(test_a_copy_given_up),
        COPY_TEST(test_free_ends_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
