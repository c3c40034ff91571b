/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New, empty databases for tests, SQLite and PostgreSQL. The address of a PostgreSQL server comes
 * from DARSE_TEST_POSTGRES; without it a private cluster is started by tests/postgres.sh.
 */
#ifndef DARSE_TESTS_DATABASE_H
#define DARSE_TESTS_DATABASE_H

#include "base/files.h"
#include "store/store.h"

#include <libpq-fe.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum Kind { SQLITE, POSTGRES, KINDS } Kind;
static const char *const kind_names[KINDS] = {"sqlite", "postgres"};

static struct {
    char *folder;
    char *postgres;        /* address, or NULL */
    char *cluster;         /* folder of our own cluster, or NULL */
    bool has_looked;
    int databases;
} world;

static int run_postgres_script(const char *verb, char **ret_output)
{
    const char *argv[] = {DARSE_SOURCE_DIR "/tests/postgres.sh", verb, world.cluster, NULL};
    g_autofree char *output = NULL;
    int status = -1;
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output,
                               NULL, &status, NULL));
    if (ret_output != NULL)
        *ret_output = g_strdup(g_strchomp(output));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void find_postgres(void)
{
    world.has_looked = true;
    world.postgres = g_strdup(g_getenv("DARSE_TEST_POSTGRES"));
    if (world.postgres != NULL)
        return;
    world.cluster = g_strdup_printf("/tmp/darse-postgres-%d", (int)getpid());
    int status = run_postgres_script("start", &world.postgres);
    if (status == 77) {
        g_clear_pointer(&world.cluster, g_free);
        g_clear_pointer(&world.postgres, g_free);
        return;
    }
    g_assert_cmpint(status, ==, 0);
}

static bool has_kind(Kind kind)
{
    if (kind != POSTGRES)
        return true;
    if (!world.has_looked)
        find_postgres();
    if (world.postgres == NULL)
        g_test_skip("PostgreSQL is not installed on this machine");
    return world.postgres != NULL;
}

static void postgres_run(const char *sql)
{
    PGconn *connection = PQconnectdb(world.postgres);
    PGresult *result = PQexec(connection, sql);
    g_assert_true(PQresultStatus(result) == PGRES_COMMAND_OK ||
                  PQresultStatus(result) == PGRES_TUPLES_OK);
    PQclear(result);
    PQfinish(connection);
}

/* Address of a new, empty database. Caller frees. */
static char *new_database(Kind kind)
{
    int n = world.databases++;
    if (kind == SQLITE)
        return g_strdup_printf("sqlite:%s/%d.db", world.folder, n);
    g_autofree char *sql = g_strdup_printf("CREATE SCHEMA t%d_%d", (int)getpid(), n);
    postgres_run(sql);
    return g_strdup_printf("%s&options=-csearch_path%%3Dt%d_%d", world.postgres, (int)getpid(), n);
}

static Store *open_store(const char *url)
{
    g_autoptr(GError) error = NULL;
    Store *store = store_open(url, NULL, 4, &error);
    g_assert_no_error(error);
    return store;
}

static void world_begin(void)
{
    g_autoptr(GError) error = NULL;
    world.folder = g_dir_make_tmp("darse-test-XXXXXX", &error);
    g_assert_no_error(error);
}

static void world_end(void)
{
    if (world.cluster != NULL)
        run_postgres_script("stop", NULL);
    tree_remove(world.folder, NULL);
    g_free(world.folder);
    g_free(world.postgres);
    g_free(world.cluster);
}

#endif
