// SPDX-License-Identifier: Apache-2.0
// Reading again now and then, for figures that nobody announces; not while the tab is hidden.
import { useEffect } from "preact/hooks";

export function useEvery(ms: number, act: () => Promise<void>): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void act();
    }, ms);
    return () => clearInterval(timer);
  }, [ms, act]);
}
