// softprops/action-gh-release. The action is in no package registry; this sends the requests of its src/run.ts and
// src/github.ts (v3) in their order through @actions/github, as it does: get the release by tag, create a draft, find
// it again in the list, upload all files at once as streams, restore names as labels, publish without naming the tag,
// list the assets. No code is taken over.
import { getOctokit } from "@actions/github";
import { open, stat } from "node:fs/promises";
import { files, owner, refused, releaseOf, repo, requests, same, sameAssets, state } from "./support.mjs";

const token = "job-token";
const octokit = getOctokit(token);
const at = { owner, repo };
const tag = "v2.0.0";

async function byTag() {
  try {
    return (await octokit.rest.repos.getReleaseByTag({ ...at, tag })).data;
  } catch (error) {
    if (error.status === 404) return undefined;
    throw error;
  }
}

async function inList() {
  const found = [];
  let pages = 0;
  for await (const { data } of octokit.paginate.iterator(octokit.rest.repos.listReleases, { ...at, per_page: 100 })) {
    found.push(...data.filter((release) => release.tag_name === tag));
    if (++pages === 2) break;
  }
  return found;
}

const asBytes = { transform: (chunk, controller) => controller.enqueue(new Uint8Array(chunk)) };

async function upload(release, { name, path }) {
  const url = new URL(release.upload_url.replace(/\{.*$/, ""));
  url.searchParams.append("name", name);
  const known = release.assets.find((asset) => asset.name === name || asset.label === name);
  if (known) await octokit.rest.repos.deleteReleaseAsset({ ...at, asset_id: known.id });
  const file = await open(path);
  const { size } = await stat(path);
  const { status, data } = await octokit.request({
    method: "POST",
    url: url.toString(),
    headers: { "content-length": `${size}`, "content-type": "application/octet-stream", authorization: `token ${token}` },
    data: file.readableWebStream().pipeThrough(new TransformStream(asBytes)),
  });
  await file.close().catch(() => {});
  same(`upload of ${name}`, status, 201);
  if (data.name !== name) await octokit.rest.repos.updateReleaseAsset({ ...at, asset_id: data.id, name: data.name, label: name });
  return data.id;
}

async function run(body) {
  let release = await byTag();
  if (release) {
    const { id, target_commitish, name, draft, prerelease } = release;
    release = (
      await octokit.rest.repos.updateRelease({ ...at, release_id: id, tag_name: tag, target_commitish, name, body, draft, prerelease })
    ).data;
  } else {
    const notes = await octokit.rest.repos.generateReleaseNotes({ ...at, tag_name: tag });
    const text = `${body}\n\n${notes.data.body}`;
    release = (
      await octokit.rest.repos.createRelease({ ...at, tag_name: tag, name: tag, body: text, draft: true, generate_release_notes: false })
    ).data;
    same("the draft is not found by its tag", await byTag(), undefined);
    same("the draft is found in the list", (await inList()).map(({ id }) => id), [release.id]);
  }
  const ids = await Promise.all(files.map((file) => upload(release, file)));
  if (release.draft) {
    release = (await octokit.rest.repos.updateRelease({ ...at, release_id: release.id, draft: false, make_latest: "true" })).data;
  }
  const assets = await octokit.paginate(octokit.rest.repos.listReleaseAssets, { ...at, release_id: release.id, per_page: 100 });
  same("listed assets", assets.map(({ id }) => id).sort(), ids.sort());
  return release;
}

const first = await run("first");
same("the published release keeps its tag", [first.draft, first.tag_name], [false, tag]);
let found = releaseOf(await state(), tag);
sameAssets(found);
same("labels", found.assets.map(({ label }) => label).filter(Boolean), ["odd name (1).txt"]);

// Once more, as a second job of a matrix would do: everything is replaced.
await run("second");
found = releaseOf(await state(), tag);
sameAssets(found);
same("body", found.body, "second");
same("assets that were replaced", (await requests()).filter((line) => line.startsWith("DELETE")).length, files.length);
await refused("a second release of the tag", () => octokit.rest.repos.createRelease({ ...at, tag_name: tag }), 422);
