/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* common/pool*.c against a server by script (tests/faults/scripted_libpq.c): what is shared, repeated, given up, and
 * that every callback comes exactly once whatever is lost. */
#include "pool_talk.h"

static const struct ch_statement READ_ROWS = {
    .name = "read_rows", .text = "SELECT rows", .shape = CH_SHAPE_ROWS, .columns = 3, .read_only = true};
static const struct ch_statement WRITE = {.name = "write", .text = "SELECT write", .shape = CH_SHAPE_ANSWER};
static const struct ch_statement COMMAND = {.name = "command", .text = "UPDATE", .shape = CH_SHAPE_NONE};
static const struct ch_statement STREAM = {
    .name = "stream", .text = "SELECT stream", .shape = CH_SHAPE_ROWS, .columns = 2};
static const struct ch_statement BEGIN = {.text = "BEGIN", .shape = CH_SHAPE_NONE};

static int notices, ups, downs;

static void on_notice(void *arg, const char *channel, const char *payload)
{
    (void)arg;
    assert_string_equal(channel, "news");
    assert_string_equal(payload, "42");
    notices++;
}

static void on_listener(void *arg, bool up)
{
    (void)arg;
    ups += up;
    downs += !up;
}

static void test_reads_of_one_turn_share_a_sync(void **state)
{
    (void)state;
    struct asked asked[5];
    int syncs = fake.syncs;
    for (int i = 0; i < 5; i++)
        ask(&READ, &asked[i]);
    run_until(one_called, &asked[4]);
    assert_int_equal(fake.syncs - syncs, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(asked[i].calls, 1);
        assert_int_equal(asked[i].fault, CH_FAULT_NONE);
        assert_string_equal(asked[i].outcome, "ok");
    }
    assert_int_equal(fake.prepares, 1);
}

static void test_writes_have_a_sync_each(void **state)
{
    (void)state;
    struct asked asked[3];
    int syncs = fake.syncs;
    ask(&WRITE, &asked[0]);
    ask(&WRITE, &asked[1]);
    ask(&READ, &asked[2]);
    run_until(one_called, &asked[2]);
    run_until(one_called, &asked[1]);
    assert_int_equal(fake.syncs - syncs, 3);
}

static void test_a_neighbours_error_hits_nobody_else(void **state)
{
    (void)state;
    struct asked asked[3];
    fake_plan(FAKE_OK, NULL);
    fake_plan(FAKE_ERROR, "42P01");
    for (int i = 0; i < 3; i++)
        ask(&READ, &asked[i]);
    run_until(one_called, &asked[2]);
    assert_int_equal(asked[0].fault, CH_FAULT_NONE);
    assert_int_equal(asked[1].fault, CH_FAULT_BUG);
    assert_int_equal(asked[2].fault, CH_FAULT_NONE);
    assert_int_equal(fake.executed, 1 + 2 + 1); /* the settings; two of the group; the third, alone */
}

static void test_a_write_is_fine_only_at_its_sync(void **state)
{
    (void)state;
    fake_plan(FAKE_ERROR_AT_SYNC, "23503");
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_BUG);
    fake_plan(FAKE_ERROR_AT_SYNC, "40001");
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_NONE);
}

static void test_conflicts_are_repeated(void **state)
{
    (void)state;
    fake_plan(FAKE_ERROR, "40001");
    fake_plan(FAKE_ERROR, "40P01");
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_NONE);
    for (int i = 0; i < 5; i++)
        fake_plan(FAKE_ERROR, "40001");
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_BUSY);
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_NONE);
}

static void test_lost_before_the_answer(void **state)
{
    (void)state;
    fake_plan(FAKE_LOSE, NULL);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    fake_plan(FAKE_LOSE, NULL);
    assert_int_equal(ask_alone(&COMMAND), CH_FAULT_UNKNOWN);
}

/* A write that was synced may have happened: the pool sends it once, unless it may run twice. */
static void test_a_lost_write_is_sent_once(void **state)
{
    (void)state;
    struct asked asked = {0};
    int sent = fake.executed;
    fake_plan(FAKE_LOSE_AT_SYNC, NULL);
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_UNKNOWN);
    assert_int_equal(fake.executed - sent, 1);
    fake_plan(FAKE_LOSE_AT_SYNC, NULL);
    ch_pool_run_repeatable(pool, &WRITE, CH_NO_ARGS, on_done, &asked);
    run_until(one_called, &asked);
    assert_int_equal(asked.fault, CH_FAULT_NONE);
}

