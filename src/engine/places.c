/* SPDX-License-Identifier: Apache-2.0 */
/* The roots, and folders below them. Copies and listings are places_files.c. */
#include "engine/places.h"

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMOVE_DEPTH_MAX 32

typedef enum RootOwner { ROOT_ENGINE, ROOT_SERVE } RootOwner;

/* Parents before children; the longest prefix that fits a path is its root. */
static const struct Root {
    const char *prefix;
    RootOwner owner;
    mode_t mode;
} roots[] = {
    {"run/doors/", ROOT_SERVE, 0700}, {"run/lake/", ROOT_SERVE, 0700},
    {"uploads/", ROOT_SERVE, 0700},   {"projects/", ROOT_ENGINE, 0750},
    {"data/", ROOT_ENGINE, 0750},
};

struct Places {
    char *state_dir;
    uid_t serve_uid;
    gid_t serve_gid;
    int fds[G_N_ELEMENTS(roots)];
};

uid_t places_serve_uid(const Places *places)
{
    return places->serve_uid;
}

gid_t places_gid(const Places *places, uid_t uid)
{
    return uid == places->serve_uid ? places->serve_gid : (gid_t)uid;
}

char *places_name(const Places *places, const char *path)
{
    return g_build_filename(places->state_dir, path, NULL);
}

void places_free(Places *places)
{
    if (places == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        if (places->fds[i] >= 0)
            close(places->fds[i]);
    }
    g_free(places->state_dir);
    g_free(places);
}

/* Opens the folder NAME of PARENT_FD, made if it is missing; never through a link. One that a crash
 * left without its owner gets it now. */
static int folder_open_at(const Places *places, int parent_fd, const char *name, uid_t uid,
                          mode_t mode, bool *ret_made, GError **error)
{
    struct stat st;
    bool made = mkdirat(parent_fd, name, 0700) == 0;
    if (!made && errno != EEXIST) {
        error_set_errno(error, errno, "engine.folder", "Cannot make the folder %s", name);
        return -1;
    }
    FD_AUTO int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        error_set_errno(error, errno, "engine.folder", "%s is not a folder that can be opened",
                        name);
        return -1;
    }
    if (fstat(fd, &st) < 0 ||
        ((made || st.st_uid != uid) &&
         (fchown(fd, uid, places_gid(places, uid)) < 0 || fchmod(fd, mode) < 0))) {
        error_set_errno(error, errno, "engine.folder", "Cannot give the folder %s away", name);
        return -1;
    }
    if (ret_made != NULL)
        *ret_made = made;
    return fd_steal(&fd);
}

static bool root_open(Places *places, int state_fd, size_t i, GError **error)
{
    const struct Root *root = &roots[i];
    uid_t uid = root->owner == ROOT_SERVE ? places->serve_uid : geteuid();
    g_auto(GStrv) parts = g_strsplit(root->prefix, "/", 3);
    FD_AUTO int parent_fd = dup(state_fd);
    char **part = parts;
    for (; part[1] != NULL && *part[1] != '\0'; part++) {
        int fd = folder_open_at(places, parent_fd, *part, places->serve_uid, 0711, NULL,
                                error);
        if (fd < 0)
            return false;
        close(parent_fd);
        parent_fd = fd;
    }
    places->fds[i] = folder_open_at(places, parent_fd, *part, uid, root->mode, NULL, error);
    if (places->fds[i] < 0)
        return false;
    if (fchown(places->fds[i], uid, places->serve_gid) < 0 ||
        fchmod(places->fds[i], root->mode) < 0)
        return error_set_errno(error, errno, "engine.folder", "Cannot take the folder %s",
                               root->prefix);
    return true;
}

Places *places_open(const char *state_dir, uid_t serve_uid, GError **error)
{
    g_autoptr(Places) places = g_new0(Places, 1);
    places->state_dir = g_strdup(state_dir);
    places->serve_uid = serve_uid;
    const struct passwd *user = getpwuid(serve_uid);
    places->serve_gid = user == NULL ? (gid_t)serve_uid : user->pw_gid;
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++)
        places->fds[i] = -1;
    FD_AUTO int state_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (state_fd < 0) {
        error_set_errno(error, errno, "engine.state", "Cannot open the state directory %s",
                        state_dir);
        return NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        if (!root_open(places, state_fd, i, error))
            return NULL;
    }
    return g_steal_pointer(&places);
}

/* The root of PATH and what follows it. */
static int places_root(const Places *places, const char *path, const char **ret_below,
                       GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        if (g_str_has_prefix(path, roots[i].prefix)) {
            *ret_below = path + strlen(roots[i].prefix);
            return places->fds[i];
        }
    }
    error_set(error, ERROR_DENIED, "engine.place", "The engine does not work in \"%s\".", path);
    return -1;
}

int places_root_fd(const Places *places, const char *path)
{
    const char *below = NULL;
    return places_root(places, path, &below, NULL);
}

