// SPDX-License-Identifier: Apache-2.0
// The steps of a launch, as they happen, with what each took; the steps to come are shown too.
import { useEffect, useState } from "preact/hooks";
import type { ServiceEvent } from "../api/types";
import { t, tMaybe } from "../i18n";
import { formatDuration, formatExactTime, formatTime } from "../i18n/format";
import { Icon } from "./icon";
import { Time } from "./time";

const WAY = ["queued", "starting", "container", "listening", "ready"];
const ENDS = ["freezing", "stopping", "stopped", "failed"];
/** They say when, not how long. */
const MOMENTS = [...ENDS, "prolonged"];
/** Nothing goes on after them. */
const SETTLED = ["ready", "stopped", "prolonged"];

function stepText(step: string): string {
  return tMaybe(`step.${step}`) ?? step;
}

/** On the way to ready, how long the step took; after it, when it happened. */
function took(events: ServiceEvent[], index: number): string {
  const event = events[index];
  const before = events[index - 1];
  if (!event || !before) return "";
  if (MOMENTS.includes(event.step)) return formatTime(event.time);
  return formatDuration(new Date(event.time).getTime() - new Date(before.time).getTime());
}

function shape(event: ServiceEvent, last: boolean): string {
  if (event.step === "failed" || event.step === "freezing") return "failed";
  return last && !SETTLED.includes(event.step) ? "running" : "done";
}

const SHAPE_ICON = { failed: "bad", running: "clock", done: "good" } as const;

const TICK_MS = 100;

/** How long the step under way has taken so far. */
function Running({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return <>{formatDuration(Math.max(0, now - new Date(since).getTime()))}</>;
}

/** USUAL: what a launch takes most often (milliseconds). SAID: what the page says already, not to be repeated at each step. */
export function Timeline(props: {
  events: ServiceEvent[];
  over: boolean;
  said?: string;
  usual?: number;
}) {
  const { events } = props;
  const seen = new Set(events.map((event) => event.step));
  const ended = props.over || ENDS.some((step) => seen.has(step));
  const coming = ended || seen.has("ready") ? [] : WAY.filter((step) => !seen.has(step));
  const first = events[0];
  const ready = events.find((event) => event.step === "ready");
  return (
    <div class="stack">
      <ol class="timeline" aria-live="polite" aria-relevant="additions">
        {events.map((event, index) => {
          const kind = shape(event, index === events.length - 1) as keyof typeof SHAPE_ICON;
          return (
            <li key={event.number} class={kind}>
              <Icon name={SHAPE_ICON[kind]} />
              <div>
                <p>{stepText(event.step)}</p>
                {kind === "running" && !props.over && (
                  <p class="note" aria-live="off">
                    {t("service.so_far")} <Running since={event.time} />
                  </p>
                )}
                {event.detail && event.detail !== props.said && (
                  <p class="note break">
                    {event.step === "prolonged" ? <Time at={event.detail} /> : event.detail}
                  </p>
                )}
              </div>
              <time class="note number" dateTime={event.time} title={formatExactTime(event.time)}>
                {took(events, index)}
              </time>
            </li>
          );
        })}
        {coming.map((step) => (
          <li key={step} class="coming">
            <Icon name="coming" />
            <p>{stepText(step)}</p>
          </li>
        ))}
      </ol>
      {coming.length > 0 && props.usual !== undefined && (
        <p class="note">{t("service.usual", { duration: formatDuration(props.usual) })}</p>
      )}
      {first && ready && (
        <p class="note">
          {t("service.ready_in", {
            duration: formatDuration(
              new Date(ready.time).getTime() - new Date(first.time).getTime(),
            ),
          })}
        </p>
      )}
    </div>
  );
}
