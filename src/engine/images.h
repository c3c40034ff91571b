/* SPDX-License-Identifier: Apache-2.0 */
/* The list of images that images/build made: names, identifiers, commands, ports. Read once. */
#ifndef DARSE_ENGINE_IMAGES_H
#define DARSE_ENGINE_IMAGES_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct Images Images;

typedef struct Image {
    char *name, *id;
    json_t *command;
    int port;
} Image;

/* STORE: the container store's folder, where images.json lies; it must be root's. Where
 * images/build never ran, the list is empty and there is no store. */
Images *images_load(const char *store, GError **error);
void images_free(Images *images);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Images, images_free)

/* NULL when there is no store. */
const char *images_storage_conf(const Images *images);
const char *images_tmpdir(const Images *images);
const char *const *images_names(const Images *images);
/* NULL if there is none of that name. */
const Image *images_find(const Images *images, const char *name);

#endif
