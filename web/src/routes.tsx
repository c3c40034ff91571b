// SPDX-License-Identifier: Apache-2.0
// Every address of the pages. Pages of one group are sections of one thing: moving between them
// keeps the frame.
import type { ComponentType } from "preact";
import type { Params } from "./router";
import { Account } from "./pages/account";
import { ApplicationNew } from "./pages/application_new";
import { ApplicationPage } from "./pages/application";
import { Applications } from "./pages/applications";
import { AuditPage } from "./pages/audit";
import { DatasetPage } from "./pages/dataset";
import { DatasetPublish } from "./pages/dataset_publish";
import { ExportPage } from "./pages/export";
import { Home } from "./pages/home";
import { Persons } from "./pages/persons";
import { ProjectNew } from "./pages/project_new";
import { ProjectPage, SECTIONS } from "./pages/project";
import { Projects } from "./pages/projects";
import { ReviewPage } from "./pages/review";
import { Reviews } from "./pages/reviews";
import { ServicePage } from "./pages/service";
import { SourceNew } from "./pages/source_new";
import { SourcePage } from "./pages/source";
import { Sources } from "./pages/sources";

export interface PageProps {
  params: Params;
  path: string;
}

export interface Route {
  path: string;
  page: ComponentType<PageProps>;
  group?: string;
}

export const ROUTES: Route[] = [
  { path: "/", page: Home },
  { path: "/projects", page: Projects },
  { path: "/projects/new", page: ProjectNew },
  { path: "/projects/{project}/apply", page: ApplicationNew },
  ...SECTIONS.map((section) => ({
    path: `/projects/{project}${section.path}`,
    page: ProjectPage,
    group: "project",
  })),
  { path: "/applications", page: Applications },
  { path: "/applications/{application}", page: ApplicationPage },
  { path: "/services/{service}", page: ServicePage },
  { path: "/exports/{export}", page: ExportPage },
  { path: "/exports/{export}/review", page: ReviewPage },
  { path: "/reviews", page: Reviews },
  { path: "/sources", page: Sources },
  { path: "/sources/new", page: SourceNew },
  { path: "/sources/{source}", page: SourcePage },
  { path: "/sources/{source}/publish", page: DatasetPublish },
  { path: "/datasets/{dataset}", page: DatasetPage },
  { path: "/persons", page: Persons },
  { path: "/audit", page: AuditPage },
  { path: "/account", page: Account },
];
