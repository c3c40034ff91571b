/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the state directory and of what its configuration says. Nothing is opened for writing, and
 * SQLite's file not at all: opening a database in WAL mode makes files. */
#include "audit/log.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "doctor/checks.h"
#include "engine/vault.h"
#include "server/folders.h"
#include "server/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define GIB (INT64_C(1) << 30)
#define DISK_PROBLEM_BYTES GIB
#define DISK_WARNING_BYTES (10 * GIB)
#define BACKUP_OLD_MS (8 * TIME_DAY_MS)
#define POSTGRES_WANTED 13000
#define DEMAND_INIT "no state directory yet: `darse init` makes it"

/* ---- configuration ---- */

void check_config(const DoctorHost *host, Finding *finding)
{
    g_autofree char *path = g_build_filename(host->state_dir, "darse.conf", NULL);
    if (host->config == NULL) {
        finding_set(finding, FINDING_PROBLEM, "%s", host->config_problem);
        finding_advise(finding, "The server does not start.",
                       "Correct that line; `darse config` prints every option.");
    } else if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        finding_set(finding, host->has_state ? FINDING_OK : FINDING_NONE,
                    "there is no darse.conf: defaults");
    } else {
        finding_set(finding, FINDING_OK, "%s is understood", path);
    }
}

void check_user(const DoctorHost *host, Finding *finding)
{
    if (host->config == NULL || host->uid != 0) {
        finding_set(finding, FINDING_NONE, "%s", host->uid != 0 ? "Darse would run as this user itself"
                                                                : "the configuration is not understood");
        return;
    }
    const char *name = config_text(host->config, "server.user");
    const struct passwd *user = getpwnam(name);
    bool ok = user != NULL && user->pw_uid != 0;
    if (ok)
        finding_set(finding, FINDING_OK, "%s (%u)", name, user->pw_uid);
    else
        finding_set(finding, FINDING_PROBLEM, "there is no user \"%s\" that is not root", name);
    if (!ok)
        finding_advise(finding, "The server does not start: it never runs as root.",
                       "useradd --system --user-group --no-create-home %s", name);
}

/* ---- folders ---- */

/* What is wrong with one folder; NULL: nothing. */
static char *folder_fault(const DoctorHost *host, const StateFolder *folder, uid_t server)
{
    struct stat st;
    g_autofree char *path = g_build_filename(host->state_dir, folder->name, NULL);
    if (lstat(path, &st) < 0)
        return errno == EACCES ? NULL : g_strdup_printf("%s is missing", path);
    if (!S_ISDIR(st.st_mode))
        return g_strdup_printf("%s is not a folder", path);
    if (st.st_uid != 0 && (folder->root || st.st_uid != server))
        return g_strdup_printf("%s belongs to user %u", path, st.st_uid);
    mode_t more = st.st_mode & 07777 & ~(folder->mode | 0750);
    if (more != 0 || (st.st_mode & 0020) != 0)
        return g_strdup_printf("%s has mode %04o, which is more than %04o", path, st.st_mode & 07777,
                               folder->mode);
    return NULL;
}

static uid_t server_uid(const DoctorHost *host)
{
    const struct passwd *user =
        host->uid == 0 && host->config != NULL ? getpwnam(config_text(host->config, "server.user"))
                                               : NULL;
    return user != NULL ? user->pw_uid : host->uid;
}

void check_state(const DoctorHost *host, Finding *finding)
{
    if (!host->has_state) {
        finding_set(finding, FINDING_NONE, DEMAND_INIT);
        return;
    }
    for (const StateFolder *folder = state_folders; folder->name != NULL; folder++) {
        g_autofree char *fault = folder_fault(host, folder, server_uid(host));
        if (fault == NULL)
            continue;
        finding_set(finding, FINDING_PROBLEM, "%s", fault);
        finding_advise(finding, "Other users of this machine could read or change what is in it.",
                       "Give it back its owner and mode (chown, chmod %04o); look who changed it.",
                       folder->mode);
        return;
    }
    finding_set(finding, FINDING_OK, "%s: owners and modes are as they were made", host->state_dir);
}

