// octokit, with all that it brings: pages, retries, throttling, GraphQL with fragments and pages, uploads, and downloads by redirect.
import { Octokit } from "octokit";
import { api, files, owner, refused, releaseOf, repo, same, sameAssets, state } from "./support.mjs";

const octokit = new Octokit({ auth: "personal-token", baseUrl: api });
const job = new Octokit({ auth: "job-token", baseUrl: api });
const { rest } = octokit;
const at = { owner, repo };
const tag = "v2.0.0";

same("the caller", (await rest.users.getAuthenticated()).data.login, "octocat");
await refused("a job's token is nobody", () => job.rest.users.getAuthenticated(), 403);
const main = (await rest.repos.getBranch({ ...at, branch: "main" })).data.commit.sha;
same("branches", (await octokit.paginate(rest.repos.listBranches, at)).map(({ name }) => name), ["main"]);

// A draft and its assets.
const { data: draft } = await rest.repos.createRelease({ ...at, tag_name: tag, target_commitish: main, draft: true, body: "first" });
for (const { name, bytes } of files) {
  const { data } = await rest.repos.uploadReleaseAsset({ ...at, url: draft.upload_url, release_id: draft.id, name, data: bytes });
  same(`digest of ${name}`, data.digest, files.find((file) => file.name === name).digest);
}
sameAssets(releaseOf(await state(), tag));
await refused("a draft is not found by its tag", () => rest.repos.getReleaseByTag({ ...at, tag }), 404);

// Bytes, by the redirect to another host, whole and in part.
const { data: assets } = await rest.repos.listReleaseAssets({ ...at, release_id: draft.id });
const asset = assets.find(({ name }) => name === "module.bin");
const bytes = files.find(({ name }) => name === "module.bin").bytes;
const download = (headers) =>
  rest.repos.getReleaseAsset({ ...at, asset_id: asset.id, headers: { accept: "application/octet-stream", ...headers } });
same("downloaded", Buffer.from((await download()).data).equals(bytes), true);
const part = await download({ range: "bytes=10-19" });
same("a range", [part.status, Buffer.from(part.data).equals(bytes.subarray(10, 20))], [206, true]);

// GraphQL: drafts, fragments, type names, pages.
const query = `
  query ($owner: String!, $repo: String!, $tag: String!) {
    repository(owner: $owner, name: $repo) { __typename release(tagName: $tag) { ...known } }
  }
  fragment known on Release { databaseId isDraft author { ... on User { login } } releaseAssets(first: 1) { totalCount pageInfo { hasNextPage } } }`;
const { repository } = await octokit.graphql(query, { owner, repo, tag });
same("the draft by GraphQL", repository, {
  __typename: "Repository",
  release: {
    databaseId: draft.id,
    isDraft: true,
    author: { login: "octocat" },
    releaseAssets: { totalCount: 3, pageInfo: { hasNextPage: true } },
  },
});
const pages = await octokit.graphql.paginate(
  `query ($cursor: String, $owner: String!, $repo: String!) {
    repository(owner: $owner, name: $repo) {
      object(expression: "main") { ... on Commit { history(first: 2, after: $cursor) { nodes { oid } pageInfo { hasNextPage endCursor } } } }
    }
  }`,
  { owner, repo },
);
const commits = await octokit.paginate(rest.repos.listCommits, { ...at, per_page: 1 });
same("history by GraphQL and by REST", pages.repository.object.history.nodes.map(({ oid }) => oid), commits.map(({ sha }) => sha));
const { __type } = await octokit.graphql(`{ __type(name: "Release") { kind fields { name } } }`);
same("introspection", [__type.kind, __type.fields.some(({ name }) => name === "immutable")], ["OBJECT", true]);

// Statuses and checks.
const sha = main;
const status = { ...at, sha, state: "success", context: "unit" };
await rest.repos.createCommitStatus({ ...status, description: "x".repeat(140) });
await refused("a long description", () => rest.repos.createCommitStatus({ ...status, description: "x".repeat(141) }), 422);
same("statuses", (await rest.repos.listCommitStatusesForRef({ ...at, ref: sha })).data.length, 1);
const run = { ...at, name: "scan", head_sha: sha };
await refused("a check run of a person", () => rest.checks.create(run), 403);
await refused("a finished run without a conclusion", () => job.rest.checks.create({ ...run, status: "completed" }), 422);
await refused("a conclusion of a run that goes on", () => job.rest.checks.create({ ...run, status: "in_progress", conclusion: "success" }), 422);
const { data: check } = await job.rest.checks.create({ ...run, status: "in_progress" });
await job.rest.checks.update({ ...at, check_run_id: check.id, conclusion: "success" });
const suites = await rest.checks.listSuitesForRef({ ...at, ref: sha });
same("suites", suites.data.check_suites.map(({ id, conclusion }) => [id, conclusion]), [[check.check_suite.id, "success"]]);

// Published, found, and deleted.
const published = await rest.repos.updateRelease({ ...at, release_id: draft.id, tag_name: tag, draft: false });
same("published", [published.data.draft, published.data.tag_name], [false, tag]);
same("by its tag", (await rest.repos.getReleaseByTag({ ...at, tag })).data.id, draft.id);
same("its tag", (await rest.git.getRef({ ...at, ref: `tags/${tag}` })).data.object.sha, main);
const archive = await rest.repos.downloadTarballArchive({ ...at, ref: tag });
same("an archive", [archive.status, archive.data.byteLength > 0], [200, true]);
const readme = await rest.repos.getContent({ ...at, path: "README.md" });
same("a file", Buffer.from(readme.data.content, "base64").toString(), "# A module\n");
await rest.repos.deleteRelease({ ...at, release_id: draft.id });
await rest.git.deleteRef({ ...at, ref: `tags/${tag}` });
same("releases left", (await octokit.paginate(rest.repos.listReleases, at)).map(({ tag_name }) => tag_name), ["1.0.0"]);

// Basic authentication, as git and curl use it.
const basic = await fetch(`${api}/repos/${owner}/${repo}`, {
  headers: { authorization: `Basic ${Buffer.from("x-access-token:personal-token").toString("base64")}`, "user-agent": "tests" },
});
same("Basic", [basic.status, (await basic.json()).permissions.push], [200, true]);
