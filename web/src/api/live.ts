// SPDX-License-Identifier: Apache-2.0
// What changes while a page is open: one stream for the person, one per service that is looked at.
import { useEffect, useState } from "preact/hooks";
import type { ServiceEvent } from "./types";

type Listener = (topic: string) => void;

const listeners = new Set<Listener>();
const RETRY_MS = 5000;
let source: EventSource | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;

function connect(): void {
  source = new EventSource("/api/v1/events");
  source.addEventListener("changed", (event) => {
    const { topic } = JSON.parse((event as MessageEvent<string>).data) as { topic: string };
    for (const listener of listeners) listener(topic);
  });
  source.onerror = () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    retry = setTimeout(connect, RETRY_MS);
  };
}

export function startLive(): void {
  if (source === null) connect();
}

export function stopLive(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
}

export function onTopic(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const LAST_STEPS = ["stopped", "failed"];

/** The steps of a service, first those already KNOWN, then as they happen. */
export function useServiceEvents(service: string, known: ServiceEvent[]): ServiceEvent[] {
  const [events, setEvents] = useState<ServiceEvent[]>([]);
  useEffect(() => {
    setEvents([]);
    const stream = new EventSource(`/api/v1/services/${service}/events`);
    stream.addEventListener("step", (message) => {
      const event = JSON.parse((message as MessageEvent<string>).data) as ServiceEvent;
      setEvents((old) => [...old, event]);
      if (LAST_STEPS.includes(event.step)) stream.close();
    });
    return () => stream.close();
  }, [service]);
  const byNumber = new Map<number, ServiceEvent>();
  for (const event of [...known, ...events]) byNumber.set(event.number, event);
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}
