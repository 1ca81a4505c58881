/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A double of libpq's connection functions with a server by script in the same process: what each statement is
 * answered, when the connection is lost, when nothing is heard. Included by a test; its definitions go before the
 * library's. Results are libpq's own; NULL separators, PIPELINE_SYNC and PIPELINE_ABORTED come as libpq 15 gives them.
 */
#include <assert.h>
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum fake_act {
    FAKE_OK,            /* rows as scripted, or one row ('ok', '{}') */
    FAKE_ERROR,         /* refused with `state` */
    FAKE_ERROR_AT_SYNC, /* fine, and then refused at its Sync */
    FAKE_LOSE,          /* the connection goes before the answer */
    FAKE_LOSE_MIDDLE,   /* ... after the rows, before their end */
    FAKE_LOSE_AT_SYNC,  /* ... after the answer, before the Sync: the commit's outcome is unknown */
    FAKE_LOSE_ON_SEND,  /* ... while it is sent */
    FAKE_HOLD,          /* as FAKE_OK, but heard only after fake_release() */
    FAKE_PREPARE_ERROR, /* the statement cannot be prepared */
    FAKE_SLOW,          /* COPY: the socket takes a piece only every third time */
    FAKE_ERROR_HEARD    /* COPY: refused in the midst; the bytes of that were read before the end was sent */
};

struct fake_step {
    enum fake_act act;
    const char *state;
    int rows;    /* 0: one */
    int columns; /* 0: two */
};

#define FAKE_MAX 256

enum fake_item_kind { ITEM_RESULT, ITEM_NULL, ITEM_LOST };
struct fake_item {
    enum fake_item_kind kind;
    PGresult *result;
};

struct fake_command {
    char text[160]; /* "" for a prepare */
    char name[16];
    bool prepare;
};

struct fake_conn {
    bool used, connected, bad, pipeline, held, listening;
    int ours, theirs; /* socket pair */
    struct fake_item items[FAKE_MAX];
    int first, last;
    struct fake_command commands[FAKE_MAX]; /* sent and without a Sync yet */
    int commands_count;
    int expected; /* results not taken yet, so that busy can be told */
    PGTransactionStatusType transaction;
    bool lose_on_sync;
    char prepared[FAKE_MAX][160];
    PGnotify *notice;
    bool copying, slow; /* between COPY_IN and its end */
    int flushes;
};

static struct {
    struct fake_conn conns[32];
    struct fake_step steps[FAKE_MAX];
    int step, steps_count;
    int refuse_connects; /* the next so many attempts fail */
    int connects, syncs, prepares, executed, single_row;
    char log[4096];              /* texts executed, one a line */
    size_t copied;               /* bytes of COPY data */
    int pieces, given_up;        /* of COPY data; COPYs the client ended with an error */
    const PGresult *rolled_back; /* answer of a COMMIT that came too late */
    struct {
        const PGresult *result;
        char state[6];
    } states[FAKE_MAX];
} fake;

static void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
}

static void fake_plan(enum fake_act act, const char *state)
{
    fake.steps[fake.steps_count++] = (struct fake_step){.act = act, .state = state};
}

__attribute__((unused)) static void fake_plan_rows(enum fake_act act, int rows, int columns)
{
    fake.steps[fake.steps_count++] = (struct fake_step){.act = act, .rows = rows, .columns = columns};
}

static struct fake_conn *conn_of(const PGconn *conn)
{
    union {
        const PGconn *pg;
        struct fake_conn *fake;
    } both = {.pg = conn};
    return both.fake;
}

/* ---- results ---- */

static PGresult *make_result(ExecStatusType status, int rows, int columns)
{
    PGresult *result = PQmakeEmptyPGresult(NULL, status);
    PGresAttDesc attributes[8] = {{0}};
    char name[] = "column";
    for (int i = 0; i < columns; i++)
        attributes[i].name = name;
    if (columns > 0)
        PQsetResultAttrs(result, columns, attributes);
    char ok[] = "ok", body[] = "{}";
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            PQsetvalue(result, row, column, column == 0 ? ok : body, 2);
    return result;
}

static PGresult *make_error(ExecStatusType status, const char *state)
{
    PGresult *result = PQmakeEmptyPGresult(NULL, status);
    for (int i = 0; i < FAKE_MAX; i++)
        if (!fake.states[i].result) {
            fake.states[i].result = result;
            snprintf(fake.states[i].state, sizeof(fake.states[i].state), "%s", state);
            break;
        }
    return result;
}

