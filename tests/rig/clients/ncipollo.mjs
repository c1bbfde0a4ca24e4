// ncipollo/release-action. The action is in no package registry; this sends the requests of its src/Action.ts, src/Releases.ts,
// src/ArtifactUploader.ts and src/ArtifactDestroyer.ts (v1) in their order through @actions/github, as it does. No code is taken over.
import { getOctokit } from "@actions/github";
import { files, owner, refused, releaseOf, repo, same, sameAssets, state } from "./support.mjs";

const { rest, paginate } = getOctokit("job-token");
const at = { owner, repo };
const tag = "v2.0.0";

// `skipIfReleaseExists`: after any error, it continues.
async function exists() {
  try {
    return Boolean((await rest.repos.getReleaseByTag({ ...at, tag })).data);
  } catch {
    return false;
  }
}

// `allowUpdates`: the published release, else the first draft in the first page of the list, else a new one.
async function createOrUpdate(wanted) {
  let id;
  try {
    id = (await rest.repos.getReleaseByTag({ ...at, tag })).data.id;
  } catch (error) {
    if (error.status !== 404) throw error;
    const { data } = await rest.repos.listReleases(at);
    id = data.find((release) => release.draft && release.tag_name === tag)?.id;
  }
  const release = { ...at, tag_name: tag, name: tag, ...wanted };
  return (await (id ? rest.repos.updateRelease({ ...release, release_id: id }) : rest.repos.createRelease(release))).data;
}

const assetsOf = ({ id }) => paginate(rest.repos.listReleaseAssets, { ...at, release_id: id });

// `replacesArtifacts`
async function upload(release) {
  const present = await assetsOf(release);
  for (const { name } of files) {
    const known = present.find((asset) => asset.name === name);
    if (known) await rest.repos.deleteReleaseAsset({ ...at, asset_id: known.id });
  }
  for (const { name, bytes } of files) {
    await rest.repos.uploadReleaseAsset({
      ...at,
      url: release.upload_url,
      release_id: release.id,
      name,
      data: bytes,
      headers: { "content-length": bytes.length, "content-type": "application/octet-stream" },
    });
  }
}

same("there is no release yet", await exists(), false);
const draft = await createOrUpdate({ body: "first", draft: true, generate_release_notes: true });
same("made", [draft.draft, draft.tag_name], [true, tag]);
await upload(draft);
sameAssets(releaseOf(await state(), tag));

// `removeArtifacts` of a second run, which finds the draft.
const again = await createOrUpdate({ body: "second", draft: true });
same("the same draft", again.id, draft.id);
for (const { id } of await assetsOf(again)) await rest.repos.deleteReleaseAsset({ ...at, asset_id: id });
await upload(again);
sameAssets(releaseOf(await state(), tag));

const published = await createOrUpdate({ body: "third", draft: false, make_latest: "true" });
same("published", [published.id, published.draft, published.tag_name], [draft.id, false, tag]);
same("there is a release now", await exists(), true);
// Without `allowUpdates` a release of a tag that has one is refused.
await refused("a second release", () => rest.repos.createRelease({ ...at, tag_name: tag, draft: false }), 422);
same("the latest", (await rest.repos.getLatestRelease(at)).data.id, draft.id);