static void test_lost_in_the_middle_of_a_result(void **state)
{
    (void)state;
    fake_plan_rows(FAKE_LOSE_MIDDLE, 5, 3);
    fake_plan_rows(FAKE_OK, 5, 3);
    assert_int_equal(ask_alone(&READ_ROWS), CH_FAULT_NONE);
}

static void test_lost_during_commit(void **state)
{
    (void)state;
    fake_plan(FAKE_LOSE_AT_SYNC, NULL);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    fake_plan(FAKE_LOSE_AT_SYNC, NULL);
    assert_int_equal(ask_alone(&COMMAND), CH_FAULT_UNKNOWN);
}

static void test_lost_while_sending_did_nothing(void **state)
{
    (void)state;
    fake_plan(FAKE_LOSE_ON_SEND, NULL);
    assert_int_equal(ask_alone(&COMMAND), CH_FAULT_NONE);
}

static void test_losses_end(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        fake_plan(FAKE_LOSE, NULL);
    assert_int_equal(ask_alone(&READ), CH_FAULT_UNAVAILABLE);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
}

static void test_a_full_queue_is_told_at_once(void **state)
{
    (void)state;
    struct asked held, asked[17];
    fake_plan(FAKE_HOLD, NULL);
    ask(&WRITE, &held);
    event_base_loop(base, EVLOOP_NONBLOCK);
    for (int i = 0; i < 17; i++)
        ask(&WRITE, &asked[i]);
    run_until(one_called, &asked[16]);
    assert_int_equal(asked[16].fault, CH_FAULT_BUSY);
    assert_int_equal(asked[15].calls, 0);
    fake_release();
    run_until(one_called, &asked[15]);
    assert_int_equal(held.fault, CH_FAULT_NONE);
    assert_int_equal(asked[15].fault, CH_FAULT_NONE);
}

static void reopen(int wait_ms, const char *const *listen)
{
    struct ch_pool_options options = ALONE;
    options.wait_ms = wait_ms;
    options.listen = listen;
    options.notified = on_notice;
    options.connected = on_listener;
    tear_down(NULL);
    open_pool(&options);
}

static void test_deadline_in_the_queue(void **state)
{
    (void)state;
    struct asked held, late;
    reopen(30, NULL);
    run_until(is_ready, NULL);
    fake_plan(FAKE_HOLD, NULL);
    ask(&WRITE, &held);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ask(&READ, &late);
    run_until(one_called, &late);
    assert_int_equal(late.fault, CH_FAULT_BUSY);
    assert_int_equal(held.calls, 0);
    fake_release();
    run_until(one_called, &held);
    assert_int_equal(held.fault, CH_FAULT_NONE);
}

static void test_no_connection_is_said(void **state)
{
    (void)state;
    fake.refuse_connects = 1000;
    reopen(30, NULL);
    assert_int_equal(ask_alone(&READ), CH_FAULT_UNAVAILABLE);
    assert_false(ch_pool_ready(pool));
}

static void test_it_connects_again(void **state)
{
    (void)state;
    fake.refuse_connects = 3;
    int connects = fake.connects;
    reopen(2000, NULL);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_int_equal(fake.connects - connects, 4);
    fake_lose_all();
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_int_equal(fake.connects - connects, 5);
}

static void test_prepared_once_a_session(void **state)
{
    (void)state;
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_int_equal(fake.prepares, 1);
    fake_lose_all();
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_int_equal(fake.prepares, 2);
}

static void test_a_failed_prepare_is_no_end(void **state)
{
    (void)state;
    fake_plan(FAKE_PREPARE_ERROR, "42883");
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_BUG);
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_NONE);
    assert_int_equal(fake.prepares, 2);
}

static void test_an_old_plan_is_made_anew(void **state)
{
    (void)state;
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_NONE);
    fake_plan(FAKE_ERROR, "26000");
    assert_int_equal(ask_alone(&WRITE), CH_FAULT_NONE);
    assert_int_equal(fake.prepares, 2);
}

