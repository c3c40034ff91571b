// SPDX-License-Identifier: Apache-2.0
// What the server refuses on the pages of sources and applications, as the person at hand sees it:
// beside the field, with what was typed kept, and nothing done.
import { after, before, describe, it } from "node:test";
import { assert, launchBrowser, newPage, settled, signIn, startDemonstration, watchErrors } from "./support.mjs";

const TAG = Date.now().toString(36);
const PROJECT = "Use of care and insurance";

describe("refusals, by hand", { concurrency: 1 }, () => {
  let demonstration, browser, source, application;
  const pages = {};
  const errors = [];

  before(async () => {
    demonstration = await startDemonstration();
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await demonstration?.stop();
  });

  async function person(login, path = "/") {
    if (!pages[login]) {
      pages[login] = await newPage(browser);
      errors.push(watchErrors(pages[login]));
      await signIn(demonstration, pages[login], login);
    }
    await pages[login].goto(demonstration.url + path);
    await settled(pages[login]);
    return pages[login];
  }

  /** What LOGIN does elsewhere, such as in another tab. */
  async function call(login, method, path, data) {
    const { request } = pages[login];
    const session = await (await request.get(`${demonstration.url}/api/v1/session`)).json();
    const answer = await request.fetch(`${demonstration.url}/api/v1${path}`, {
      method, data, headers: { "X-Darse-CSRF": session.csrf } });
    assert.ok(answer.ok(), `${method} ${path}: ${await answer.text()}`);
    return answer.json().catch(() => undefined);
  }

  /** FIELD is marked, has the keyboard, and SENTENCE stands beside it. */
  async function refusedBeside(field, sentence) {
    const page = field.page();
    await page.locator(".wrong", { hasText: sentence }).waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    const described = (await field.getAttribute("aria-describedby")).split(" ").at(-1);
    assert.match(await page.locator(`[id="${described}"]`).textContent(), sentence);
    assert.ok(await field.evaluate((element) => element === document.activeElement));
  }

  it("a source that would admit nobody, or serve what its law excludes", async () => {
    await person("producer");
    source = await call("producer", "POST", "/sources", {
      title: `Quays ${TAG}`, slug: `quays-${TAG}`, summary: "Quays and basins.", legal_basis: "Law 51-711",
      routes: ["research"], purposes: ["research"], rule_pack: "fr-person" });
    const page = await person("producer", `/sources/${source.id}`);
    await page.getByRole("link", { name: "Edit the source" }).click();
    const research = page.getByRole("checkbox", { name: "Research", exact: true });
    await research.uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".wrong", { hasText: "at least one route and one purpose" }).waitFor();
    await research.check();
    await page.getByRole("checkbox", { name: "Control" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("fieldset", { hasText: "Purposes admitted" })
      .locator(".wrong", { hasText: "The law under which these data" }).waitFor();
    await page.getByRole("checkbox", { name: "Control" }).uncheck();
    await page.getByLabel("Stewards").fill("producer nobody.at.all");
    await page.getByRole("button", { name: "Save" }).click();
    await refusedBeside(page.getByLabel("Stewards"), /no such person|nobody/i);
    assert.deepEqual((await call("producer", "GET", `/sources/${source.id}`)).purposes, ["research"]);
  });

  it("a version that somebody has changed: theirs is shown, mine is kept, then saved", async () => {
    const page = await person("producer", `/sources/${source.id}/edit`);
    await page.getByLabel("Summary").fill("Mine.");
    await call("producer", "PATCH", `/sources/${source.id}`, { summary: "Theirs.", theme: "transport" });
    await page.getByRole("button", { name: "Save" }).click();
    const notice = page.getByRole("status").filter({ hasText: "Somebody has changed this source" });
    await notice.getByText("Theirs.").waitFor();
    assert.equal(await page.getByLabel("Summary").inputValue(), "Mine.");
    assert.equal((await call("producer", "GET", `/sources/${source.id}`)).summary, "Theirs.");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: `Quays ${TAG}` }).waitFor();
    const saved = await call("producer", "GET", `/sources/${source.id}`);
    assert.deepEqual([saved.summary, saved.theme], ["Mine.", "transport"]);
  });

  it("a source is its stewards' to edit", async () => {
    const page = await person("scientist", `/sources/${source.id}`);
    assert.equal(await page.getByRole("link", { name: "Edit the source" }).count(), 0);
    await page.goto(`${demonstration.url}/sources/${source.id}/edit`);
    await page.getByText("Only a steward of this source may edit it.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Save" }).count(), 0);
  });

  it("a steward's refusal without a reason", async () => {
    await person("scientist");
    const projects = (await call("scientist", "GET", "/projects")).items;
    const project = projects.find((one) => one.title === PROJECT);
    const sources = (await call("scientist", "GET", "/sources")).items;
    const datasets = [];
    for (const one of sources)
      datasets.push(...(await call("scientist", "GET", `/sources/${one.id}`)).datasets);
    const dataset = datasets.find((one) => /Person-years, scientific/.test(one.title));
    application = await call("scientist", "POST", `/projects/${project.id}/applications`, {
      datasets: [dataset.id], persons: ["scientist"], justification: "Visits by health status." });
    await call("scientist", "POST", `/applications/${application.id}/submit`);
    const page = await person("producer", `/applications/${application.id}`);
    await page.getByRole("radio", { name: /^Refused/ }).check();
    await page.getByRole("button", { name: "Sign", exact: true }).click();
    await refusedBeside(page.getByLabel("Comment"), /Say in the comment why/);
    await page.getByRole("radio", { name: /^Agreed/ }).check();
    await page.getByRole("button", { name: "Sign", exact: true }).click();
    await page.locator(".badge", { hasText: "Agreed" }).first().waitFor();
  });

  it("an undertaking with a wrong code", async () => {
    const page = await person("committee", `/applications/${application.id}`);
    await page.getByRole("radio", { name: /^Unfavourable/ }).check();
    await page.getByRole("button", { name: "Sign the opinion" }).click();
    await refusedBeside(page.getByLabel("Comment"), /Say in the comment why/);
    await page.getByRole("radio", { name: /^Favourable/ }).check();
    await page.getByRole("button", { name: "Sign the opinion" }).click();
    await page.getByText("Signed.", { exact: true }).waitFor();
    const signer = await person("scientist", `/applications/${application.id}`);
    await signer.getByLabel("Code of your second factor").fill("000000");
    await signer.getByRole("button", { name: "Sign my undertaking" }).click();
    await refusedBeside(signer.getByLabel("Code of your second factor"), /The code is wrong/);
  });

  it("no page made an error", () => assert.deepEqual(errors.flat(), []));
});
