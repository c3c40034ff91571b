// SPDX-License-Identifier: Apache-2.0
// How far a long task is, and how long it will still take.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { formatDuration, formatPercent } from "../i18n/format";

const TELL_AFTER_MS = 1500;
const TICK_MS = 1000;

/** Milliseconds left at the pace so far; undefined while it is too early to say. */
export function timeLeft(
  startedMs: number,
  nowMs: number,
  done: number,
  all: number,
): number | undefined {
  const passed = nowMs - startedMs;
  if (passed < TELL_AFTER_MS || done <= 0 || all <= 0 || done > all) return undefined;
  return (passed * (all - done)) / done;
}

interface ProgressProps {
  label: string;
  /** Without a value the task is running, nobody knows how far. */
  value?: number;
  max?: number;
  /** When the task began (milliseconds); the moment this part is drawn if not given. */
  since?: number;
  /** Beside the percentage: "3 of 12 files". */
  note?: string;
}

export function Progress(props: ProgressProps) {
  const id = useId();
  const drawn = useRef(Date.now());
  const [now, setNow] = useState(Date.now());
  const { value, max = 100 } = props;
  const over = value !== undefined && value >= max;
  useEffect(() => {
    if (over) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [over]);
  const left = value === undefined ? undefined : timeLeft(props.since ?? drawn.current, now, value, max);
  const words = [
    props.note,
    value !== undefined && max > 0 && formatPercent(value / max),
    !over && left !== undefined && t("progress.left", { duration: formatDuration(Math.ceil(left / 1000) * 1000) }),
  ].filter((part): part is string => Boolean(part));
  return (
    <div class="progress">
      <p class="progress-head">
        <span id={id}>{props.label}</span>
        <span class="note number">{words.join(" · ")}</span>
      </p>
      <progress aria-labelledby={id} max={max} value={value} />
    </div>
  );
}
