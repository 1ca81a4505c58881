/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs a fuzz target over kept inputs without a fuzzer, so that every build and every compiler repeats them: replay
 * FOLDER
 * ... gives each regular file of each folder to the target, and ends with how many that were. A finding aborts. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/cli.h"

#define INPUT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool replay_file(const char *path)
{
    struct ch_arena *arena = ch_arena_new();
    char error[256];
    size_t size;
    const char *bytes = ch_read_file(arena, path, INPUT_MAX, &size, error);
    if (bytes)
        LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
    else
        fprintf(stderr, "%s\n", error);
    ch_arena_free(arena);
    return bytes != NULL;
}

/* How many inputs of the folder were run; -1 with a message when one could not be read. */
static long replay_folder(const char *folder)
{
    DIR *open = opendir(folder);
    long count = 0;
    char path[4096];
    if (!open) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return -1;
    }
    for (struct dirent *entry; count >= 0 && (entry = readdir(open)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        fprintf(stderr, "%s\n", path); /* the last line of a log names the input that crashed */
        count = replay_file(path) ? count + 1 : -1;
    }
    closedir(open);
    return count;
}

int main(int argc, char **argv)
{
    long total = 0;
    for (int i = 1; i < argc; i++) {
        long count = replay_folder(argv[i]);
        if (count < 0)
            return 1;
        total += count;
    }
    printf("%ld\n", total);
    return total > 0 ? 0 : 1;
}
