// SPDX-License-Identifier: Apache-2.0
// Every address of the pages. Pages of one group are sections of one thing: moving between them
// keeps the frame.
import type { ComponentType } from "preact";
import type { Params } from "./router";
import { Home } from "./pages/home";

export interface PageProps {
  params: Params;
  path: string;
}

export interface Route {
  path: string;
  page: ComponentType<PageProps>;
  group?: string;
}

export const ROUTES: Route[] = [{ path: "/", page: Home }];
