/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The progress line of the commands. It writes to stderr only and knows nothing of what makes progress. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/client.h"

#define BAR       24     /* characters */
#define REDRAW_US 100000 /* between two drawings */
#define SECOND_US 1000000
#define MEBIBYTE  (1 << 20)

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int tenth_of(const struct ch_progress *progress, uint64_t done)
{
    return progress->total == 0 ? 10 : (int)((unsigned __int128)done * 10 / progress->total);
}

/* Tenths of a mebibyte, so that no floating point is needed. */
static uint64_t tenths(uint64_t bytes)
{
    return (uint64_t)((unsigned __int128)bytes * 10 / MEBIBYTE);
}

static void draw_bar(const struct ch_progress *progress, uint64_t done)
{
    char bar[BAR + 1];
    size_t full = progress->total == 0 ? BAR : (size_t)((unsigned __int128)done * BAR / progress->total);
    memset(bar, '.', BAR);
    memset(bar, '#', full);
    bar[BAR] = '\0';
    fprintf(stderr, "\r%.32s [%s] %3d %%  %" PRIu64 ".%" PRIu64 " of %" PRIu64 ".%" PRIu64 " MiB", progress->what, bar,
            progress->total == 0 ? 100 : (int)((unsigned __int128)done * 100 / progress->total), tenths(done) / 10,
            tenths(done) % 10, tenths(progress->total) / 10, tenths(progress->total) % 10);
}

static void draw(struct ch_progress *progress, uint64_t done, int64_t now)
{
    uint64_t spent = (uint64_t)(now - progress->began_us) + 1, moved = done - progress->start;
    uint64_t rate = (uint64_t)((unsigned __int128)moved * SECOND_US / spent);
    if (progress->total == CH_PROGRESS_UNKNOWN)
        fprintf(stderr, "\r%.32s %" PRIu64 ".%" PRIu64 " MiB", progress->what, tenths(done) / 10, tenths(done) % 10);
    else
        draw_bar(progress, done);
    fprintf(stderr, "  %" PRIu64 ".%" PRIu64 " MiB/s", tenths(rate) / 10, tenths(rate) % 10);
    if (rate > 0 && done < progress->total && progress->total != CH_PROGRESS_UNKNOWN)
        fprintf(stderr, "  %" PRIu64 " s left ", (progress->total - done) / rate);
    fputs("\033[K", stderr);
    progress->drawn_us = now;
}

/* Off a terminal and without a total: a line at each doubling from one mebibyte. */
static void tell_bytes(struct ch_progress *progress, uint64_t done)
{
    if (done < MEBIBYTE || done < 2 * progress->drawn_bytes)
        return;
    progress->drawn_bytes = done;
    fprintf(stderr, "%s: %" PRIu64 " bytes\n", progress->what, done);
}

void ch_progress_begin(struct ch_progress *progress, const char *what, uint64_t done, uint64_t total)
{
    *progress = (struct ch_progress){
        .what = what, .total = total, .start = done, .began_us = now_us(), .terminal = isatty(STDERR_FILENO) == 1};
    progress->drawn_tenth = tenth_of(progress, done);
    if (progress->terminal)
        draw(progress, done, progress->began_us);
    else if (done > 0 && total == CH_PROGRESS_UNKNOWN)
        fprintf(stderr, "%s: goes on at %" PRIu64 " bytes\n", what, progress->drawn_bytes = done);
    else if (done > 0)
        fprintf(stderr, "%s: goes on at %" PRIu64 " of %" PRIu64 " bytes\n", what, done, total);
}

void ch_progress_show(struct ch_progress *progress, uint64_t done)
{
    int64_t now = now_us();
    if (progress->terminal && now - progress->drawn_us >= REDRAW_US)
        draw(progress, done, now);
    if (!progress->terminal && progress->total == CH_PROGRESS_UNKNOWN)
        tell_bytes(progress, done);
    if (progress->terminal || tenth_of(progress, done) <= progress->drawn_tenth)
        return;
    progress->drawn_tenth = tenth_of(progress, done);
    fprintf(stderr, "%s: %d %% of %" PRIu64 " bytes\n", progress->what, progress->drawn_tenth * 10, progress->total);
}

void ch_progress_end(struct ch_progress *progress, uint64_t done)
{
    if (!progress->terminal)
        return;
    draw(progress, done, now_us());
    fputc('\n', stderr);
}
