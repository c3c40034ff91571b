/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables most of whose cells have records, as an array with a place for every combination of nodes:
 * nothing is looked up, and what is added up together lies together. Private to src/sdc; sdc/tabulate.h
 * says what is made.
 */
#ifndef DARSE_SDC_DENSE_H
#define DARSE_SDC_DENSE_H

#include "sdc/nodes.h"
#include "sdc/tabulate.h"

/* A matter of the numbers of nodes and rows alone, so that results do not depend on anything else. */
bool sdc_dense_suits(const SdcTabulation *in, const SdcNodes *nodes);

bool sdc_dense_tabulate(const SdcContext *context, const SdcTabulation *in, const SdcNodes *nodes,
                        SdcCube *ret_cube, SdcError *ret_error);

#endif