char *PQresultErrorField(const PGresult *result, int code)
{
    static char text[] = "scripted";
    for (int i = 0; result && i < FAKE_MAX; i++)
        if (fake.states[i].result == result)
            return code == PG_DIAG_SQLSTATE ? fake.states[i].state : code == PG_DIAG_MESSAGE_PRIMARY ? text : NULL;
    return NULL;
}

void PQclear(PGresult *result)
{
    static void (*real)(PGresult *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "PQclear");
    for (int i = 0; result && i < FAKE_MAX; i++)
        if (fake.states[i].result == result)
            fake.states[i].result = NULL;
    real(result);
}

char *PQcmdStatus(PGresult *result)
{
    static char rollback[] = "ROLLBACK", other[] = "";
    return result && result == fake.rolled_back ? rollback : other;
}

/* ---- the server ---- */

static void push(struct fake_conn *conn, enum fake_item_kind kind, PGresult *result)
{
    assert(conn->last < FAKE_MAX);
    conn->items[conn->last++] = (struct fake_item){kind, result};
}

static void wake(struct fake_conn *conn)
{
    if (conn->theirs >= 0 && send(conn->theirs, "x", 1, MSG_NOSIGNAL) < 0)
        abort();
}

static void lose(struct fake_conn *conn)
{
    push(conn, ITEM_LOST, NULL);
    if (conn->theirs >= 0)
        close(conn->theirs);
    conn->theirs = -1;
}

static struct fake_step next_step(const char *text)
{
    bool own = strstr(text, "set_config") != NULL; /* the pool's settings are not in the script */
    if (own || fake.step == fake.steps_count)
        return (struct fake_step){.act = FAKE_OK};
    return fake.steps[fake.step++];
}

static void note_transaction(struct fake_conn *conn, const char *text)
{
    if (strcmp(text, "BEGIN") == 0)
        conn->transaction = PQTRANS_INTRANS;
    if (strcmp(text, "COMMIT") == 0 || strcmp(text, "ROLLBACK") == 0)
        conn->transaction = PQTRANS_IDLE;
}

static void answer_rows(struct fake_conn *conn, const struct fake_command *command, const struct fake_step *step)
{
    bool plain = strncmp(command->text, "SELECT", 6) != 0;
    int rows = step->rows > 0 ? step->rows : 1, columns = step->columns > 0 ? step->columns : 2;
    if (plain) {
        PGresult *result = make_result(PGRES_COMMAND_OK, 0, 0);
        if (conn->transaction == PQTRANS_INERROR && strcmp(command->text, "COMMIT") == 0)
            fake.rolled_back = result;
        push(conn, ITEM_RESULT, result);
    } else if (strstr(command->text, "stream")) {
        for (int i = 0; i < rows; i++)
            push(conn, ITEM_RESULT, make_result(PGRES_SINGLE_TUPLE, 1, columns));
        if (step->act != FAKE_LOSE_MIDDLE)
            push(conn, ITEM_RESULT, make_result(PGRES_TUPLES_OK, 0, columns));
    } else if (step->act != FAKE_LOSE_MIDDLE) {
        push(conn, ITEM_RESULT, make_result(PGRES_TUPLES_OK, rows, columns));
    }
}

/* True while the group goes on. */
static bool execute(struct fake_conn *conn, const struct fake_command *command, const char **at_sync)
{
    struct fake_step step = next_step(command->text);
    size_t used = strlen(fake.log);
    fake.executed++;
    snprintf(fake.log + used, sizeof(fake.log) - used, "%s\n", command->text);
    if (step.act == FAKE_LOSE) {
        lose(conn);
        return false;
    }
    if (step.act == FAKE_ERROR) {
        push(conn, ITEM_RESULT, make_error(PGRES_FATAL_ERROR, step.state));
        push(conn, ITEM_NULL, NULL);
        if (conn->transaction == PQTRANS_INTRANS)
            conn->transaction = PQTRANS_INERROR;
        return false;
    }
    answer_rows(conn, command, &step);
    if (step.act == FAKE_LOSE_MIDDLE) {
        lose(conn);
        return false;
    }
    push(conn, ITEM_NULL, NULL);
    note_transaction(conn, command->text);
    conn->lose_on_sync = conn->lose_on_sync || step.act == FAKE_LOSE_AT_SYNC;
    conn->held = conn->held || step.act == FAKE_HOLD;
    if (step.act == FAKE_ERROR_AT_SYNC)
        *at_sync = step.state;
    return true;
}

