/* SPDX-License-Identifier: Apache-2.0 */
/* The system call filter of bubbles, seccomp.json, carried in the program so that no file beside it
 * can be changed or forgotten. */
#ifndef DARSE_ENGINE_SECCOMP_H
#define DARSE_ENGINE_SECCOMP_H

extern const char seccomp_profile[]; /* ended by a NUL */

#endif
