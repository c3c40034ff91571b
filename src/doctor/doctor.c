/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"

#include "base/encode.h"
#include "base/files.h"
#include "doctor/checks.h"

#include <stdarg.h>
#include <string.h>

#define HOST_FILE_MAX (1024 * 1024)

const DoctorCheck doctor_checks[] = {
    {"kernel", "Linux", check_kernel},
    {"podman", "Podman", check_podman},
    {"runtime", "container runtime", check_runtime},
    {"user_namespaces", "user namespaces", check_user_namespaces},
    {"ids", "ids of projects", check_ids},
    {"cgroups", "cgroups", check_cgroups},
    {"ulimits", "limits of processes", check_ulimits},
    {"seccomp", "system call filter", check_seccomp},
    {"landlock", "Landlock", check_landlock},
    {"clock", "clock", check_clock},
    {"memory", "memory", check_memory},
    {"sas", "sas", check_sas},
    {"images", "images", check_images},
    {"duckdb", "DuckDB", check_duckdb},
    {"solver", "solver", check_solver},
    {"pages", "pages", check_pages},
    {"mirrors", "mirrors", check_mirrors},
    {"config", "configuration", check_config},
    {"user", "server's user", check_user},
    {"state", "state directory", check_state},
    {"fscrypt", "encryption at rest", check_fscrypt},
    {"disk", "disk of the state", check_disk},
    {"store_disk", "disk of the images", check_store_disk},
    {"ports", "ports", check_ports},
    {"https", "HTTPS", check_https},
    {"secrets", "secret files", check_secrets},
    {"database", "database", check_database},
    {"engine", "engine", check_engine},
    {"audit", "audit log", check_audit},
    {"backup", "backup", check_backup},
    {0},
};

static const char *const level_names[] = {"ok", "warning", "problem", "not applicable"};

const char *finding_level_name(FindingLevel level)
{
    return level_names[level];
}

void finding_clear(Finding *finding)
{
    g_clear_pointer(&finding->found, g_free);
    g_clear_pointer(&finding->means, g_free);
    g_clear_pointer(&finding->mend, g_free);
}

void finding_set(Finding *finding, FindingLevel level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finding_clear(finding);
    finding->level = level;
    finding->found = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

void finding_advise(Finding *finding, const char *means, const char *mend, ...)
{
    va_list arguments;
    va_start(arguments, mend);
    g_free(finding->means);
    g_free(finding->mend);
    finding->means = g_strdup(means);
    finding->mend = g_strdup_vprintf(mend, arguments);
    va_end(arguments);
}

char *host_file(const DoctorHost *host, const char *path)
{
    char *text = NULL;
    g_autofree char *whole = g_strconcat(host->root, path, NULL);
    return file_read(whole, HOST_FILE_MAX, &text, NULL, NULL) ? text : NULL;
}

int64_t text_number(const char *text, int64_t fallback)
{
    const char *digit = text != NULL ? strpbrk(text, "0123456789") : NULL;
    return digit != NULL ? g_ascii_strtoll(digit, NULL, 10) : fallback;
}

int text_version(const char *text)
{
    const char *digit = text != NULL ? strpbrk(text, "0123456789") : NULL;
    if (digit == NULL)
        return -1;
    char *end = NULL;
    long major = strtol(digit, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return major > 1000 || minor > 999 ? -1 : (int)(major * 1000 + minor);
}

char *folder_nearest(const char *path)
{
    char *place = g_strdup(path);
    while (!g_file_test(place, G_FILE_TEST_IS_DIR)) {
        char *above = g_path_get_dirname(place);
        g_free(place);
        place = above;
    }
    return place;
}

static json_t *finding_json(const DoctorCheck *check, const Finding *finding)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?}", "name", check->name, "title", check->title,
                     "level", finding_level_name(finding->level), "found", finding->found, "means",
                     finding->means, "mend", finding->mend);
}

json_t *doctor_report(const DoctorHost *host)
{
    json_t *checks = json_array();
    int counts[G_N_ELEMENTS(level_names)] = {0};
    for (const DoctorCheck *check = doctor_checks; check->name != NULL; check++) {
        g_auto(Finding) finding = {0};
        check->check(host, &finding);
        g_assert(finding.found != NULL);
        counts[finding.level]++;
        json_array_append_new(checks, finding_json(check, &finding));
    }
    return json_pack("{s:o, s:i, s:i}", "checks", checks, "problems", counts[FINDING_PROBLEM],
                     "warnings", counts[FINDING_WARNING]);
}
