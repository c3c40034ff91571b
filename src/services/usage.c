/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups count for us: two small files per service, readable by anybody. */
#include "services/usage.h"

#include "base/files.h"
#include "base/times.h"

#include <string.h>

#define GROUPS "/sys/fs/cgroup"
#define FILE_MAX 16384

typedef struct UsageSample {
    ServiceUsage usage;
    int64_t cpu_us;
    int64_t monotonic_ms;
} UsageSample;

static bool line_counts(char **fields, const char *controller)
{
    g_auto(GStrv) controllers = g_strsplit(fields[1], ",", -1);
    return g_strv_contains((const char *const *)controllers, controller);
}

char *usage_group_path(const char *text, const char *controller, bool *ret_unified)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *unified = NULL;
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ":", 3);
        if (g_strv_length(fields) != 3 || strcmp(fields[2], "/") == 0)
            continue;
        if (line_counts(fields, controller)) {
            *ret_unified = false;
            return g_strconcat("/", controller, fields[2], NULL);
        }
        if (strcmp(fields[0], "0") == 0 && *fields[1] == '\0')
            unified = strchr(strchr(*line, ':') + 1, ':') + 1;
    }
    *ret_unified = true;
    return g_strdup(unified);
}

static bool read_number(const char *path, const char *name, int64_t *ret_number)
{
    g_autofree char *whole = g_build_filename(GROUPS, path, name, NULL);
    g_autofree char *text = NULL;
    if (!file_read(whole, FILE_MAX, &text, NULL, NULL) || !g_ascii_isdigit(*text))
        return false;
    *ret_number = g_ascii_strtoll(text, NULL, 10);
    return true;
}

/* "usage_usec 123" of cpu.stat. */
static bool read_cpu_stat(const char *path, int64_t *ret_us)
{
    g_autofree char *whole = g_build_filename(GROUPS, path, "cpu.stat", NULL);
    g_autofree char *text = NULL;
    if (!file_read(whole, FILE_MAX, &text, NULL, NULL) || !g_str_has_prefix(text, "usage_usec "))
        return false;
    *ret_us = g_ascii_strtoll(text + strlen("usage_usec "), NULL, 10);
    return true;
}

static bool read_memory(const char *groups, int64_t *ret_bytes)
{
    bool unified = false;
    g_autofree char *path = usage_group_path(groups, "memory", &unified);
    return path != NULL &&
           read_number(path, unified ? "memory.current" : "memory.usage_in_bytes", ret_bytes);
}

static bool read_cpu(const char *groups, int64_t *ret_us)
{
    bool unified = false;
    int64_t ns = 0;
    g_autofree char *path = usage_group_path(groups, "cpuacct", &unified);
    if (path == NULL)
        return false;
    if (unified)
        return read_cpu_stat(path, ret_us);
    if (!read_number(path, "cpuacct.usage", &ns))
        return false;
    *ret_us = ns / 1000;
    return true;
}

static bool read_sample(const Services *services, int64_t pid, UsageSample *ret_sample)
{
    g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/cgroup", pid);
    g_autofree char *groups = NULL;
    const Config *config = services->app->config;
    UsageSample sample = {.monotonic_ms = time_monotonic_ms()};
    if (pid <= 0 || !file_read(path, FILE_MAX, &groups, NULL, NULL) ||
        !read_memory(groups, &sample.usage.memory_bytes) || !read_cpu(groups, &sample.cpu_us))
        return false;
    sample.usage.sampled_ms = time_now_ms();
    sample.usage.memory_limit_bytes = config_integer(config, "services.memory_mib") * 1024 * 1024;
    sample.usage.cpu_limit = (double)config_integer(config, "services.cpus");
    *ret_sample = sample;
    return true;
}

static void note_sample(GHashTable *into, const GHashTable *before, const char *id,
                        UsageSample *sample)
{
    const UsageSample *last = g_hash_table_lookup((GHashTable *)before, id);
    if (last != NULL && sample->monotonic_ms > last->monotonic_ms)
        sample->usage.cpus = (double)(sample->cpu_us - last->cpu_us) / 1000 /
                             (double)(sample->monotonic_ms - last->monotonic_ms);
    g_hash_table_insert(into, g_strdup(id), g_memdup2(sample, sizeof *sample));
}

static GHashTable *usage_table(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void usage_sample(Services *services, const json_t *listed)
{
    GHashTable *next = usage_table();
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(listed, "services"), i, row) {
        const char *id = json_string_value(json_object_get(row, "service_id"));
        UsageSample sample;
        /* One thread samples: the table is replaced under the lock, and read by it without. */
        if (id != NULL &&
            read_sample(services, json_integer_value(json_object_get(row, "pid")), &sample))
            note_sample(next, services->usage, id, &sample);
    }
    g_mutex_lock(&services->lock);
    GHashTable *old = services->usage;
    services->usage = next;
    g_mutex_unlock(&services->lock);
    g_hash_table_unref(old);
}

bool services_usage(App *app, const char *service, ServiceUsage *ret_usage)
{
    Services *services = services_of(app);
    g_mutex_lock(&services->lock);
    const UsageSample *sample = g_hash_table_lookup(services->usage, service);
    if (sample != NULL)
        *ret_usage = sample->usage;
    g_mutex_unlock(&services->lock);
    return sample != NULL;
}

void usage_start(Services *services)
{
    services->usage = usage_table();
}

void usage_stop(Services *services)
{
    g_hash_table_unref(services->usage);
}
