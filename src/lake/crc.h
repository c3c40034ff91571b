/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C and CRC-64/NVME. CRC is 0 to begin with, then what the call before returned. */
#ifndef DARSE_LAKE_CRC_H
#define DARSE_LAKE_CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t size);
uint64_t crc64nvme_update(uint64_t crc, const void *bytes, size_t size);

#endif
