/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/host_check.h"

#include "base/files.h"
#include "engine/vault.h"

#include <string.h>
#include <unistd.h>

typedef struct CheckRow {
    const char *name;
    /* True if all is well; *RET_DETAIL says what was found, or what to do. */
    bool (*check)(Engine *engine, char **ret_detail);
} CheckRow;

static bool check_podman(Engine *engine, char **ret_detail)
{
    g_autoptr(GError) error = NULL;
    char *version = podman_version(engine->podman, &error);
    *ret_detail = version != NULL ? g_strconcat("podman ", version, NULL)
                                  : g_strdup(error->message);
    g_free(version);
    return error == NULL;
}

static bool check_fscrypt(Engine *engine, char **ret_detail)
{
    bool ok = vault_supported(places_root_fd(engine->places, "projects/")) &&
              vault_supported(places_root_fd(engine->places, "data/"));
    *ret_detail = g_strdup(ok ? "projects and datasets are encrypted, each with its own key"
                              : "the file system of the state directory cannot encrypt; on ext4: "
                                "tune2fs -O encrypt DEVICE");
    return ok;
}

static bool controller_here(const char *v2_list, const char *name)
{
    g_autofree char *v1 = g_build_filename("/sys/fs/cgroup", name, NULL);
    if (v2_list == NULL)
        return access(v1, F_OK) == 0;
    g_auto(GStrv) names = g_strsplit_set(v2_list, " \n", -1);
    return g_strv_contains((const char *const *)names, name);
}

static bool check_limits(Engine *engine, char **ret_detail)
{
    static const char *const controllers[] = {"memory", "cpu", "pids"};
    g_autofree char *v2_list = NULL;
    file_read("/sys/fs/cgroup/cgroup.controllers", 4096, &v2_list, NULL, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(controllers); i++) {
        if (controller_here(v2_list, controllers[i]))
            continue;
        *ret_detail = g_strdup_printf("the kernel's %s controller is not available: that limit of "
                                      "a bubble would not hold", controllers[i]);
        return false;
    }
    *ret_detail = g_strdup(v2_list != NULL ? "cgroups version 2" : "cgroups version 1");
    return true;
}

static bool check_images(Engine *engine, char **ret_detail)
{
    const char *const *names = images_names(engine->images);
    for (; *names != NULL; names++) {
        const Image *image = images_find(engine->images, *names);
        if (podman_has_image(engine->podman, image->id))
            continue;
        *ret_detail = g_strdup_printf("the image %s is not in the store; run images/build", *names);
        return false;
    }
    if (*images_names(engine->images) == NULL) {
        *ret_detail = g_strdup("there are none; run images/build");
        return false;
    }
    *ret_detail = g_strjoinv(", ", (char **)(void *)images_names(engine->images));
    return true;
}

static bool check_seccomp(Engine *engine, char **ret_detail)
{
    g_autofree char *actions = NULL;
    bool ok = access(engine->seccomp_path, R_OK) == 0 &&
              file_read("/proc/sys/kernel/seccomp/actions_avail", 4096, &actions, NULL, NULL) &&
              strstr(actions, "errno") != NULL;
    *ret_detail = g_strdup(ok ? "the profile is in place" : "the kernel has no system call filter");
    return ok;
}

static const CheckRow rows[] = {{"podman", check_podman},
                                {"fscrypt", check_fscrypt},
                                {"limits", check_limits},
                                {"images", check_images},
                                {"seccomp", check_seccomp}};

json_t *host_check(Engine *engine)
{
    json_t *checks = json_array();
    bool encrypted = false;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *detail = NULL;
        bool ok = rows[i].check(engine, &detail);
        if (rows[i].check == check_fscrypt)
            encrypted = ok;
        json_array_append_new(checks, json_pack("{s:s, s:b, s:s}", "name", rows[i].name, "ok", ok,
                                                "detail", detail));
    }
    return json_pack("{s:o, s:b}", "checks", checks, "encrypted", encrypted);
}
