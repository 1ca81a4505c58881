/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The same comparison as paramsOf of www/router.js, so that the server and the page agree on what is unknown. */
#include "page_path.h"

#include <string.h>

bool page_path_fits(const char *pattern, const char *path)
{
    for (;;) {
        size_t wanted = strcspn(pattern, "/"), given = strcspn(path, "/");
        if (pattern[0] == ':' ? given == 0 : wanted != given || memcmp(pattern, path, given) != 0)
            return false;
        pattern += wanted;
        path += given;
        if (*pattern == '\0' || *path == '\0')
            return *pattern == *path;
        pattern++;
        path++;
    }
}
