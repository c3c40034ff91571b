/* SPDX-License-Identifier: Apache-2.0 */
/* Frames between our processes, as a peer that was taken over would send them. */
#include "fuzz.h"

#include "base/encode.h"
#include "base/frame.h"

#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int pair[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    if (size > 0 && send(pair[0], data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        size = 0;
    close(pair[0]);
    for (int i = 0; i < 100; i++) {
        g_autoptr(json_t) message = NULL;
        if (!frame_receive(pair[1], 1000, &message, NULL) || message == NULL)
            break;
        g_assert_true(json_is_object(message));
    }
    close(pair[1]);
    return 0;
}
