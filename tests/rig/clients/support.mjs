// Shared by the scripts here: GitHub's address, files to upload, and checks that end a script.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const api = process.env.GITHUB_API_URL;
export const [owner, repo] = process.env.REPOSITORY.split("/");
export const folder = process.env.FILES;
export const files = readdirSync(folder).map((name) => {
  const bytes = readFileSync(join(folder, name));
  return { name, path: join(folder, name), bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
});

// Fields of an object in order of their names.
const sorted = (_, value) =>
  value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value;

export function same(what, seen, wanted) {
  const [left, right] = [seen, wanted].map((value) => JSON.stringify(value, sorted));
  if (left !== right) throw new Error(`${what}: ${left}, not ${right}`);
  console.log(`${what}: ${left}`);
}

// The status with which a call is refused.
export async function refused(what, call, wanted) {
  let status = "not refused";
  try {
    await call();
  } catch (error) {
    status = error.status ?? `${error}`;
  }
  same(what, status, wanted);
}

// The stand-in's state of this client's repository, and the requests that it received: `GET /a/b`, in order.
export async function state() {
  const world = await (await fetch(`${api}/_stand-in/world`)).json();
  return world.repositories[`${owner}/${repo}`];
}

export async function requests() {
  const log = await (await fetch(`${api}/_stand-in/log`)).json();
  return log.map(({ method, path }) => `${method} ${path.replace(`/repos/${owner}/${repo}`, "")}`);
}

// Every file exists with its own bytes, under the name that GitHub derives from it.
export function sameAssets(release) {
  const stored = (name) => name.replace(/[^A-Za-z0-9_+@-]+/g, ".").replace(/^\.|\.$/g, "");
  const wanted = files.map(({ name, digest }) => [stored(name), "uploaded", digest]);
  const seen = release.assets.map(({ name, state, content }) => [name, state, `sha256:${content}`]);
  same("assets", seen.sort(), wanted.sort());
}

export function releaseOf(state, tag) {
  const found = Object.values(state.releases).filter((release) => release.tag_name === tag);
  same(`releases of ${tag}`, found.length, 1);
  return found[0];
}
