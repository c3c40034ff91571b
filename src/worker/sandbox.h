/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one-way door of the worker: after sandbox_enter() the process can read its inputs' files, write
 * OUTPUT_FD's file, compute, and answer on the sockets it already holds; nothing else. Resource
 * limits bound what it uses, Landlock closes the file system, seccomp leaves about sixty system
 * calls. There is no weaker mode: where a part is missing, the worker refuses to work.
 */
#ifndef DARSE_WORKER_SANDBOX_H
#define DARSE_WORKER_SANDBOX_H

#include "worker/worker.h"

#include <glib.h>
#include <stdbool.h>

/* Limits on memory, processor time, descriptors and file size. Before anything is loaded. */
bool sandbox_limit(const WorkerLimits *limits, GError **error);
/* OUTPUT_FD may be -1. ERROR_UNAVAILABLE "worker.sandbox" if this host cannot give it, or if a library that was
 * loaded has started a thread, which would stay outside. */
bool sandbox_enter(const int *input_fds, size_t inputs, int output_fd, GError **error);

#endif
