/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine process: one socket, a few threads. It reads a plan, checks who asks, judges the plan,
 * applies it and answers. It knows no HTTP, no database, and nobody's name.
 */
#ifndef DARSE_ENGINE_PROCESS_H
#define DARSE_ENGINE_PROCESS_H

#include "base/config.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct EngineOptions {
    const Config *config;
    uid_t serve_uid;
    const char *store;    /* the container store: images.json and storage.conf */
    const char *sas_path; /* NULL: beside the program */
} EngineOptions;

/* Runs until SIGTERM or SIGINT. False if it could not begin. */
bool engine_process_run(const EngineOptions *options, GError **error);

#endif
