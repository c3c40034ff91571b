/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a folder, in an order. A folder of a person may hold a million names: it is read once,
 * and of what was read no more is kept than the page.
 */
#include "engine/volume.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "engine/plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 1000000              /* looked at for one page */
#define PAGE_TEXT_BYTES (600 * 1024)   /* of names, as escaped in the worst case: one frame */

typedef struct Entry {
    bool is_folder;
    int64_t value;                     /* what it is sorted by before its name; 0 by name */
    char *name;
    mode_t mode;
    int64_t size, modified_ms;
} Entry;

static void entry_free(void *data)
{
    Entry *entry = data;
    if (entry == NULL)
        return;
    g_free(entry->name);
    g_free(entry);
}

bool volume_sort_parse(const char *name, VolumeSort *ret_sort)
{
    for (size_t i = 0; plan_sorts[i] != NULL; i++) {
        if (g_strcmp0(name, plan_sorts[i]) == 0) {
            *ret_sort = (VolumeSort)i;
            return true;
        }
    }
    return false;
}

static int entry_compare(const Entry *a, const Entry *b, bool descending)
{
    if (a->is_folder != b->is_folder)
        return a->is_folder ? -1 : 1;
    int order = a->value != b->value ? (a->value < b->value ? -1 : 1) : strcmp(a->name, b->name);
    return descending ? -order : order;
}

/* ---- the mark between two pages: "d:VALUE:HEX OF THE NAME" ---- */

static char *mark_make(const Entry *entry)
{
    g_autofree char *name = hex_encode(entry->name, strlen(entry->name));
    return g_strdup_printf("%c:%" G_GINT64_FORMAT ":%s", entry->is_folder ? 'd' : 'f', entry->value,
                           name);
}

static bool mark_parse(const char *mark, Entry *ret_entry, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(mark, ":", 4);
    char *end = NULL;
    if (g_strv_length(parts) != 3 || (strcmp(parts[0], "d") != 0 && strcmp(parts[0], "f") != 0))
        return error_set(error, ERROR_INVALID, "page.cursor", "This is no mark of a page.");
    int64_t value = g_ascii_strtoll(parts[1], &end, 10);
    size_t size = strlen(parts[2]) / 2;
    g_autofree char *name = g_malloc0(size + 1);
    if (end == parts[1] || *end != '\0' || size == 0 || size > 255 ||
        !hex_decode(parts[2], name, size) || strlen(name) != size)
        return error_set(error, ERROR_INVALID, "page.cursor", "This is no mark of a page.");
    *ret_entry = (Entry){.is_folder = *parts[0] == 'd', .value = value,
                         .name = g_steal_pointer(&name)};
    return true;
}

/* ---- reading ---- */

typedef struct Page {
    const VolumeListing *listing;
    Entry after;                       /* name NULL: from the beginning */
    GPtrArray *entries;                /* sorted, one more than the limit at most */
    int64_t seen;
} Page;

static Entry *entry_read(int folder_fd, const char *name, VolumeSort sort)
{
    struct stat st;
    if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return NULL;                   /* it went away meanwhile */
    Entry *entry = g_new0(Entry, 1);
    entry->name = g_strdup(name);
    entry->mode = st.st_mode;
    entry->is_folder = S_ISDIR(st.st_mode);
    entry->size = S_ISREG(st.st_mode) ? st.st_size : 0;
    entry->modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    entry->value = sort == VOLUME_BY_SIZE ? entry->size
                   : sort == VOLUME_BY_TIME ? entry->modified_ms : 0;
    return entry;
}

/* Keeps ENTRY (taken) if it belongs to the page so far. */
static void page_add(Page *page, Entry *entry)
{
    bool descending = page->listing->descending;
    guint low = 0, high = page->entries->len;
    if (page->after.name != NULL && entry_compare(entry, &page->after, descending) <= 0) {
        entry_free(entry);
        return;
    }
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (entry_compare(g_ptr_array_index(page->entries, middle), entry, descending) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if ((int64_t)low > page->listing->limit) {
        entry_free(entry);
        return;
    }
    g_ptr_array_insert(page->entries, (gint)low, entry);
    if ((int64_t)page->entries->len > page->listing->limit + 1)
        g_ptr_array_set_size(page->entries, (gint)(page->listing->limit + 1));
}

static bool page_read(Page *page, DIR *dir, GError **error)
{
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++page->seen > NAMES_MAX)
            return error_set(error, ERROR_TOO_LARGE, "files.too_many",
                             "The folder holds more than %d names; list it inside of a service.",
                             NAMES_MAX);
        Entry *read = entry_read(dirfd(dir), entry->d_name, page->listing->sort);
        if (read != NULL)
            page_add(page, read);
    }
    return true;
}

/* ---- the answer ---- */

static const char *entry_type(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    if (S_ISDIR(mode))
        return "folder";
    return S_ISLNK(mode) ? "link" : "other";
}

/* A name that is not text can be seen, not named: shown mended, as something else. */
static json_t *entry_json(const Entry *entry)
{
    bool is_text = path_check_relative(entry->name, NULL);
    g_autofree char *shown = g_utf8_make_valid(entry->name, -1);
    return json_pack("{s:s, s:s, s:I, s:I}", "name", shown, "type",
                     is_text ? entry_type(entry->mode) : "other", "size",
                     (json_int_t)entry->size, "modified_ms", (json_int_t)entry->modified_ms);
}

static json_t *page_json(const Page *page)
{
    json_t *entries = json_array();
    g_autofree char *next = NULL;
    size_t bytes = 0;
    guint count = MIN(page->entries->len, (guint)page->listing->limit);
    for (guint i = 0; i < count && bytes < PAGE_TEXT_BYTES; i++) {
        const Entry *entry = g_ptr_array_index(page->entries, i);
        bytes += strlen(entry->name) * 6 + 100;
        json_array_append_new(entries, entry_json(entry));
        if (i + 1 < page->entries->len && (i + 1 == count || bytes >= PAGE_TEXT_BYTES))
            next = mark_make(entry);
    }
    return json_pack("{s:o, s:s?, s:I}", "entries", entries, "next", next, "count",
                     (json_int_t)page->seen);
}

json_t *volume_browse(int volume_fd, const VolumeListing *listing, GError **error)
{
    Page page = {.listing = listing};
    if (*listing->after != '\0' && !mark_parse(listing->after, &page.after, error))
        return NULL;
    int fd = open_beneath(volume_fd, *listing->folder == '\0' ? "." : listing->folder,
                          O_RDONLY | O_DIRECTORY, 0, error);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        fd_cleanup(&fd);
        g_free(page.after.name);
        return NULL;
    }
    page.entries = g_ptr_array_new_with_free_func(entry_free);
    json_t *result = page_read(&page, dir, error) ? page_json(&page) : NULL;
    closedir(dir);
    g_ptr_array_unref(page.entries);
    g_free(page.after.name);
    return result;
}
