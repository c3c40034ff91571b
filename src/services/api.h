/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_SERVICES_API_H
#define DARSE_SERVICES_API_H

#include "http/http.h"

extern const HttpRoute services_routes[];

#endif
