# SPDX-License-Identifier: Apache-2.0
"""How a benchmark prints what it found: one line per figure."""
import statistics


def figure(name, ours, unit, peer=None, goal=None, good=None, digits=1):
    """GOAL is shown as given; GOOD says whether it was reached (None: there is no goal)."""
    shown = f"{ours:.{digits}f}{unit}"
    against = f"{peer:.{digits}f}{unit}" if peer is not None else "-"
    ratio = f"{ours / peer:.2f}" if peer else "-"
    verdict = {True: "ok", False: "short", None: ""}[good]
    print(f"{name} ours={shown} peer={against} ratio={ratio} goal={goal or '-'} {verdict}".rstrip(),
          flush=True)


def spread(values):
    """min / median / max, for a comment line."""
    return f"{min(values):.1f} / {statistics.median(values):.1f} / {max(values):.1f}"
