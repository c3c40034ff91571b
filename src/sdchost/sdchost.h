/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program on Linux gives to the kernels of sdc: a pool of threads, and the default solver (CLP
 * for linear programs, CBC for those with integers, of COIN-OR, EPL-2.0). It must not know files,
 * projects or people. The solver's libraries are loaded when sdchost_solver_open() is called and not
 * before, so that a process that never solves anything never maps them.
 */
#ifndef DARSE_SDCHOST_SDCHOST_H
#define DARSE_SDCHOST_SDCHOST_H

#include "sdc/core.h"
#include "sdc/solver.h"

#define SDCHOST_THREADS_MAX 256

/* --- threads ----------------------------------------------------------------------------------- */

typedef struct SdchostPool SdchostPool;

/* COUNT threads in all, the caller's included: 1 starts none. 0 is as many as the process may run on.
 * NULL with RET_ERROR filled where they cannot be had. */
SdchostPool *sdchost_pool_new(unsigned count, SdcError *ret_error);
/* Waits for its threads. Accepts NULL. */
void sdchost_pool_free(SdchostPool *pool);
/* For SdcContext.threads, as long as the pool lives. A pool runs one set of tasks at a time: tasks
 * asked for by a task, or by a second thread meanwhile, run on the thread that asks. */
const SdcThreads *sdchost_pool_threads(const SdchostPool *pool);

/* --- the solver -------------------------------------------------------------------------------- */

typedef struct SdchostSolver SdchostSolver;

/* Loads CLP and CBC. NULL with SDC_ERROR_SOLVER and a sentence that names the packages where they are
 * not installed. Memory: these libraries allocate by themselves and end the process when memory runs
 * out; callers that must survive that run in a process of their own, as the worker does. */
SdchostSolver *sdchost_solver_open(SdcError *ret_error);
/* Accepts NULL. Every model must have been destroyed. */
void sdchost_solver_close(SdchostSolver *solver);
/* For SdcContext.solver, as long as the solver is open. Models of one solver may be used by several
 * threads, one thread a model; of solve_mip() one runs at a time (CBC keeps state of its own). */
const SdcSolver *sdchost_solver_table(const SdchostSolver *solver);

#endif