static bool prepare(struct fake_conn *conn, const struct fake_command *command)
{
    int index = (int)strtol(command->name + 1, NULL, 10);
    fake.prepares++;
    if (fake.step < fake.steps_count && fake.steps[fake.step].act == FAKE_PREPARE_ERROR) {
        push(conn, ITEM_RESULT, make_error(PGRES_FATAL_ERROR, fake.steps[fake.step++].state));
        push(conn, ITEM_NULL, NULL);
        return false;
    }
    memcpy(conn->prepared[index], command->text, sizeof(conn->prepared[index]));
    push(conn, ITEM_RESULT, make_result(PGRES_COMMAND_OK, 0, 0));
    push(conn, ITEM_NULL, NULL);
    return true;
}

static void run_group(struct fake_conn *conn)
{
    const char *at_sync = NULL;
    bool going = true;
    for (int i = 0; i < conn->commands_count && conn->theirs >= 0; i++) {
        const struct fake_command *command = &conn->commands[i];
        if (going)
            going = command->prepare ? prepare(conn, command) : execute(conn, command, &at_sync);
        else {
            push(conn, ITEM_RESULT, PQmakeEmptyPGresult(NULL, PGRES_PIPELINE_ABORTED));
            push(conn, ITEM_NULL, NULL);
        }
    }
    conn->commands_count = 0;
    if (conn->theirs < 0)
        return;
    if (conn->lose_on_sync) {
        lose(conn);
        return;
    }
    if (at_sync) {
        push(conn, ITEM_RESULT, make_error(PGRES_FATAL_ERROR, at_sync));
        push(conn, ITEM_NULL, NULL);
    }
    push(conn, ITEM_RESULT, PQmakeEmptyPGresult(NULL, PGRES_PIPELINE_SYNC));
    wake(conn);
}

/* What was held is heard now. */
__attribute__((unused)) static void fake_release(void)
{
    for (size_t i = 0; i < 32; i++)
        if (fake.conns[i].used && fake.conns[i].held) {
            fake.conns[i].held = false;
            wake(&fake.conns[i]);
        }
}

/* Every connection goes, as when the server stops. */
__attribute__((unused)) static void fake_lose_all(void)
{
    for (size_t i = 0; i < 32; i++)
        if (fake.conns[i].used && fake.conns[i].connected && fake.conns[i].theirs >= 0)
            lose(&fake.conns[i]);
}

__attribute__((unused)) static void fake_notify(const char *channel, const char *payload)
{
    for (size_t i = 0; i < 32; i++) {
        struct fake_conn *conn = &fake.conns[i];
        if (!conn->used || !conn->listening || conn->theirs < 0)
            continue;
        /* One block, as libpq's own: PQfreemem frees all of it. */
        size_t first = strlen(channel) + 1, second = strlen(payload) + 1;
        conn->notice = calloc(1, sizeof(PGnotify) + first + second);
        conn->notice->relname = memcpy((char *)(conn->notice + 1), channel, first);
        conn->notice->extra = memcpy(conn->notice->relname + first, payload, second);
        wake(conn);
    }
}

/* ---- libpq ---- */

PGconn *PQconnectStart(const char *conninfo)
{
    (void)conninfo;
    for (size_t i = 0; i < 32; i++) {
        struct fake_conn *conn = &fake.conns[i];
        int pair[2];
        if (conn->used)
            continue;
        *conn = (struct fake_conn){.used = true};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
            abort();
        conn->ours = pair[0];
        conn->theirs = pair[1];
        fake.connects++;
        return (PGconn *)conn;
    }
    abort();
}

PostgresPollingStatusType PQconnectPoll(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    if (fake.refuse_connects > 0) {
        fake.refuse_connects--;
        conn->bad = true;
        return PGRES_POLLING_FAILED;
    }
    conn->connected = true;
    return PGRES_POLLING_OK;
}

ConnStatusType PQstatus(const PGconn *pg)
{
    const struct fake_conn *conn = conn_of(pg);
    return conn->bad ? CONNECTION_BAD : conn->connected ? CONNECTION_OK : CONNECTION_STARTED;
}

int PQsocket(const PGconn *pg)
{
    return conn_of(pg)->ours;
}

char *PQerrorMessage(const PGconn *pg)
{
    static char text[] = "scripted loss";
    (void)pg;
    return text;
}

void PQfinish(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    if (!conn)
        return;
    for (int i = conn->first; i < conn->last; i++)
        PQclear(conn->items[i].result);
    close(conn->ours);
    if (conn->theirs >= 0)
        close(conn->theirs);
    free(conn->notice);
    conn->used = false;
}

int PQsetnonblocking(PGconn *pg, int on)
{
    (void)pg;
    (void)on;
    return 0;
}

PQnoticeProcessor PQsetNoticeProcessor(PGconn *pg, PQnoticeProcessor processor, void *arg)
{
    (void)pg;
    (void)processor;
    (void)arg;
    return NULL;
}