typedef struct SecretFile {
    const char *option;       /* or */
    const char *path;         /* below the state directory */
} SecretFile;

static const SecretFile secret_files[] = {
    {.option = "store.password_file"}, {.option = "metrics.token_file"},
    {.path = "instance/audit.key"},    {.path = "keys/instance.key"},
    {.path = "darse.db"},
};

void check_secrets(const DoctorHost *host, Finding *finding)
{
    int looked = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(secret_files); i++) {
        struct stat st;
        const SecretFile *file = &secret_files[i];
        const char *named = file->option != NULL && host->config != NULL
                                ? config_text(host->config, file->option) : "";
        g_autofree char *path = file->path != NULL
                                    ? g_build_filename(host->state_dir, file->path, NULL)
                                    : g_strdup(named);
        if (*path == '\0' || stat(path, &st) < 0)
            continue;
        looked++;
        if ((st.st_mode & 0077) == 0 || ((st.st_mode & 0037) == 0 && st.st_gid != 0))
            continue;
        finding_set(finding, FINDING_PROBLEM, "%s has mode %04o", path, st.st_mode & 07777);
        finding_advise(finding, "Other users of this machine can read a secret.", "chmod 0600 %s", path);
        return;
    }
    if (looked == 0)
        finding_set(finding, FINDING_NONE, host->has_state ? "none can be looked at" : DEMAND_INIT);
    else
        finding_set(finding, FINDING_OK, "%d, read by their owners alone", looked);
}

/* ---- disks ---- */

void check_fscrypt(const DoctorHost *host, Finding *finding)
{
    g_autofree char *place = folder_nearest(host->state_dir);
    FD_AUTO int fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && vault_supported(fd)) {
        finding_set(finding, FINDING_OK, "%s: each project and dataset gets its own key", place);
        return;
    }
    bool secure = host->config != NULL && config_boolean(host->config, "engine.accept_unencrypted_secure");
    finding_set(finding, FINDING_WARNING, "the file system of %s cannot encrypt folders", place);
    finding_advise(finding, secure ? "Data lie in clear for whoever gets the disk, in secure projects "
                                     "too: engine.accept_unencrypted_secure says so."
                                   : "Secure projects are refused; the data of others lie in clear for "
                                     "whoever gets the disk.",
                   "On ext4, before `darse init`: tune2fs -O encrypt DEVICE (df %s names it). Else "
                   "encrypt the disk below (LUKS) and set engine.accept_unencrypted_secure=true.", place);
}

static void disk_judge(const char *path, Finding *finding)
{
    struct statvfs disk;
    g_autofree char *place = folder_nearest(path);
    if (statvfs(place, &disk) < 0) {
        finding_set(finding, FINDING_NONE, "%s cannot be asked: %s", place, g_strerror(errno));
        return;
    }
    int64_t left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    int64_t whole = MAX(1, (int64_t)disk.f_blocks * (int64_t)disk.f_frsize);
    bool no_inodes = disk.f_files > 0 && disk.f_favail < disk.f_files / 50;
    FindingLevel level = left < DISK_PROBLEM_BYTES ? FINDING_PROBLEM
                         : left < DISK_WARNING_BYTES || left < whole / 10 || no_inodes ? FINDING_WARNING
                                                                                       : FINDING_OK;
    g_autofree char *text = g_format_size_full((guint64)left, G_FORMAT_SIZE_IEC_UNITS);
    finding_set(finding, level, "%s left on %s (%" G_GINT64_FORMAT " %%)%s", text, place,
                left * 100 / whole, no_inodes ? ", few inodes" : "");
    if (level != FINDING_OK)
        finding_advise(finding, "When it is full nothing is lost, but nothing can be written.",
                       "Make room or enlarge it; darse_disk_free_bytes in /metrics is worth an alert.");
}

void check_disk(const DoctorHost *host, Finding *finding)
{
    disk_judge(host->state_dir, finding);
}

