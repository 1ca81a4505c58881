/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon with a rail that a test directs, in the place of services/payout/rails.c: a bank that takes a file and
 * lets the line drop, that gets it late, that dies with us, that names its statements twice and the last first.
 * [payout] rail = mock. What it is told lies in the outbox folder: script  a word for each submission to come, a line
 * each: accept, refuse, timeout (it has the file), lost (it has not), late (it has the file; the answer waits for the
 * file `go`), killed (it has the file, the worker dies), killed-before, busy poll    what it says when asked: accepted,
 * nothing; absent: unknown What reached the bank are the files got-1-<MsgId>.xml, got-2-<MsgId>.xml, ... */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../services/payout/rail.h"
#include "commonhold/cli.h"

static const char *in_outbox(const struct ch_rail_call *call, const char *name)
{
    return ch_printf(call->arena, "%s/%s", call->settings->outbox, name);
}

static char *told(struct ch_rail_call *call, const char *name)
{
    char error[256];
    size_t size;
    return ch_read_file(call->arena, in_outbox(call, name), 4096, &size, error);
}

/* The first line, which is taken off. */
static const char *next_word(struct ch_rail_call *call)
{
    char *script = told(call, "script");
    if (!script || !script[0])
        return "accept";
    size_t length = strcspn(script, "\n");
    FILE *rest = fopen(in_outbox(call, "script"), "w");
    if (!rest || fputs(script[length] ? script + length + 1 : "", rest) < 0 || fclose(rest) != 0)
        abort();
    return ch_memdup(call->arena, script, length);
}

static void give_to_bank(struct ch_rail_call *call, struct ch_rail_file *file)
{
    const char *path;
    int n = 1, fd;
    do {
        path = in_outbox(call, ch_printf(call->arena, "got-%d-%s.xml", n++, file->message_id));
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    } while (fd < 0 && n < 1000);
    uint8_t piece[512];
    ptrdiff_t size;
    while ((size = file->read(file, piece, sizeof piece)) > 0)
        if (write(fd, piece, (size_t)size) != size)
            abort();
    if (size < 0 || close(fd) != 0)
        abort();
}

static void wait_for_go(struct ch_rail_call *call)
{
    for (int i = 0; i < 6000 && access(in_outbox(call, "go"), F_OK) != 0; i++)
        usleep(10000);
}

static enum ch_rail_answer submit(struct ch_rail_call *call, struct ch_rail_file *file)
{
    const char *word = next_word(call);
    snprintf(call->detail, sizeof call->detail, "mock: %s", word);
    if (strcmp(word, "killed-before") == 0)
        raise(SIGKILL);
    if (strcmp(word, "refuse") == 0)
        return CH_RAIL_REFUSED;
    if (strcmp(word, "busy") == 0)
        return CH_RAIL_LATER;
    if (strcmp(word, "lost") == 0)
        return CH_RAIL_UNKNOWN;
    give_to_bank(call, file);
    if (strcmp(word, "killed") == 0)
        raise(SIGKILL);
    if (strcmp(word, "late") == 0)
        wait_for_go(call);
    return strcmp(word, "accept") == 0 ? CH_RAIL_ACCEPTED : CH_RAIL_UNKNOWN;
}

static enum ch_rail_answer poll_bank(struct ch_rail_call *call, const char *message_id)
{
    (void)message_id;
    const char *answer = told(call, "poll");
    snprintf(call->detail, sizeof call->detail, "mock: polled");
    if (answer && strcmp(answer, "accepted") == 0)
        return CH_RAIL_ACCEPTED;
    return answer && strcmp(answer, "nothing") == 0 ? CH_RAIL_NOTHING : CH_RAIL_UNKNOWN;
}

static size_t statement(struct ch_rail_call *call, const char *from, const char *to, const char ***names)
{
    const char **found;
    size_t count = ch_rail_folder.statement(call, from, to, &found);
    *names = ch_alloc_array(call->arena, 2 * count, sizeof **names);
    for (size_t i = 0; i < 2 * count; i++)
        (*names)[i] = found[count - 1 - i / 2];
    return 2 * count;
}

static const struct ch_rail MOCK = {.name = "mock", .submit = submit, .poll = poll_bank, .statement = statement};

const struct ch_rail *ch_rail_find(const char *name)
{
    return strcmp(name, MOCK.name) == 0 ? &MOCK : NULL;
}
