// SPDX-License-Identifier: Apache-2.0
// A sample of pages, as RGAA 4.1 has one audited: what a screen reader would announce, checked by the criteria
// that a tree of names and roles can tell, in both languages; at 320 pixels, with wide spacing, at 200 %.
// DARSE_READING=FOLDER writes each page as it would be read.
import { after, before, describe, it } from "node:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startMock } from "../../web/dev/mock.mjs";
import { problemsOf, reading, reflowProblems, transcript } from "./reading.mjs";
import { assert, launchBrowser, newPage, settled } from "./support.mjs";

const SAMPLE = [
  ["sign-in", null, "/"],
  ["home", "scientist", "/"],
  ["home-ending", "lead", "/"],
  ["projects", "officer", "/projects"],
  ["project", "scientist", "/projects/prj-health"],
  ["members", "officer", "/projects/prj-health/members"],
  ["data", "scientist", "/projects/prj-health/data"],
  ["files", "scientist", "/projects/prj-health/files"],
  ["launch", "scientist", "/launch/jupyter?project=prj-health&memory_mib=4096"],
  ["service", "scientist", "/services/svc-ready"],
  ["export", "scientist", "/exports/exp-draft"],
  ["review", "checker1", "/exports/exp-review/review"],
  ["application", "producer", "/applications/app-new"],
  ["draft", "scientist", "/applications/app-draft"],
  ["sources", "producer", "/sources"],
  ["new-source", "producer", "/sources/new"],
  ["account", "scientist", "/account"],
  ["notifications", "scientist", "/account/notifications"],
  ["platform", "officer", "/officer"],
  ["clock", "officer", "/officer/clock"],
  ["texts", "officer", "/officer/texts"],
  ["audit", "auditor", "/audit"],
  ["terms", "business", "/projects"],
  ["accessibility", "scientist", "/accessibility"],
  ["glossary", "scientist", "/glossary"],
  ["site", "scientist", "/site"],
  ["not-found", "scientist", "/nowhere"],
];
const FOLDER = process.env.DARSE_READING;

describe("as it is read", () => {
  let server, browser, url;

  before(async () => {
    server = await startMock();
    url = `http://localhost:${server.address().port}`;
    browser = await launchBrowser();
    if (FOLDER) mkdirSync(FOLDER, { recursive: true });
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  for (const language of ["en", "fr"]) {
    for (const [name, login, path] of SAMPLE) {
      it(`${name}, ${language}`, async () => {
        // The style of wide spacing is put into the page by the test.
        const page = await newPage(browser, { locale: language, reducedMotion: "reduce", bypassCSP: true });
        await page.context().addCookies([
          { name: "language", value: language, url },
          ...(login ? [{ name: "login", value: login, url }] : []),
        ]);
        await page.goto(url + path);
        await settled(page);
        const lines = await reading(page);
        if (FOLDER) writeFileSync(join(FOLDER, `${name}.${language}.txt`), transcript(lines));
        assert.ok(lines.length > 20, "hardly anything is announced");
        assert.deepEqual([...(await problemsOf(page, lines)), ...(await reflowProblems(page))], []);
        await page.context().close();
      });
    }
  }
});
