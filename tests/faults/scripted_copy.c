/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The part of scripted_libpq.c that plays COPY ... FROM STDIN; included by it. A COPY takes two steps of the script:
 * the statement, and the end of its data. */
int PQexitPipelineMode(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    assert(conn->pipeline && conn->first == conn->last && conn->commands_count == 0);
    conn->pipeline = false;
    return 1;
}

/* The statement in front of COPY is done with it. */
static void begin_copy(struct fake_conn *conn, const char *text)
{
    struct fake_step step = next_step(text);
    size_t used = strlen(fake.log);
    assert(!conn->pipeline);
    fake.executed++;
    snprintf(fake.log + used, sizeof(fake.log) - used, "%s\n", text);
    if (step.act == FAKE_LOSE) {
        lose(conn);
        return;
    }
    if (strncmp(text, "BEGIN", 5) == 0)
        conn->transaction = PQTRANS_INTRANS;
    push(conn, ITEM_RESULT, make_result(PGRES_COMMAND_OK, 0, 0));
    if (step.act == FAKE_ERROR) {
        conn->transaction = PQTRANS_INERROR;
        push(conn, ITEM_RESULT, make_error(PGRES_FATAL_ERROR, step.state));
        push(conn, ITEM_NULL, NULL);
    } else {
        conn->copying = true;
        conn->slow = step.act == FAKE_SLOW;
        push(conn, ITEM_RESULT, make_result(PGRES_COPY_IN, 0, 0));
    }
    wake(conn);
}

int PQputCopyData(PGconn *pg, const char *bytes, int size)
{
    struct fake_conn *conn = conn_of(pg);
    assert(conn->copying && conn->first == conn->last && size > 0);
    for (int i = 0; i < size; i++) /* reads them, as libpq does */
        fake.copied += bytes[i] == 'x';
    fake.pieces++;
    return conn->bad ? -1 : 1;
}

int PQputCopyEnd(PGconn *pg, const char *error)
{
    struct fake_conn *conn = conn_of(pg);
    struct fake_step step = next_step("end");
    assert(conn->copying);
    conn->copying = false;
    fake.given_up += error != NULL;
    if (step.act == FAKE_LOSE) {
        lose(conn);
        return 1;
    }
    if (step.act == FAKE_ERROR || step.act == FAKE_ERROR_HEARD || error) {
        conn->transaction = PQTRANS_INERROR;
        push(conn, ITEM_RESULT, make_error(PGRES_FATAL_ERROR, error ? "57014" : step.state));
    } else {
        push(conn, ITEM_RESULT, make_result(PGRES_COMMAND_OK, 0, 0));
    }
    push(conn, ITEM_NULL, NULL);
    if (step.act != FAKE_ERROR_HEARD)
        wake(conn);
    return 1;
}
