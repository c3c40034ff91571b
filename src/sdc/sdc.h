/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libdarse-sdc: statistical disclosure control. Plain C17 on libc and libm: no GLib, no globals, no
 * abort, no input or output, so that it can run inside other people's R and Python. It must not know
 * files, projects or people. Memory, threads, randomness, solver and progress are given by the caller in
 * an SdcContext; the result of every kernel is the same whatever is given but the seed.
 *
 * This is the room's public header: it only gathers. The installed header is the same text in one file.
 */
#ifndef DARSE_SDC_SDC_H
#define DARSE_SDC_SDC_H

#include "sdc/core.h"
#include "sdc/frame.h"
#include "sdc/arrow.h"
#include "sdc/primary.h"
#include "sdc/audit.h"
#include "sdc/cellkey.h"
#include "sdc/chances.h"
#include "sdc/gauss.h"
#include "sdc/magnitudes.h"
#include "sdc/optimal.h"
#include "sdc/relations.h"
#include "sdc/rounding.h"
#include "sdc/solver.h"
#include "sdc/tabulate.h"
#include "sdc/tree.h"
#include "sdc/identifiers.h"
#include "sdc/keys.h"
#include "sdc/risk.h"
#include "sdc/suda.h"
#include "sdc/diversity.h"
#include "sdc/suppression.h"
#include "sdc/microaggregation.h"
#include "sdc/perturbation.h"
#include "sdc/recoding.h"
#include "sdc/lattice.h"
#include "sdc/utility.h"

#endif
