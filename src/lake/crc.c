/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two checksums of S3 that no library of ours has: CRC-32C (Castagnoli) and CRC-64/NVME, both
 * reflected, four bits at a time from tables of 16. Check values for "123456789": e3069283 and
 * ae8b14860a799888.
 */
#include "lake/crc.h"

static const uint32_t crc32c_table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
    0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
    0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static const uint64_t crc64nvme_table[16] = {
    0x0000000000000000, 0x78e0ff3b88be6f81, 0xf1c1fe77117cdf02, 0x8921014c99c2b083,
    0xd75adabd7a6e2d6f, 0xafba2586f2d042ee, 0x269b24ca6b12f26d, 0x5e7bdbf1e3ac9dec,
    0x9a6c9329ac4bc9b5, 0xe28c6c1224f5a634, 0x6bad6d5ebd3716b7, 0x134d926535897936,
    0x4d364994d625e4da, 0x35d6b6af5e9b8b5b, 0xbcf7b7e3c7593bd8, 0xc41748d84fe75459,
};

uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc = (crc >> 4) ^ crc32c_table[(crc ^ at[i]) & 15];
        crc = (crc >> 4) ^ crc32c_table[(crc ^ (at[i] >> 4)) & 15];
    }
    return ~crc;
}

uint64_t crc64nvme_update(uint64_t crc, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc = (crc >> 4) ^ crc64nvme_table[(crc ^ at[i]) & 15];
        crc = (crc >> 4) ^ crc64nvme_table[(crc ^ (at[i] >> 4)) & 15];
    }
    return ~crc;
}
