// @semantic-release/github: all steps of the plugin, called as semantic-release calls them.
import * as plugin from "@semantic-release/github";
import { api, files, folder, owner, releaseOf, repo, same, sameAssets, state } from "./support.mjs";

const before = await state();
// The commits since the last release, newest first, each merged from a pull request.
const commits = Object.entries(before.commits)
  .sort(([, left], [, right]) => right.date - left.date)
  .slice(0, 2)
  .map(([hash, { message }]) => ({ hash, message: `${message}\n\nCloses #${Object.keys(before.pulls).length + 1}` }));
const tag = "v2.0.0";
const logger = { log: console.log, error: console.error, warn: console.warn, success: console.log };
const context = {
  cwd: folder,
  env: { GITHUB_TOKEN: "personal-token", GITHUB_API_URL: api },
  options: { repositoryUrl: `https://github.com/${owner}/${repo}.git` },
  branch: { name: "main", type: "release", main: true },
  branches: [{ name: "main" }],
  commits,
  lastRelease: { version: "1.0.0", gitTag: "1.0.0" },
  nextRelease: { version: "2.0.0", gitTag: tag, name: tag, notes: "first", gitHead: commits[0].hash },
  releases: [],
  logger,
  stdout: process.stdout,
  stderr: process.stderr,
};
const config = {
  assets: files.map(({ name }) => ({ path: name, name, label: `The file ${name}` })),
  addReleases: "bottom",
};

await plugin.verifyConditions(config, context);
// A run that fails opens an issue, and the next one closes it.
await plugin.fail(config, { ...context, errors: [{ message: "broken", details: "on purpose" }] });
const number = Object.keys((await state()).issues)[0];
same("the issue", (await state()).issues[number].state, "open");

const release = await plugin.publish(config, context);
const published = releaseOf(await state(), tag);
same("published", [published.draft, published.body, release.id], [false, "first", published.id]);
sameAssets(published);

context.releases = [{ ...release, pluginName: "@semantic-release/github" }, { name: "registry", url: "https://registry.example/" }];
await plugin.success(config, context);
const after = await state();
const told = Object.values(after.pulls).filter(({ comments }) => comments.some(({ body }) => body.includes("included in version 2.0.0")));
same("pull requests that were told", told.length, commits.length);
same("labels", told.every(({ labels }) => labels.includes("released")), true);
same("the issue of the failed run", after.issues[number].state, "closed");
same("links in the body", releaseOf(after, tag).body.includes("[registry](https://registry.example/)"), true);

await plugin.addChannel(config, { ...context, nextRelease: { ...context.nextRelease, notes: "second" } });
same("still one release", releaseOf(await state(), tag).id, published.id);
