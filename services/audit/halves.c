/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An audit in two processes, each with its sessions, over one snapshot: most of an audit is waiting for the server,
 * which has more than one processor. The other half reads; what it found comes back as JSON, and this process alone
 * writes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit.h"

/* Beginnings of the ids that the other half takes: they write no work tables. Checks that are decided in one pass are
 * of one half. */
static const char *const ASIDE[] = {"B", "R", "O", "H", "C", "X", "GOV-", "LIC-", "MET-"};

static bool is_aside(const struct audit_check *check)
{
    for (size_t i = 0; i < sizeof ASIDE / sizeof *ASIDE; i++)
        if (strncmp(check->id, ASIDE[i], strlen(ASIDE[i])) == 0)
            return true;
    return false;
}

static bool run_half(struct audit *a, bool aside)
{
    for (struct audit_check *c = audit_checks; c->id; c++)
        if (is_aside(c) == aside && !audit_run_check(a, c))
            return false;
    return true;
}

/* ---- the other process ---- */

static json_t *looked_at(struct audit *a)
{
    json_t *checks = ch_json_own(a->arena, json_array());
    for (struct audit_check *c = audit_checks; c->id; c++)
        if (is_aside(c))
            json_array_append_new(checks, json_pack("{s:s, s:I, s:O}", "id", c->id, "objects", (json_int_t)c->objects,
                                                    "not_checked", c->not_checked));
    return checks;
}

static json_t *answer(struct audit *a, bool good)
{
    if (!good)
        return ch_json_pack(a->arena, "{s:s, s:s}", "in", a->check ? a->check->id : "", "error", a->error);
    return ch_json_pack(a->arena, "{s:O, s:O, s:O, s:O, s:O}", "found", a->found, "looked", a->looked, "progress",
                        a->progress, "vanished", a->vanished, "checks", looked_at(a));
}

static _Noreturn void be_aside(struct audit *a, const char *snapshot, int into)
{
    size_t size;
    audit_forget(a);
    const char *text =
        ch_json_canonical(a->arena, answer(a, audit_open_again(a, snapshot) && run_half(a, true)), &size);
    while (size > 0) {
        ssize_t written = write(into, text, size);
        if (written < 0 && errno != EINTR)
            _exit(AUDIT_UNFINISHED);
        text += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    _exit(AUDIT_CLEAN);
}

/* ---- this one ---- */

/* All that the other half says; empty when it said nothing. */
static const char *listen(struct audit *a, int from, size_t *size)
{
    char piece[65536], *text = NULL;
    ssize_t got;
    FILE *whole = open_memstream(&text, size);
    if (!whole)
        abort();
    while ((got = read(from, piece, sizeof piece)) > 0 || (got < 0 && errno == EINTR))
        fwrite(piece, 1, got > 0 ? (size_t)got : 0, whole);
    if (fclose(whole) != 0)
        abort();
    const char *kept = ch_memdup(a->arena, text, *size);
    free(text);
    return kept;
}

static struct audit_check *find_check(const json_t *id)
{
    struct audit_check *check = audit_checks;
    while (check->id && strcmp(check->id, json_string_value(id)) != 0)
        check++;
    return check->id ? check : NULL;
}

static void take_checks(const json_t *checks)
{
    const json_t *row;
    size_t i;
    json_array_foreach(checks, i, row)
    {
        struct audit_check *check = find_check(json_object_get(row, "id"));
        check->objects = (uint64_t)json_integer_value(json_object_get(row, "objects"));
        json_array_extend(check->not_checked, json_object_get(row, "not_checked"));
        check->done = true;
    }
}

static bool take(struct audit *a, const char *text, size_t size)
{
    static const struct ch_json_limits OWN = {.bytes = SIZE_MAX, .depth = 8, .string = 0, .integers = true};
    struct ch_json_error error;
    const json_t *said = ch_json_parse(a->arena, text, size, &OWN, &error);
    if (!said)
        return audit_fail(a, "the other half of the checks ended before it was done");
    const char *why = json_string_value(json_object_get(said, "error"));
    if (why) {
        a->check = find_check(json_object_get(said, "in"));
        return audit_fail(a, "%s", why);
    }
    json_array_extend(a->found, json_object_get(said, "found"));
    json_array_extend(a->looked, json_object_get(said, "looked"));
    json_array_extend(a->progress, json_object_get(said, "progress"));
    json_array_extend(a->vanished, json_object_get(said, "vanished"));
    take_checks(json_object_get(said, "checks"));
    return true;
}

/* What the other half found, once this one is through. */
static bool join(struct audit *a, pid_t other, int from, bool good)
{
    size_t size;
    if (good) {
        const char *text = listen(a, from, &size);
        a->check = NULL;
        good = take(a, text, size);
    } else {
        kill(other, SIGKILL);
    }
    while (waitpid(other, NULL, 0) < 0 && errno == EINTR)
        ;
    return good;
}

static bool run_both(struct audit *a)
{
    int ends[2];
    pid_t here = getpid();
    /* What both halves ask is asked before they part. */
    const char *snapshot = audit_documents(a) ? audit_snapshot(a) : NULL;
    if (!snapshot)
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return audit_fail(a, "no pipe: %m");
    pid_t other = fork();
    if (other == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != here)
            _exit(AUDIT_UNFINISHED);
        be_aside(a, snapshot, ends[1]);
    }
    close(ends[1]);
    bool good = other > 0 ? join(a, other, ends[0], run_half(a, false)) : audit_fail(a, "no process: %m");
    close(ends[0]);
    return good;
}

bool audit_run_halves(struct audit *a)
{
    bool ours = false, others = false;
    for (struct audit_check *c = audit_checks; c->id; c++) {
        ours = ours || (c->chosen && !c->done && !is_aside(c));
        others = others || (c->chosen && !c->done && is_aside(c));
    }
    return ours && others ? run_both(a) : run_half(a, others);
}
