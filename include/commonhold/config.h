/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration: one INI file, one documented table of keys per service, environment override.
 * Section [common] belongs to the skeleton; each role has a section of its own name. The variable
 * COMMONHOLD_<SECTION>_<KEY> (upper case) overrides the file. Unknown sections and keys, and values out of
 * range, are refused with file, line and what would be right. */
#ifndef COMMONHOLD_CONFIG_H
#define COMMONHOLD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ch_config_type { CH_CONFIG_TEXT, CH_CONFIG_INT, CH_CONFIG_BOOL, CH_CONFIG_PATH, CH_CONFIG_SECONDS };

struct ch_config_key {
    const char *key;
    enum ch_config_type type;
    const char *fallback; /* value when absent, NULL: required */
    int64_t min, max;     /* for INT and SECONDS */
    const char *help;     /* one line; docs/operations.md repeats it (checked) */
};
/* Tables end with a row whose key is NULL. */

struct ch_config;
struct ch_config_section {
    const char *name;
    const struct ch_config_key *keys;
};

/* Reads `path` (NULL: environment and defaults only). NULL with a message in `error` (512 bytes) on refusal.
 * `sections` ends with a NULL name. The caller frees. Relative PATH values, defaults included, are relative to the
 * file's folder. */
struct ch_config *ch_config_load(const char *path, const struct ch_config_section *sections, char *error);
void ch_config_free(struct ch_config *config);

/* Of a declared key; asking for an undeclared one is a bug and aborts. Valid as long as the configuration. */
const char *ch_config_text(const struct ch_config *config, const char *section, const char *key);
/* Folder of files that come with the program: the configured one, else `shared` ("docs/api") below the working folder
 * (a source tree), /usr/local/share/commonhold or /usr/share/commonhold, the first that can be read. For PATH keys
 * whose default is "". */
const char *ch_config_folder(const struct ch_config *config, const char *section, const char *key, const char *shared);
int64_t ch_config_int(const struct ch_config *config, const char *section, const char *key);
bool ch_config_bool(const struct ch_config *config, const char *section, const char *key);

/* Keys of [common]; see common/config_common.c. */
extern const struct ch_config_key CH_CONFIG_COMMON[];

#endif