int places_open_folder(const Places *places, const char *path, GError **error)
{
    const char *below = NULL;
    int root = places_root(places, path, &below, error);
    if (root < 0 || !path_check_relative(below, error))
        return -1;
    return open_beneath(root, below, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
}

/* Opens the parent of PATH; *RET_NAME is its last segment. */
static int places_parent(const Places *places, const char *path, const char **ret_name,
                         GError **error)
{
    const char *below = NULL;
    int root = places_root(places, path, &below, error);
    if (root < 0 || !path_check_relative(below, error))
        return -1;
    const char *slash = strrchr(below, '/');
    if (slash == NULL) {
        *ret_name = below;
        return open_beneath(root, ".", O_RDONLY | O_DIRECTORY, 0, error);
    }
    g_autofree char *parent = g_strndup(below, (size_t)(slash - below));
    *ret_name = slash + 1;
    return open_beneath(root, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
}

int places_make_folder(const Places *places, const char *path, uid_t uid, mode_t mode,
                       bool *ret_made, GError **error)
{
    const char *name = NULL;
    FD_AUTO int parent_fd = places_parent(places, path, &name, error);
    return parent_fd < 0 ? -1
                         : folder_open_at(places, parent_fd, name, uid, mode, ret_made, error);
}

bool places_rename(const Places *places, const char *from, const char *to, GError **error)
{
    const char *from_name = NULL, *to_name = NULL;
    FD_AUTO int from_fd = places_parent(places, from, &from_name, error);
    FD_AUTO int to_fd = from_fd < 0 ? -1 : places_parent(places, to, &to_name, error);
    if (to_fd < 0)
        return false;
    if (renameat2(from_fd, from_name, to_fd, to_name, RENAME_NOREPLACE) < 0) {
        if (errno == EEXIST)
            return error_set(error, ERROR_CONFLICT, "engine.exists", "%s is already there.", to);
        return error_set_errno(error, errno, "engine.rename", "Cannot put %s in place", to);
    }
    if (fsync(to_fd) < 0)
        return error_set_errno(error, errno, "engine.sync", "Cannot sync the folder of %s", to);
    return true;
}

/* ---- Removal ----
 * A person can nest folders as deep as he likes: recursion stops at REMOVE_DEPTH_MAX, where what is
 * deeper is moved up under the top folder, to be removed by its next turn. */

typedef struct Removal {
    int top_fd;
    bool moved; /* something was moved up: another turn is needed */
} Removal;

static bool removal_folder(Removal *removal, int parent_fd, const char *name, int depth,
                           GError **error);

static bool removal_entry(Removal *removal, int folder_fd, const char *name, int depth,
                          GError **error)
{
    if (unlinkat(folder_fd, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return error_set_errno(error, errno, "engine.remove", "Cannot remove a file");
    if (depth < REMOVE_DEPTH_MAX)
        return removal_folder(removal, folder_fd, name, depth + 1, error);
    g_autofree char *token = random_token(16);
    g_autofree char *up = g_strconcat(".removed-", token, NULL);
    if (renameat(folder_fd, name, removal->top_fd, up) < 0)
        return error_set_errno(error, errno, "engine.remove", "Cannot move a folder");
    removal->moved = true;
    return true;
}

static bool removal_empty(Removal *removal, int fd, int depth, GError **error)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    if (dir == NULL) {
        fd_cleanup(&own);
        return error_set_errno(error, errno, "engine.remove", "Cannot list a folder");
    }
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = removal_entry(removal, fd, entry->d_name, depth, error);
    }
    closedir(dir);
    return ok;
}

static bool removal_folder(Removal *removal, int parent_fd, const char *name, int depth,
                           GError **error)
{
    FD_AUTO int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ||
               error_set_errno(error, errno, "engine.remove", "Cannot open a folder");
    if (!removal_empty(removal, fd, depth, error))
        return false;
    if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return error_set_errno(error, errno, "engine.remove", "Cannot remove a folder");
    return true;
}

bool places_remove_at(int parent_fd, const char *name, GError **error)
{
    FD_AUTO int top_fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (top_fd < 0)
        return errno == ENOENT ||
               error_set_errno(error, errno, "engine.remove", "Cannot open %s", name);
    Removal removal = {.top_fd = top_fd};
    do {
        removal.moved = false;
        if (!removal_empty(&removal, top_fd, 0, error))
            return false;
    } while (removal.moved);
    if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return error_set_errno(error, errno, "engine.remove", "Cannot remove %s", name);
    return true;
}

bool places_remove(const Places *places, const char *path, GError **error)
{
    g_autoptr(GError) missing = NULL;
    const char *name = NULL;
    FD_AUTO int parent_fd = places_parent(places, path, &name, &missing);
    if (parent_fd < 0 && error_is(missing, ERROR_NOT_FOUND))
        return true;
    if (parent_fd < 0) {
        g_propagate_error(error, g_steal_pointer(&missing));
        return false;
    }
    return places_remove_at(parent_fd, name, error);
}
