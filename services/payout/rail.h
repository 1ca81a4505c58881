/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How released files reach a bank, and how its statements come back. A rail is an adapter; it does not decide what
 * becomes of a batch: that is payout.begin_submission and payout.end_submission; nor what a statement means: that is
 * payout.import_file. */
#ifndef COMMONHOLD_PAYOUT_RAIL_H
#define COMMONHOLD_PAYOUT_RAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "settings.h"

enum ch_rail_answer {
    CH_RAIL_ACCEPTED, /* handed over: the bank has it, or will fetch it */
    CH_RAIL_REFUSED,  /* surely not handed over, and never will be by itself */
    CH_RAIL_UNKNOWN,  /* time-out, lost connection: it may have it. Never submitted again */
    CH_RAIL_NOTHING,  /* poll alone: surely nothing of it left; it may be submitted */
    CH_RAIL_LATER     /* nothing of it left by this call, for a reason that passes (a full disk): ask again */
};

/* A file on its way out, piece by piece. */
struct ch_rail_file {
    const char *message_id; /* MsgId, which names it */
    const char *sha256;     /* of the approved bytes */
    uint64_t size;
    /* The next bytes: how many, 0 at the end, -1 when they cannot be read. */
    ptrdiff_t (*read)(struct ch_rail_file *file, void *bytes, size_t room);
    void *source;
};

struct ch_rail_call {
    struct ch_arena *arena;
    const struct payout_settings *settings;
    char detail[256]; /* the rail's words, for people */
};

struct ch_rail {
    const char *name; /* [payout] rail */
    /* Hands a file over, once: what was read must have had the hash. */
    enum ch_rail_answer (*submit)(struct ch_rail_call *call, struct ch_rail_file *file);
    /* What became of a submission whose end nobody recorded. */
    enum ch_rail_answer (*poll)(struct ch_rail_call *call, const char *message_id);
    /* Bank files that came on these days (YYYY-MM-DD, UTC; NULL: no bound): how many, and their names in the inbox
     * folder, in the order they are to be read. A rail that fetches puts them there first. One may be named twice, or
     * be gone: an import is done once, whatever is named. */
    size_t (*statement)(struct ch_rail_call *call, const char *from, const char *to, const char ***names);
};

/* The adapter of this name, NULL when there is none. The list is rails.c; tests link another one. */
const struct ch_rail *ch_rail_find(const char *name);

extern const struct ch_rail ch_rail_folder;

/* The files *.xml of a folder that came on these days, by name; 0 where there is no such folder. */
size_t ch_rail_files(struct ch_arena *arena, const char *folder, const char *from, const char *to, const char ***names);

#endif
