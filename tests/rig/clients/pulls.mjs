// octokit on the way of a change: objects of git, a branch, a pull request, a review, auto-merge, and the merge.
import { Octokit } from "octokit";
import { api, owner, refused, repo, same, state } from "./support.mjs";

const octokit = new Octokit({ auth: "personal-token", baseUrl: api });
const reviewer = new Octokit({ auth: "reviewer-token", baseUrl: api });
const { rest } = octokit;
const at = { owner, repo };
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// A change of two files in one commit on a branch of its own.
const base = (await rest.git.getRef({ ...at, ref: "heads/main" })).data.object.sha;
const { data: blob } = await rest.git.createBlob({ ...at, content: Buffer.from("version: 2\n").toString("base64"), encoding: "base64" });
const file = { mode: "100644", type: "blob" };
const { data: tree } = await rest.git.createTree({
  ...at,
  base_tree: base,
  tree: [{ ...file, path: "modules/a.yaml", sha: blob.sha }, { ...file, path: "notes.md", content: "# Two\n" }],
});
const { data: commit } = await rest.git.createCommit({ ...at, message: "Bump to 2", tree: tree.sha, parents: [base] });
await rest.git.createRef({ ...at, ref: "refs/heads/bump", sha: commit.sha });
const recursive = (await rest.git.getTree({ ...at, tree_sha: commit.sha, recursive: "1" })).data;
same("files", recursive.tree.filter(({ type }) => type === "blob").map(({ path }) => path).includes("modules/a.yaml"), true);
const content = await rest.repos.getContent({ ...at, path: "modules/a.yaml", ref: "bump", mediaType: { format: "raw" } });
same("a file of the branch", content.data, "version: 2\n");
const stale = { ...at, ref: "heads/bump", sha: base };
await refused("to move it back", () => rest.git.updateRef(stale), 422);

// Made once, found, edited; whether it can be merged is known a moment later.
const { data: pull } = await rest.pulls.create({ ...at, title: "Bump to 2", head: "bump", base: "main", body: "<!-- mark -->" });
const one = { ...at, pull_number: pull.number };
await refused("a second one", () => rest.pulls.create({ ...at, title: "Again", head: "bump", base: "main" }), 422);
const open = await octokit.paginate(rest.pulls.list, { ...at, head: `${owner}:bump`, state: "open" });
same("found", open.map(({ number }) => number), [pull.number]);
same("at first", (await rest.pulls.get(one)).data.mergeable, null);
await wait(1200);
const known = (await rest.pulls.get(one)).data;
same("then", [known.mergeable, known.mergeable_state, known.head.sha], [true, "clean", commit.sha]);
same("its files", (await rest.pulls.listFiles(one)).data.map(({ filename }) => filename), ["modules/a.yaml", "notes.md"]);
await refused("approved by its author", () => rest.pulls.createReview({ ...one, event: "APPROVE" }), 422);
await reviewer.rest.pulls.createReview({ ...one, event: "APPROVE" });
same("reviews", (await rest.pulls.listReviews(one)).data.map(({ state }) => state), ["APPROVED"]);
const enable = `mutation ($id: ID!) { enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: SQUASH }) { clientMutationId } }`;
const message = await octokit.graphql(enable, { id: pull.node_id }).then(
  () => "enabled",
  (error) => error.errors[0].message,
);
same("auto-merge", message, "Auto merge is not allowed for this repository");

// Merged as what was seen, and nothing else.
await refused("another head", () => rest.pulls.merge({ ...one, sha: base }), 409);
const merged = await rest.pulls.merge({ ...one, sha: commit.sha, merge_method: "squash" });
const tip = (await rest.repos.getCommit({ ...at, ref: "main" })).data;
same("the tip", [tip.sha, tip.commit.message, tip.parents.map(({ sha }) => sha)], [merged.data.sha, `Bump to 2 (#${pull.number})`, [base]]);
same("is merged", (await rest.pulls.checkIfMerged(one)).status, 204);
await refused("a second merge", () => rest.pulls.merge(one), 405);
await rest.git.deleteRef({ ...at, ref: "heads/bump" });
same("in the end", (await state()).pulls[pull.number].state, "closed");
