// octokit as a GitHub App: it signs its own JSON web token, makes narrow installation tokens, and revokes them.
import { readFileSync } from "node:fs";
import { App, Octokit } from "octokit";
import { api, owner, refused, repo, same } from "./support.mjs";

const app = new App({
  appId: 12345,
  privateKey: readFileSync(process.env.APP_PRIVATE_KEY, "utf8"),
  Octokit: Octokit.defaults({ baseUrl: api }),
});
const at = { owner, repo };

same("the App", (await app.octokit.rest.apps.getAuthenticated()).data.slug, "release-bot");
const { data: installation } = await app.octokit.rest.apps.getRepoInstallation(at);
same("granted", installation.permissions, { contents: "write", metadata: "read" });

const installed = await app.getInstallationOctokit(installation.id);
const { data: draft } = await installed.rest.repos.createRelease({ ...at, tag_name: "v3.0.0", draft: true });
same("the author", draft.author.login, "release-bot[bot]");
await installed.rest.repos.deleteRelease({ ...at, release_id: draft.id });

const narrow = { installation_id: installation.id, repositories: [repo], permissions: { contents: "read" } };
const { data: made } = await app.octokit.rest.apps.createInstallationAccessToken(narrow);
same("its permissions", made.permissions, { contents: "read", metadata: "read" });
const reader = new Octokit({ auth: made.token, baseUrl: api });
await refused("to write with it", () => reader.rest.repos.createRelease({ ...at, tag_name: "v3.0.0", draft: true }), 403);
same("revoked", (await reader.rest.apps.revokeInstallationAccessToken()).status, 204);
await refused("after that", () => reader.rest.repos.listReleases(at), 401);
const more = { ...narrow, permissions: { checks: "write" } };
await refused("more than is granted", () => app.octokit.rest.apps.createInstallationAccessToken(more), 422);
