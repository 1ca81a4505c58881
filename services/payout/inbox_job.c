/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The inbox folder: bank files that the rail says have come are imported as an upload is. A bank's own program writes a
 * file under another name and renames it to *.xml when it is whole; what was imported moves to done/, what was refused
 * to refused/, and what only lacks the statement before it to waiting/, until one has come. A kill at any line changes
 * nothing: the booking is one transaction, and a file that was booked but not moved is found to be here already. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bank_file.h"
#include "jobs.h"
#include "rail.h"

#define READ_BYTES     ((size_t)128 << 10)
#define SETTLE_SECONDS 60 /* a file that cannot be read may still be being written */

static const struct ch_statement begin_import = {
    .name = "payout.begin_import", .text = "SELECT 'ok'::text, payout.begin_import()", .shape = CH_SHAPE_ANSWER};
CH_FUNCTION(stage_piece, "payout.stage_piece", "$1::uuid, $2::integer, $3::bytea, $4::jsonb");
CH_FUNCTION(import_file, "payout.import_file", "NULL::uuid, $1::uuid, $2::text");
CH_FUNCTION(note_inbox, "payout.note_inbox", "$1::text, $2::text, $3::text, $4::text");

struct inbox {
    struct ch_job *job;
    struct payout_settings settings;
    const struct ch_rail *rail;
    bool imported; /* one, in this round */
    enum ch_job_result result;
};

/* One file under way. */
struct incoming {
    const char *name, *import;
    struct bank_file *file;
    const char *outcome, *detail; /* what became of it; NULL: a fault, or it is left for later */
};

static bool fault(struct inbox *inbox, enum ch_job_result result)
{
    if (result != CH_JOB_DONE)
        inbox->result = result;
    return result == CH_JOB_DONE;
}

/* Stages what has come together, in an arena of its own: a file has any number of pieces. */
static bool stage(struct inbox *inbox, struct incoming *in)
{
    struct bank_piece piece = bank_file_take(in->file);
    struct ch_answer answer;
    struct ch_job job = *inbox->job;
    job.arena = ch_arena_new();
    bool good = fault(
        inbox, payout_ask(&job, &stage_piece, &answer, CH_ARGS(in->import, piece.number, piece.bytes, piece.document)));
    memcpy(inbox->job->reason, job.reason, sizeof job.reason);
    ch_arena_free(job.arena);
    return good;
}

/* False: refused, or a fault. */
static bool read_whole(struct inbox *inbox, struct incoming *in, int fd)
{
    char *bytes = ch_alloc(inbox->job->arena, READ_BYTES);
    size_t total = 0;
    for (;;) {
        ssize_t got = read(fd, bytes, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            snprintf(inbox->job->reason, sizeof inbox->job->reason, "%s: %s", in->name, strerror(errno));
            return fault(inbox, CH_JOB_RETRY);
        }
        total += (size_t)got;
        if (total > BANK_FILE_MAX || !bank_file_feed(in->file, bytes, (size_t)got, got == 0)) {
            in->outcome = bank_file_outcome(in->file);
            in->detail =
                total > BANK_FILE_MAX ? "longer than 256 MiB" : ch_strdup(inbox->job->arena, bank_file_error(in->file));
            return false;
        }
        if ((got == 0 || bank_file_full(in->file)) && !stage(inbox, in))
            return false;
        if (got == 0)
            return true;
    }
}

static void import_open(struct inbox *inbox, struct incoming *in, int fd)
{
    struct ch_answer answer;
    if (!fault(inbox, payout_ask(inbox->job, &begin_import, &answer, CH_NO_ARGS)))
        return;
    const json_t *book = payout_parse(inbox->job->arena, answer.body);
    in->import = payout_text(book, "id");
    in->file = bank_file_new(payout_text(book, "currency"), (int)payout_integer(book, "minor_digits"));
    if (read_whole(inbox, in, fd) &&
        fault(inbox, payout_ask(inbox->job, &import_file, &answer, CH_ARGS(in->import, bank_file_sha256(in->file))))) {
        in->outcome = answer.outcome;
        in->detail = payout_text(payout_parse(inbox->job->arena, answer.body), "detail");
    }
}

static bool move_to(struct inbox *inbox, const char *name, const char *from, const char *to)
{
    struct ch_arena *arena = inbox->job->arena;
    const char *folder = ch_printf(arena, "%s/%s", inbox->settings.inbox, to);
    if ((mkdir(folder, 0700) == 0 || errno == EEXIST) &&
        rename(ch_printf(arena, "%s/%s%s", inbox->settings.inbox, from, name),
               ch_printf(arena, "%s/%s", folder, name)) == 0)
        return true;
    snprintf(inbox->job->reason, sizeof inbox->job->reason, "%s: %s", folder, strerror(errno));
    inbox->result = CH_JOB_DEAD;
    return false;
}

/* Where a file goes by what became of it; NULL: it stays. */
static const char *place_of(const struct incoming *in, const struct stat *about)
{
    if (strcmp(in->outcome, "imported") == 0 || strcmp(in->outcome, "already_imported") == 0)
        return "done";
    if (strcmp(in->outcome, "unavailable") == 0)
        return NULL;
    if (strcmp(in->outcome, "invalid") == 0 && time(NULL) - about->st_mtime < SETTLE_SECONDS)
        return NULL;
    return strcmp(in->outcome, "chain_broken") == 0 ? "waiting" : "refused";
}

static void import_one(struct inbox *inbox, const char *name)
{
    struct incoming in = {.name = name};
    struct stat about;
    int fd =
        open(ch_printf(inbox->job->arena, "%s/%s", inbox->settings.inbox, name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return; /* another worker has moved it, or it is a link: not ours */
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        import_open(inbox, &in, fd);
    close(fd);
    const char *place = in.outcome ? place_of(&in, &about) : NULL;
    struct ch_answer answer;
    if (place && fault(inbox, payout_ask(inbox->job, &note_inbox, &answer,
                                         CH_ARGS(bank_file_sha256(in.file), name, in.outcome, in.detail))))
        move_to(inbox, name, "", place);
    inbox->imported |= in.outcome && strcmp(in.outcome, "imported") == 0;
    bank_file_free(in.file);
}

/* All that has come, in the rail's order. */
static void import_all(struct inbox *inbox)
{
    struct ch_rail_call call = {.arena = inbox->job->arena, .settings = &inbox->settings};
    const char **names;
    size_t count = inbox->rail->statement(&call, NULL, NULL, &names);
    inbox->imported = false;
    for (size_t i = 0; i < count && inbox->result == CH_JOB_DONE && !ch_job_stopping(inbox->job); i++)
        import_one(inbox, names[i]);
}

/* A statement has come: those that waited for one are tried again. False: there is none, or no way. */
static bool take_waiting(struct inbox *inbox)
{
    struct ch_arena *arena = inbox->job->arena;
    const char **names;
    size_t count = ch_rail_files(arena, ch_printf(arena, "%s/waiting", inbox->settings.inbox), NULL, NULL, &names);
    for (size_t i = 0; i < count; i++)
        if (!move_to(inbox, names[i], "waiting/", "."))
            return false;
    return count > 0;
}

enum ch_job_result read_inbox(struct ch_job *job)
{
    struct inbox inbox = {
        .job = job, .settings = payout_settings(job->context), .rail = payout_rail(job), .result = CH_JOB_DONE};
    if (!inbox.rail)
        return CH_JOB_RETRY;
    do
        import_all(&inbox);
    while (inbox.result == CH_JOB_DONE && inbox.imported && take_waiting(&inbox) && !ch_job_stopping(job));
    return inbox.result;
}
