// SPDX-License-Identifier: Apache-2.0
// A value that several parts watch.
import { useLayoutEffect, useState } from "preact/hooks";

export interface Store<T> {
  get: () => T;
  set: (value: T) => void;
  watch: (listener: () => void) => () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      if (next === value) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  const [, setTick] = useState(0);
  const seen = store.get();
  useLayoutEffect(() => {
    const refresh = () => setTick((tick) => tick + 1);
    if (store.get() !== seen) refresh();
    return store.watch(refresh);
  }, [store]);
  return seen;
}