void check_store_disk(const DoctorHost *host, Finding *finding)
{
    disk_judge(host->store_dir, finding);
}

/* ---- network ---- */

/* Would we get it? EADDRINUSE says no; whatever else is for the server to say. */
static bool port_is_free(const char *address, int port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
        return true;
    FD_AUTO int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const struct sockaddr *where = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    return bind(fd, where, is_v4 ? sizeof v4 : sizeof v6) == 0 || errno != EADDRINUSE;
}

void check_ports(const DoctorHost *host, Finding *finding)
{
    static const char *const ports[][2] = {{"server.listen", "server.port"},
                                           {"server.listen", "server.lake_port"},
                                           {"metrics.listen", "metrics.port"}};
    if (host->config == NULL || host->is_running) {
        finding_set(finding, host->is_running ? FINDING_OK : FINDING_NONE, "%s",
                    host->is_running ? "held by the server that runs"
                                     : "the configuration is not understood");
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
        const char *address = config_text(host->config, ports[i][0]);
        int port = (int)config_integer(host->config, ports[i][1]);
        if (port != 0 && !port_is_free(address, port)) {
            finding_set(finding, FINDING_PROBLEM, "port %d of %s is taken by another program", port,
                        address);
            finding_advise(finding, "The server does not start.",
                           "Stop that program (ss -ltnp names it), or change %s.", ports[i][1]);
            return;
        }
        if (port != 0)
            g_string_append_printf(text, "%s%d", text->len > 0 ? ", " : "", port);
    }
    finding_set(finding, FINDING_OK, "%s free", text->len > 0 ? text->str : "any");
}

void check_https(const DoctorHost *host, Finding *finding)
{
    if (host->config == NULL) {
        finding_set(finding, FINDING_NONE, "the configuration is not understood");
        return;
    }
    const char *url = config_text(host->config, "server.public_url");
    bool loopback = serve_is_loopback(config_text(host->config, "server.listen"));
    if (g_str_has_prefix(url, "https://")) {
        finding_set(finding, loopback ? FINDING_OK : FINDING_WARNING, "%s", url);
        if (!loopback)
            finding_advise(finding, "The server itself speaks plain HTTP: others on the network can reach "
                                    "it beside the proxy.",
                           "Let the proxy on this machine reach it on 127.0.0.1, or close the port.");
    } else if (loopback && *url == '\0') {
        finding_set(finding, FINDING_NONE, "only this machine is served");
    } else {
        finding_set(finding, FINDING_PROBLEM, "people come by plain HTTP");
        finding_advise(finding, "Passwords and data cross the network in clear, and browsers keep no "
                                "session.",
                       "Put a proxy with a certificate in front (docs/operating.md), and set "
                       "server.public_url to its https:// address.");
    }
}

/* ---- what is kept ---- */

static bool database_read_version(StoreTx *tx, void *data, GError **error)
{
    return store_query_integer(tx, (int64_t *)data, 0, error,
                               "SELECT CAST(current_setting('server_version_num') AS BIGINT)");
}

static void database_ask(const DoctorHost *host, Finding *finding)
{
    int64_t number = 0;
    g_autoptr(GError) problem = NULL;
    g_autoptr(Store) store = serve_store_open(host->config, 1, &problem);
    if (store == NULL || !store_read(store, database_read_version, &number, &problem)) {
        finding_set(finding, FINDING_PROBLEM, "%s", problem->message);
        finding_advise(finding, "The server does not start, or answers 503.",
                       "See that PostgreSQL runs, that store.url and store.password_file are right, and "
                       "that pg_hba.conf lets this machine in.");
        return;
    }
    int version = (int)(number / 10000 * 1000 + number % 10000);
    finding_set(finding, version >= POSTGRES_WANTED ? FINDING_OK : FINDING_WARNING,
                "PostgreSQL %d.%d", (int)(number / 10000), (int)(number % 10000));
    if (version < POSTGRES_WANTED)
        finding_advise(finding, "Versions before 13 are not tested.", "Use PostgreSQL 13 or later.");
}