static void test_another_shape_is_a_bug(void **state)
{
    (void)state;
    fake_plan_rows(FAKE_OK, 2, 2);
    assert_int_equal(ask_alone(&READ), CH_FAULT_BUG);
    fake_plan_rows(FAKE_OK, 1, 2);
    assert_int_equal(ask_alone(&READ_ROWS), CH_FAULT_BUG);
}

static void test_free_tells_everybody_once(void **state)
{
    struct asked asked[4];
    fake_plan(FAKE_HOLD, NULL);
    ask(&COMMAND, &asked[0]);
    event_base_loop(base, EVLOOP_NONBLOCK);
    for (int i = 1; i < 4; i++)
        ask(&READ, &asked[i]);
    tear_down(state);
    for (int i = 0; i < 4; i++)
        assert_int_equal(asked[i].calls, 1);
    assert_int_equal(asked[0].fault, CH_FAULT_UNKNOWN);
    assert_int_equal(asked[1].fault, CH_FAULT_UNAVAILABLE);
    open_pool(&ALONE);
}

static void test_notices(void **state)
{
    (void)state;
    static const char *const channels[] = {"news", NULL};
    notices = ups = downs = 0;
    reopen(2000, channels);
    while (ups < 1)
        event_base_loop(base, EVLOOP_ONCE);
    fake_notify("news", "42");
    while (notices < 1)
        event_base_loop(base, EVLOOP_ONCE);
    fake_lose_all();
    while (downs < 1 || ups < 2)
        event_base_loop(base, EVLOOP_ONCE);
    fake_notify("news", "42");
    while (notices < 2)
        event_base_loop(base, EVLOOP_ONCE);
}

/* ---- sessions ---- */

static void on_row(void *arg, const PGresult *row)
{
    struct talk *talk = arg;
    assert_int_equal(PQntuples(row), 1);
    talk->rows++;
    if (talk->end_in_row) {
        ch_session_end(talk->session);
        talk->session = NULL;
    }
}

/* BEGIN and the rows behind one Sync each; the COMMIT is the test's. */
static void on_session(void *arg, enum ch_fault fault, struct ch_session *session)
{
    struct talk *talk = arg;
    talk->readies++;
    talk->ready = fault;
    talk->session = session;
    if (!session)
        return;
    ch_session_send(session, &BEGIN, CH_NO_ARGS, true, NULL, on_said, talk);
    ch_session_send(session, &STREAM, CH_NO_ARGS, false, on_row, on_said, talk);
}

static bool four_said(const void *arg)
{
    return ((const struct talk *)arg)->done >= 4;
}

static void test_a_session_streams_and_commits(void **state)
{
    (void)state;
    struct talk talk = {0};
    fake_plan(FAKE_OK, NULL);
    fake_plan_rows(FAKE_OK, 7, 2);
    ch_session_begin(pool, on_session, &talk);
    run_until(two_said, &talk);
    assert_int_equal(talk.rows, 7);
    assert_int_equal(fake.single_row, 1);
    ch_session_send(talk.session, &COMMIT, CH_NO_ARGS, false, NULL, on_said, &talk);
    ch_session_send(talk.session, &STREAM, CH_NO_ARGS, false, on_row, on_said, &talk);
    run_until(four_said, &talk);
    assert_int_equal(talk.rows, 8);
    assert_int_equal(talk.faults[3], CH_FAULT_NONE);
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_null(strstr(fake.log, "ROLLBACK"));
}

static void test_an_open_transaction_is_rolled_back(void **state)
{
    (void)state;
    struct talk talk = {0};
    ch_session_begin(pool, on_session, &talk);
    run_until(two_said, &talk);
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
    assert_non_null(strstr(fake.log, "ROLLBACK"));
}

static void test_a_failed_statement_takes_its_group_along(void **state)
{
    (void)state;
    struct talk talk = {0};
    fake_plan(FAKE_ERROR, "55P03");
    ch_session_begin(pool, on_session, &talk);
    run_until(two_said, &talk);
    assert_int_equal(talk.faults[0], CH_FAULT_UNAVAILABLE);
    assert_string_equal(talk.states[0], "55P03");
    assert_string_equal(talk.states[1], "25P02");
    assert_int_equal(talk.rows, 0);
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
}

