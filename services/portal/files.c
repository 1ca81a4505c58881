/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The built pages, read at start from the folder `make portal` writes: only what assets.json lists is there, so no
 * address reaches the disk. Each file is checked against its sum; what was changed behind the build is not served. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/cli.h"
#include "commonhold/json.h"
#include "commonhold/log.h"
#include "core/page_path.h"
#include "portal.h"

#define FILE_MOST ((size_t)8 * 1024 * 1024)

struct portal_files {
    const char *build;
    const json_t *pages; /* array of patterns */
    struct portal_file *files;
    size_t count; /* sorted by path */
};

static const char *type_of(const char *path)
{
    static const struct {
        const char *ending, *type;
    } TYPES[] = {{".html", "text/html; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".mjs", "text/javascript; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".json", "application/json"},
                 {".svg", "image/svg+xml"},
                 {".txt", "text/plain; charset=utf-8"}};
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof TYPES / sizeof *TYPES; i++)
        if (strcmp(ending, TYPES[i].ending) == 0)
            return TYPES[i].type;
    return "application/octet-stream";
}

static bool complain(const char *folder, const char *detail)
{
    ch_log(CH_LOG_WARN, "there are no pages", "folder", folder, "detail", detail, NULL);
    return false;
}

/* The compressed copy is used where it is smaller; not having one is no fault. */
static void read_gzip(struct ch_arena *arena, const char *folder, struct portal_file *file)
{
    char error[256];
    size_t size = 0;
    const char *path = ch_printf(arena, "%s/%s.gz", folder, file->path);
    const void *bytes = ch_read_file(arena, path, FILE_MOST, &size, error);
    if (bytes && size < file->size) {
        file->gzip = bytes;
        file->gzip_size = size;
    }
}

static bool read_file(struct ch_arena *arena, const char *folder, const json_t *listed, struct portal_file *file)
{
    char error[256] = "", sum[65];
    const char *wanted = json_string_value(json_object_get(listed, "sha256"));
    file->path = json_string_value(json_object_get(listed, "path"));
    if (!file->path || !wanted)
        return complain(folder, "assets.json lists something without path or sha256");
    file->bytes = ch_read_file(arena, ch_printf(arena, "%s/%s", folder, file->path), FILE_MOST, &file->size, error);
    if (!file->bytes)
        return complain(folder, error);
    ch_sha256_hex(file->bytes, file->size, sum);
    if (strcmp(sum, wanted) != 0)
        return complain(folder, ch_printf(arena, "%s is not the file that was built", file->path));
    file->etag = ch_printf(arena, "\"%s\"", sum);
    file->type = type_of(file->path);
    read_gzip(arena, folder, file);
    return true;
}

static int by_path(const void *left, const void *right)
{
    const struct portal_file *a = left, *b = right;
    return strcmp(a->path, b->path);
}

static bool read_files(struct ch_arena *arena, const char *folder, const json_t *listed, struct portal_files *files)
{
    files->count = json_array_size(listed);
    files->files = ch_alloc_array(arena, files->count, sizeof *files->files);
    for (size_t i = 0; i < files->count; i++)
        if (!read_file(arena, folder, json_array_get(listed, i), &files->files[i]))
            return false;
    qsort(files->files, files->count, sizeof *files->files, by_path);
    return portal_files_find(files, "index.html") ? true : complain(folder, "assets.json lists no index.html");
}

/* assets.json: {build, pages: [pattern], files: [{path, size, sha256}]} */
static bool read_assets(struct ch_arena *arena, const char *folder, struct portal_files *files)
{
    char error[256] = "";
    struct ch_json_error why;
    size_t size = 0;
    const char *text = ch_read_file(arena, ch_printf(arena, "%s/assets.json", folder), FILE_MOST, &size, error);
    if (!text)
        return complain(folder, error);
    const json_t *assets = ch_json_parse(arena, text, size, &CH_JSON_BODY, &why);
    if (!assets)
        return complain(folder, why.detail);
    files->build = json_string_value(json_object_get(assets, "build"));
    files->pages = json_object_get(assets, "pages");
    if (!files->build)
        return complain(folder, "assets.json names no build");
    return read_files(arena, folder, json_object_get(assets, "files"), files);
}

const struct portal_files *portal_files_load(const char *folder)
{
    struct ch_arena *arena = ch_arena_new();
    struct portal_files *files = ch_alloc(arena, sizeof *files);
    if (read_assets(arena, folder, files))
        return files;
    ch_arena_free(arena);
    return NULL;
}

const char *portal_files_build(const struct portal_files *files)
{
    return files->build;
}

const struct portal_file *portal_files_find(const struct portal_files *files, const char *path)
{
    const struct portal_file wanted = {.path = path};
    return bsearch(&wanted, files->files, files->count, sizeof wanted, by_path);
}

bool portal_files_is_page(const struct portal_files *files, const char *path)
{
    for (size_t i = 0; i < json_array_size(files->pages); i++) {
        const char *pattern = json_string_value(json_array_get(files->pages, i));
        if (pattern && page_path_fits(pattern, path))
            return true;
    }
    return false;
}
