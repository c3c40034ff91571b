// SPDX-License-Identifier: Apache-2.0
// Home, as a signed-in scientist of the demonstration finds it, each time in a new browser context
// without a cache, from the real server on loopback. "Interactive" is the moment when what awaits the
// person is drawn with its links and buttons at work (the page marks it). Bytes are what the network
// layer of the browser received, headers left out.
//
// The peer is no page: it is the renderer and the design system that Onyxia's client is made on
// (react-dom and onyxia-ui at the versions of its package.json), bundled and minified by esbuild. Its
// own code, its explorers and its sign-in come on top, so that the ratio is a bound in its favour.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { launchBrowser, newPage, settled, signIn, startDemonstration } from "../../tests/browser/support.mjs";

const ROUNDS = Number(process.argv[2] ?? 20);
const PEER = fileURLToPath(new URL("./peer", import.meta.url));
const LOGIN = "scientist";
const KB = 1000;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const spread = (values) => `${Math.min(...values).toFixed(0)} / ${median(values).toFixed(0)} / ${Math.max(...values).toFixed(0)}`;

function figure(name, ours, unit, { peer, goal, good } = {}) {
  const of = (value) => `${value.toFixed(1)}${unit}`;
  const verdict = good === undefined ? "" : good ? " ok" : " short";
  console.log(
    `${name} ours=${of(ours)} peer=${peer === undefined ? "-" : of(peer)} ` +
      `ratio=${peer === undefined ? "-" : (ours / peer).toFixed(2)} goal=${goal ?? "-"}${verdict}`,
  );
}

function peerBytes() {
  const out = `${PEER}/node_modules/.peer.js`;
  execFileSync(`${PEER}/node_modules/.bin/esbuild`, [
    "entry.js", "--bundle", "--minify", "--format=esm", "--log-level=error",
    '--define:process.env.NODE_ENV="production"', `--outfile=${out}`,
  ], { cwd: PEER });
  const bytes = gzipSync(readFileSync(out), { level: 9 }).length;
  rmSync(out, { force: true });
  return bytes;
}

/** One visit: milliseconds and bytes by kind. */
async function visit(browser, url, cookies) {
  const page = await newPage(browser);
  await page.context().addCookies(cookies);
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  const kinds = new Map();
  const bytes = { code: 0, fonts: 0, api: 0, all: 0 };
  client.on("Network.responseReceived", ({ requestId, response }) => {
    const { pathname } = new URL(response.url);
    const kind = pathname.startsWith("/api/") ? "api" : /woff2$/.test(pathname) ? "fonts" : "code";
    kinds.set(requestId, [kind, response.encodedDataLength]);
  });
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const [kind, head] = kinds.get(requestId) ?? ["code", 0];
    const body = Math.max(0, encodedDataLength - head);
    bytes[kind] += body;
    bytes.all += body;
  });
  await page.goto(url);
  await page.waitForFunction(() =>
    ["darse.home", "first-contentful-paint"].every((name) => performance.getEntriesByName(name).length > 0),
  );
  await settled(page);
  const times = await page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    interactive: performance.getEntriesByName("darse.home")[0].startTime,
  }));
  await page.waitForTimeout(150);
  await page.context().close();
  return { ...times, ...bytes };
}

const demonstration = await startDemonstration();
const browser = await launchBrowser();
try {
  const first = await newPage(browser);
  await signIn(demonstration, first, LOGIN);
  const cookies = await first.context().cookies();
  await first.context().close();
  const rounds = [];
  await visit(browser, demonstration.url, cookies);
  for (let round = 0; round < ROUNDS; round++) rounds.push(await visit(browser, demonstration.url, cookies));
  const all = (name) => rounds.map((one) => one[name]);
  const peer = peerBytes() / KB;
  console.log(`# ${ROUNDS} visits; min / median / max: first paint ${spread(all("paint"))} ms, interactive ${spread(all("interactive"))} ms`);
  figure("web.first_paint", median(all("paint")), "ms");
  const interactive = median(all("interactive"));
  figure("web.interactive", interactive, "ms", { goal: "<300ms", good: interactive < 300 });
  const whole = median(all("all")) / KB;
  figure("web.bytes", whole, "kB", { goal: "<150kB", good: whole < 150 });
  figure("web.code_bytes", median(all("code")) / KB, "kB", { peer });
  figure("web.font_bytes", median(all("fonts")) / KB, "kB");
  figure("web.api_bytes", median(all("api")) / KB, "kB");
} finally {
  await browser.close();
  await demonstration.stop();
}