static void test_a_commit_that_rolled_back_is_no_commit(void **state)
{
    (void)state;
    struct talk talk = {0};
    fake_plan(FAKE_OK, NULL);
    fake_plan(FAKE_ERROR, "22012");
    ch_session_begin(pool, on_session, &talk);
    run_until(two_said, &talk);
    ch_session_send(talk.session, &COMMIT, CH_NO_ARGS, false, NULL, on_said, &talk);
    run_until(three_said, &talk);
    assert_int_equal(talk.faults[2], CH_FAULT_UNAVAILABLE);
    assert_string_equal(talk.states[2], "25P02");
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
}

static void test_a_session_lost_among_its_rows(void **state)
{
    (void)state;
    struct talk talk = {0};
    fake_plan(FAKE_OK, NULL);
    fake_plan_rows(FAKE_LOSE_MIDDLE, 3, 2);
    ch_session_begin(pool, on_session, &talk);
    run_until(two_said, &talk);
    assert_int_equal(talk.rows, 3);
    assert_int_equal(talk.faults[1], CH_FAULT_UNKNOWN);
    assert_string_equal(talk.states[1], "08006");
    ch_session_send(talk.session, &COMMIT, CH_NO_ARGS, false, NULL, on_said, &talk);
    assert_int_equal(talk.done, 2); /* not from inside */
    ch_session_send(talk.session, &COMMIT, CH_NO_ARGS, false, NULL, on_said, &talk);
    run_until(four_said, &talk);
    assert_int_equal(talk.faults[3], CH_FAULT_UNAVAILABLE);
    ch_session_end(talk.session);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE);
}

static void test_no_callback_after_the_end(void **state)
{
    (void)state;
    struct talk talk = {.end_in_row = true};
    fake_plan(FAKE_OK, NULL);
    fake_plan_rows(FAKE_OK, 5, 2);
    ch_session_begin(pool, on_session, &talk);
    assert_int_equal(ask_alone(&READ), CH_FAULT_NONE); /* behind it in the queue */
    assert_int_equal(talk.rows, 1);
    assert_int_equal(talk.done, 0);
    assert_non_null(strstr(fake.log, "ROLLBACK"));
}

static void test_a_session_waits_no_longer_than_others(void **state)
{
    (void)state;
    struct asked held;
    struct talk talk = {0};
    reopen(30, NULL);
    run_until(is_ready, NULL);
    fake_plan(FAKE_HOLD, NULL);
    ask(&WRITE, &held);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ch_session_begin(pool, on_session, &talk);
    while (talk.readies == 0)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(talk.ready, CH_FAULT_BUSY);
    assert_null(talk.session);
    fake_release();
    run_until(one_called, &held);
}

#define POOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(test_reads_of_one_turn_share_a_sync),
        POOL_TEST(test_writes_have_a_sync_each),
        POOL_TEST(test_a_neighbours_error_hits_nobody_else),
        POOL_TEST(test_a_write_is_fine_only_at_its_sync),
        POOL_TEST(test_conflicts_are_repeated),
        POOL_TEST(test_lost_before_the_answer),
        POOL_TEST(test_a_lost_write_is_sent_once),
        POOL_TEST(test_lost_in_the_middle_of_a_result),
        POOL_TEST(test_lost_during_commit),
        POOL_TEST(test_lost_while_sending_did_nothing),
        POOL_TEST(test_losses_end),
        POOL_TEST(test_a_full_queue_is_told_at_once),
        POOL_TEST(test_deadline_in_the_queue),
        POOL_TEST(test_no_connection_is_said),
        POOL_TEST(test_it_connects_again),
        POOL_TEST(test_prepared_once_a_session),
        POOL_TEST(test_a_failed_prepare_is_no_end),
        POOL_TEST(test_an_old_plan_is_made_anew),
        POOL_TEST(test_another_shape_is_a_bug),
        POOL_TEST(test_free_tells_everybody_once),
        POOL_TEST(test_notices),
        POOL_TEST(test_a_session_streams_and_commits),
        POOL_TEST(test_an_open_transaction_is_rolled_back),
        POOL_TEST(test_a_failed_statement_takes_its_group_along),
        POOL_TEST(test_a_commit_that_rolled_back_is_no_commit),
        POOL_TEST(test_a_session_lost_among_its_rows),
        POOL_TEST(test_no_callback_after_the_end),
        POOL_TEST(test_a_session_waits_no_longer_than_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
