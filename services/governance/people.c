/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealing and opening of what is personal. Each member has a key of its own, wrapped under the service secret: whoever
 * destroys the wrapped key has erased the person, in every backup too. */
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/secret.h"
#include "people.h"

#define KEY_ID    "member-1" /* names the secret that wraps: another one gets another name */
#define FIELD_MAX 2048       /* bytes of one sealed field */
#define HKDF_INFO "commonhold-member/1"

bool people_load(struct people_secrets *secrets, const char *member_path, const char *email_path, char *error,
                 size_t error_size)
{
    return ch_secret_load(member_path, secrets->member, error, error_size) &&
           ch_secret_load(email_path, secrets->email, error, error_size);
}

static const char *hex_of(struct ch_arena *arena, const void *bytes, size_t size)
{
    char *hex = ch_alloc(arena, 2 * size + 1);
    ch_hex(bytes, size, hex);
    return hex;
}

/* The member's id is bound into each field, so that no name can be put under another id. */
static const char *seal_field(struct ch_arena *arena, const uint8_t key[32], const char *member_id, const char *text)
{
    const char *aad = ch_printf(arena, "person:%s", member_id);
    size_t size;
    uint8_t *sealed = ch_seal(arena, key, aad, strlen(aad), text, strlen(text), &size);
    return hex_of(arena, sealed, size);
}

static void wrapping_key(const struct people_secrets *secrets, uint8_t kek[32])
{
    ch_hkdf_sha256(secrets->member, 32, "", 0, HKDF_INFO, kek, 32);
}

json_t *people_seal(struct ch_arena *arena, const struct people_secrets *secrets, const char *member_id,
                    const char *display_name, const char *email)
{
    char email_hash[65];
    uint8_t kek[32], key[32], wrapped[40];
    if (!ch_email_hash(secrets->email, email, email_hash))
        return NULL;
    ch_random(key, sizeof key);
    wrapping_key(secrets, kek);
    ch_key_wrap(kek, key, wrapped);
    json_t *sealed = ch_json_pack(arena, "{s:s,s:s,s:s,s:s,s:s,s:s}", "member_id", member_id, "key_id", KEY_ID,
                                  "wrapped_key", hex_of(arena, wrapped, sizeof wrapped), "display_name",
                                  seal_field(arena, key, member_id, display_name), "email",
                                  seal_field(arena, key, member_id, email), "email_hash", email_hash);
    explicit_bzero(key, sizeof key);
    explicit_bzero(kek, sizeof kek);
    return sealed;
}

static json_t *open_field(struct ch_arena *arena, const uint8_t key[32], const char *member_id, const json_t *hex)
{
    size_t length = json_string_length(hex), size;
    uint8_t bytes[FIELD_MAX];
    if (!json_is_string(hex) || length % 2 != 0 || length / 2 > sizeof bytes)
        return json_null();
    if (!ch_unhex(json_string_value(hex), bytes, length / 2))
        return json_null();
    const char *aad = ch_printf(arena, "person:%s", member_id);
    uint8_t *plain = ch_unseal(arena, key, aad, strlen(aad), bytes, length / 2, &size);
    json_t *text = plain ? json_stringn((const char *)plain, size) : NULL;
    return text ? text : json_null();
}

static void open_object(struct ch_arena *arena, const struct people_secrets *secrets, json_t *object)
{
    const json_t *sealed = json_object_get(object, "sealed");
    const char *member_id = json_string_value(json_object_get(sealed, "member_id"));
    const char *wrapped_hex = json_string_value(json_object_get(sealed, "wrapped_key"));
    uint8_t wrapped[40], kek[32], key[32];
    wrapping_key(secrets, kek);
    if (!member_id || !wrapped_hex || strlen(wrapped_hex) != 2 * sizeof wrapped ||
        !ch_unhex(wrapped_hex, wrapped, sizeof wrapped) || !ch_key_unwrap(kek, wrapped, key)) {
        json_object_set_new(object, "display_name", json_null());
    } else {
        json_object_set_new(object, "display_name",
                            open_field(arena, key, member_id, json_object_get(sealed, "display_name")));
        if (json_object_get(sealed, "email"))
            json_object_set_new(object, "email", open_field(arena, key, member_id, json_object_get(sealed, "email")));
    }
    explicit_bzero(key, sizeof key);
    json_object_del(object, "sealed");
}

void people_open(struct ch_arena *arena, const struct people_secrets *secrets, json_t *tree)
{
    const char *name;
    json_t *value;
    size_t index;
    if (json_is_object(tree)) {
        if (json_object_get(tree, "sealed"))
            open_object(arena, secrets, tree);
        json_object_foreach(tree, name, value) people_open(arena, secrets, value);
    } else if (json_is_array(tree)) {
        json_array_foreach(tree, index, value) people_open(arena, secrets, value);
    }
}