void check_database(const DoctorHost *host, Finding *finding)
{
    struct stat st;
    if (host->config != NULL && *config_text(host->config, "store.url") != '\0') {
        database_ask(host, finding);
        return;
    }
    g_autofree char *path = g_build_filename(host->state_dir, "darse.db", NULL);
    if (!host->has_state) {
        finding_set(finding, FINDING_NONE, DEMAND_INIT);
    } else if (stat(path, &st) < 0 || st.st_size == 0) {
        finding_set(finding, FINDING_PROBLEM, "%s is %s", path, errno == ENOENT ? "missing" : "empty");
        finding_advise(finding, "The server would begin with nothing, and refuses: the audit log holds "
                                "more.", "Restore the last backup (docs/backup.md).");
    } else {
        g_autofree char *size = g_format_size_full((guint64)st.st_size, G_FORMAT_SIZE_IEC_UNITS);
        finding_set(finding, FINDING_OK, "SQLite, %s", size);
    }
}

static char *ago(int64_t ms)
{
    if (ms < TIME_HOUR_MS)
        return g_strdup_printf("%" G_GINT64_FORMAT " minutes ago", MAX(0, ms) / TIME_MINUTE_MS);
    if (ms < 2 * TIME_DAY_MS)
        return g_strdup_printf("%" G_GINT64_FORMAT " hours ago", ms / TIME_HOUR_MS);
    return g_strdup_printf("%" G_GINT64_FORMAT " days ago", ms / TIME_DAY_MS);
}

void check_audit(const DoctorHost *host, Finding *finding)
{
    if (!host->has_state) {
        finding_set(finding, FINDING_NONE, DEMAND_INIT);
        return;
    }
    g_autofree char *folder = log_folder(host->state_dir);
    g_autofree char *key = NULL;
    g_auto(Checkpoint) checkpoint = {0};
    g_autoptr(GError) problem = NULL;
    if (log_load_verifier(host->state_dir, &key, &problem) &&
        log_load_checkpoint(folder, key, NULL, &checkpoint, &problem)) {
        g_autofree char *when = ago(host->now_ms - log_checkpoint_time(folder));
        finding_set(finding, FINDING_OK, "a checkpoint over %" G_GINT64_FORMAT " entries, signed %s",
                    checkpoint.size, when);
        return;
    }
    bool unread = host->uid != 0 && access(folder, X_OK) < 0;
    bool fresh = error_is(problem, ERROR_NOT_FOUND) && !host->is_running;
    finding_set(finding, unread || fresh ? FINDING_NONE : FINDING_PROBLEM, "%s",
                unread ? "only the server's user and root can look into it"
                : fresh ? "no checkpoint yet: the first start makes it" : problem->message);
    if (finding->level == FINDING_PROBLEM)
        finding_advise(finding, "What was done can no longer be proved from its files.",
                       "darse audit verify says what is wrong; keep the folder as it is.");
}

void check_backup(const DoctorHost *host, Finding *finding)
{
    g_autofree char *path = g_build_filename(host->state_dir, "backup.json", NULL);
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!host->has_state) {
        finding_set(finding, FINDING_NONE, DEMAND_INIT);
        return;
    }
    g_autoptr(json_t) told = file_read(path, 4096, &text, &size, NULL) ? json_parse(text, size, NULL) : NULL;
    int64_t done_ms = json_integer_value(json_object_get(told, "done_ms"));
    if (done_ms == 0) {
        finding_set(finding, FINDING_WARNING, "none was made with `darse backup`");
        finding_advise(finding, "If this disk dies, so do the data, the rights and the log.",
                       "darse backup --to FOLDER on another machine's disk, every night (docs/backup.md).");
        return;
    }
    g_autofree char *when = ago(host->now_ms - done_ms);
    bool old = host->now_ms - done_ms > BACKUP_OLD_MS;
    finding_set(finding, old ? FINDING_WARNING : FINDING_OK, "the last one ended %s", when);
    if (old)
        finding_advise(finding, "What happened since then has no copy.",
                       "See why darse-backup.timer (or your cron) no longer runs.");
}