int PQenterPipelineMode(PGconn *pg)
{
    conn_of(pg)->pipeline = true;
    return 1;
}

static int queue_command(struct fake_conn *conn, bool is_prepare, const char *name, const char *text)
{
    struct fake_command *command = &conn->commands[conn->commands_count];
    bool scripted = !is_prepare && !strstr(text, "set_config") && fake.step < fake.steps_count;
    if (scripted && fake.steps[fake.step].act == FAKE_LOSE_ON_SEND) {
        fake.step++;
        conn->bad = true;
    }
    if (conn->bad)
        return 0;
    *command = (struct fake_command){.prepare = is_prepare};
    snprintf(command->name, sizeof(command->name), "%s", name);
    snprintf(command->text, sizeof(command->text), "%s", text);
    conn->commands_count++;
    return 1;
}

int PQsendPrepare(PGconn *pg, const char *name, const char *text, int nargs, const Oid *types)
{
    (void)nargs;
    (void)types;
    return queue_command(conn_of(pg), true, name, text);
}

int PQsendQueryPrepared(PGconn *pg, const char *name, int nargs, const char *const *args, const int *lengths,
                        const int *formats, int format)
{
    (void)nargs, (void)args, (void)lengths, (void)formats, (void)format;
    struct fake_conn *conn = conn_of(pg);
    const char *text = conn->prepared[strtol(name + 1, NULL, 10)];
    for (int i = 0; i < conn->commands_count; i++)
        if (conn->commands[i].prepare && strcmp(conn->commands[i].name, name) == 0)
            text = conn->commands[i].text;
    assert(*text != '\0'); /* never prepared in this session */
    char copy[160];
    snprintf(copy, sizeof(copy), "%s", text);
    return queue_command(conn, false, name, copy);
}

int PQsendQueryParams(PGconn *pg, const char *text, int nargs, const Oid *types, const char *const *args,
                      const int *lengths, const int *formats, int format)
{
    (void)nargs, (void)types, (void)args, (void)lengths, (void)formats, (void)format;
    return queue_command(conn_of(pg), false, "", text);
}

int PQpipelineSync(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    if (conn->bad)
        return 0;
    fake.syncs++;
    run_group(conn);
    return 1;
}

#include "scripted_copy.c"

int PQsendQuery(PGconn *pg, const char *text)
{
    struct fake_conn *conn = conn_of(pg);
    if (conn->bad)
        return 0;
    if (strstr(text, "COPY ")) {
        begin_copy(conn, text);
        return 1;
    }
    conn->listening = conn->listening || strstr(text, "LISTEN") != NULL;
    push(conn, ITEM_RESULT, make_result(PGRES_COMMAND_OK, 0, 0));
    push(conn, ITEM_NULL, NULL);
    wake(conn);
    return 1;
}

int PQflush(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    if (conn->bad)
        return -1;
    return conn->copying && conn->slow && ++conn->flushes % 3 != 0;
}

int PQconsumeInput(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    char bytes[64];
    while (recv(conn->ours, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        continue;
    bool lost = conn->first < conn->last && conn->items[conn->first].kind == ITEM_LOST;
    conn->bad = conn->bad || lost;
    return !conn->bad;
}

int PQisBusy(PGconn *pg)
{
    const struct fake_conn *conn = conn_of(pg);
    return conn->held || conn->first == conn->last;
}

PGresult *PQgetResult(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    assert(conn->first < conn->last); /* would block */
    struct fake_item item = conn->items[conn->first];
    if (item.kind == ITEM_LOST) {
        conn->bad = true;
        return make_error(PGRES_FATAL_ERROR, "");
    }
    conn->first++;
    if (conn->first == conn->last)
        conn->first = conn->last = 0;
    return item.result;
}

int PQsetSingleRowMode(PGconn *pg)
{
    (void)pg;
    fake.single_row++;
    return 1;
}

PGTransactionStatusType PQtransactionStatus(const PGconn *pg)
{
    return conn_of(pg)->transaction;
}

PGnotify *PQnotifies(PGconn *pg)
{
    struct fake_conn *conn = conn_of(pg);
    PGnotify *notice = conn->notice;
    conn->notice = NULL;
    return notice;
}

void PQfreemem(void *memory)
{
    free(memory);
}

char *PQescapeIdentifier(PGconn *pg, const char *text, size_t size)
{
    (void)pg;
    char *quoted = malloc(size + 3);
    snprintf(quoted, size + 3, "\"%.*s\"", (int)size, text);
    return quoted;
}
