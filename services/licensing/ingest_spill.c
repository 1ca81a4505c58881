/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stores for core/seen.h in files that nobody can open: unlinked from the beginning, sparse, read and written where the
 * set says. What was written stays in the system's cache as far as there is room, which is no memory of the worker. */
#include "ingest_spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/log.h"

struct spill {
    struct ch_arena *arena;
    const char *folder;
    int file; /* -1: not made yet */
};

static void release(void *thing)
{
    struct spill *spill = thing;
    if (spill->file >= 0)
        close(spill->file);
}

static bool complain(const struct spill *spill, const char *what)
{
    ch_log(CH_LOG_ERROR, "keys of a contribution cannot be put aside", "what", what, "folder", spill->folder, "error",
           strerror(errno), NULL);
    return false;
}

/* O_TMPFILE where the file system has it; otherwise a name that is gone at once. */
static bool open_spill(struct spill *spill)
{
    spill->file = open(spill->folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (spill->file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        char *name = ch_printf(spill->arena, "%s/.keys.XXXXXX", spill->folder);
        spill->file = mkostemp(name, O_CLOEXEC);
        if (spill->file >= 0)
            unlink(name);
    }
    return spill->file >= 0;
}

static bool spill_read(void *context, uint64_t offset, void *bytes, size_t size)
{
    struct spill *spill = context;
    size_t got = 0;
    ssize_t n = 1;
    while (spill->file >= 0 && got < size && n != 0) {
        n = pread(spill->file, (char *)bytes + got, size - got, (off_t)(offset + got));
        if (n < 0 && errno != EINTR)
            return complain(spill, "read");
        got += n > 0 ? (size_t)n : 0;
    }
    memset((char *)bytes + got, 0, size - got); /* behind the end, nothing was written yet */
    return true;
}

static bool spill_write(void *context, uint64_t offset, const void *bytes, size_t size)
{
    struct spill *spill = context;
    size_t done = 0;
    if (spill->file < 0 && !open_spill(spill))
        return complain(spill, "open");
    while (done < size) {
        ssize_t n = pwrite(spill->file, (const char *)bytes + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno != EINTR)
            return complain(spill, "write");
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

const struct ch_seen_store *ingest_spill_stores(struct ch_arena *arena, const char *folder, size_t count)
{
    struct ch_seen_store *stores = ch_alloc_array(arena, count, sizeof *stores);
    struct spill *spills = ch_alloc_array(arena, count, sizeof *spills);
    for (size_t i = 0; i < count; i++) {
        spills[i] = (struct spill){.arena = arena, .folder = folder, .file = -1};
        stores[i] = (struct ch_seen_store){.read = spill_read, .write = spill_write, .context = &spills[i]};
        ch_arena_on_free(arena, release, &spills[i]);
    }
    return stores;
}
