/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread polls the status door of each bubble and accepts on each lake door. What comes from a
 * status door is the bubble's to invent: it can only make its own service look ready or active.
 */
#include "services/live.h"

#include "base/files.h"
#include "base/log.h"
#include "base/times.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void live_free(void *data)
{
    ServiceLive *live = data;
    if (live->status_fd >= 0)
        close(live->status_fd);
    if (live->lake_fd >= 0)
        close(live->lake_fd);
    g_string_free(live->line, TRUE);
    g_free(live->id);
    g_free(live->project);
    g_free(live->person);
    g_free(live);
}

Services *services_of(const App *app)
{
    return app->room_data[ROOM_SERVICES];
}

static void live_wake(Services *services)
{
    uint64_t one = 1;
    ssize_t written = write(services->wake_fd, &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

ServiceLive *live_add(Services *services, const char *id, const char *project,
                      const char *person, uid_t door_owner)
{
    g_mutex_lock(&services->lock);
    ServiceLive *live = g_hash_table_lookup(services->live, id);
    if (live == NULL) {
        live = g_new0(ServiceLive, 1);
        live->id = g_strdup(id);
        live->project = g_strdup(project);
        live->person = g_strdup(person);
        live->status_fd = -1;
        live->lake_fd = -1;
        live->line = g_string_new(NULL);
        live->active_ms = time_now_ms();
        g_hash_table_insert(services->live, live->id, live);
    }
    live->door_owner = door_owner;
    g_mutex_unlock(&services->lock);
    return live;
}

bool live_find(Services *services, const char *id, char **ret_project, char **ret_person,
               uid_t *ret_owner)
{
    g_mutex_lock(&services->lock);
    const ServiceLive *live = g_hash_table_lookup(services->live, id);
    if (live != NULL) {
        if (ret_project != NULL)
            *ret_project = g_strdup(live->project);
        if (ret_person != NULL)
            *ret_person = g_strdup(live->person);
        *ret_owner = live->door_owner;
    }
    g_mutex_unlock(&services->lock);
    return live != NULL;
}

void live_remove(Services *services, const char *id)
{
    g_mutex_lock(&services->lock);
    g_hash_table_remove(services->live, id);
    g_mutex_unlock(&services->lock);
    live_wake(services);
}

void live_watch(Services *services, const char *id, int status_fd, int lake_fd)
{
    g_mutex_lock(&services->lock);
    ServiceLive *live = g_hash_table_lookup(services->live, id);
    if (live != NULL && status_fd >= 0 && live->status_fd < 0) {
        live->status_fd = status_fd;
        status_fd = -1;
    }
    if (live != NULL && lake_fd >= 0 && live->lake_fd < 0) {
        live->lake_fd = lake_fd;
        lake_fd = -1;
    }
    g_mutex_unlock(&services->lock);
    if (status_fd >= 0)
        close(status_fd);
    if (lake_fd >= 0)
        close(lake_fd);
    live_wake(services);
}

void live_touch(Services *services, const char *id, int64_t now_ms)
{
    g_mutex_lock(&services->lock);
    ServiceLive *live = g_hash_table_lookup(services->live, id);
    if (live != NULL)
        live->active_ms = MAX(live->active_ms, now_ms);
    g_mutex_unlock(&services->lock);
}

static void live_take_line(ServiceLive *live, const char *line)
{
    BubbleStatus status;
    if (!status_parse(line, &status))
        return;
    if (strcmp(status.state, "ready") == 0)
        live->ready = true;
    else if (status.state[0] == '\0' && status.open > 0)
        live->active_ms = MAX(live->active_ms, MIN(status.value, time_now_ms()));
}

/* False when the bubble closed its status door: it has ended. */
static bool live_read_status(ServiceLive *live)
{
    char chunk[512];
    ssize_t n = recv(live->status_fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0)
        return false;
    for (ssize_t i = 0; i < n; i++) {
        if (chunk[i] == '\n') {
            live_take_line(live, live->line->str);
            g_string_truncate(live->line, 0);
        } else if (live->line->len < STATUS_LINE_MAX) {
            g_string_append_c(live->line, chunk[i]);
        }
    }
    return true;
}

/* What to poll, in the same order as IDS: the wake descriptor first. */
static GArray *watch_table(Services *services, GPtrArray *ids)
{
    GArray *table = g_array_new(FALSE, TRUE, sizeof(struct pollfd));
    struct pollfd wake = {.fd = services->wake_fd, .events = POLLIN};
    g_array_append_val(table, wake);
    g_ptr_array_add(ids, NULL);
    g_mutex_lock(&services->lock);
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, services->live);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ServiceLive *live = value;
        int fds[] = {live->status_fd, live->lake_fd};
        for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
            struct pollfd row = {.fd = fds[i], .events = POLLIN};
            if (fds[i] < 0)
                continue;
            g_array_append_val(table, row);
            g_ptr_array_add(ids, g_strdup(live->id));
        }
    }
    g_mutex_unlock(&services->lock);
    return table;
}

static bool relay_is_of(void *user, void *wanted)
{
    return strcmp(user, wanted) == 0;
}

void live_end_relays(Services *services, const char *id)
{
    if (services->app->portal != NULL)
        http_server_end_relays(services->app->portal, relay_is_of, (void *)id);
}

/* Returns true if the bubble ended. *RET_ACCEPTED is a connection of its lake door, or -1. */
static bool watch_serve(Services *services, const char *id, int fd, int *ret_accepted)
{
    bool ended = false;
    g_mutex_lock(&services->lock);
    ServiceLive *live = g_hash_table_lookup(services->live, id);
    if (live != NULL && live->status_fd == fd && !live_read_status(live)) {
        close(live->status_fd);
        live->status_fd = -1;
        ended = true;
    } else if (live != NULL && live->lake_fd == fd) {
        *ret_accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    }
    g_mutex_unlock(&services->lock);
    return ended;
}

static void watch_round(Services *services)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) table = watch_table(services, ids);
    struct pollfd *rows = (struct pollfd *)(void *)table->data;
    if (poll(rows, table->len, -1) < 0)
        return;
    if (rows[0].revents != 0) {
        uint64_t count;
        ssize_t got = read(services->wake_fd, &count, sizeof count);
        (void)got;
    }
    for (guint i = 1; i < table->len; i++) {
        const char *id = g_ptr_array_index(ids, i);
        int accepted = -1;
        if (rows[i].revents == 0)
            continue;
        if (watch_serve(services, id, rows[i].fd, &accepted))
            services->on_ended(services, id);
        g_autoptr(GError) problem = NULL;
        if (accepted >= 0 && !http_server_adopt(services->app->lake, accepted, &problem))
            log_warning("services.lake_door", "service", id, "why", problem->message);
    }
}

static void *watch_thread(void *data)
{
    Services *services = data;
    while (!g_atomic_int_get(&services->stopping))
        watch_round(services);
    return NULL;
}

void live_start(Services *services)
{
    services->live = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, live_free);
    services->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_assert(services->wake_fd >= 0);
    services->watch = g_thread_new("bubbles", watch_thread, services);
}

void live_stop(Services *services)
{
    live_wake(services);
    g_thread_join(services->watch);
    g_hash_table_unref(services->live);
    close(services->wake_fd);
}
