//! JSON objects that occur in many responses: users, repositories, labels, addresses and opaque ids. Typed
//! clients require every field of them, unused ones included.

use crate::fields;
use crate::github::call::ApiCall;
use crate::github::model::GitRepository;
use crate::text::rfc3339;
use serde_json::{Value, json};

/// When everything that has no date of its own was made.
pub(crate) const REPOSITORY_DATE: u64 = 1_672_531_200;

/// Addresses of a repository: the field without `_url`, and what follows the repository's own address.
const REPOSITORY_LINKS: [(&str, &str); 36] = [
    ("archive", "/{archive_format}{/ref}"),
    ("assignees", "/assignees{/user}"),
    ("blobs", "/git/blobs{/sha}"),
    ("branches", "/branches{/branch}"),
    ("collaborators", "/collaborators{/collaborator}"),
    ("comments", "/comments{/number}"),
    ("commits", "/commits{/sha}"),
    ("compare", "/compare/{base}...{head}"),
    ("contents", "/contents/{+path}"),
    ("contributors", "/contributors"),
    ("deployments", "/deployments"),
    ("downloads", "/downloads"),
    ("events", "/events"),
    ("forks", "/forks"),
    ("git_commits", "/git/commits{/sha}"),
    ("git_refs", "/git/refs{/sha}"),
    ("git_tags", "/git/tags{/sha}"),
    ("hooks", "/hooks"),
    ("issue_comment", "/issues/comments{/number}"),
    ("issue_events", "/issues/events{/number}"),
    ("issues", "/issues{/number}"),
    ("keys", "/keys{/key_id}"),
    ("labels", "/labels{/name}"),
    ("languages", "/languages"),
    ("merges", "/merges"),
    ("milestones", "/milestones{/number}"),
    ("notifications", "/notifications{?since,all,participating}"),
    ("pulls", "/pulls{/number}"),
    ("releases", "/releases{/id}"),
    ("stargazers", "/stargazers"),
    ("statuses", "/statuses/{sha}"),
    ("subscribers", "/subscribers"),
    ("subscription", "/subscription"),
    ("tags", "/tags"),
    ("teams", "/teams"),
    ("trees", "/git/trees{/sha}"),
];

const USER_LINKS: [(&str, &str); 9] = [
    ("followers", "/followers"),
    ("following", "/following{/other_user}"),
    ("gists", "/gists{/gist_id}"),
    ("starred", "/starred{/owner}{/repo}"),
    ("subscriptions", "/subscriptions"),
    ("organizations", "/orgs"),
    ("repos", "/repos"),
    ("events", "/events{/privacy}"),
    ("received_events", "/received_events"),
];

pub(crate) fn repository(call: &ApiCall, repository: &GitRepository) -> Value {
    let (full_name, web) = (repository.full_name(), &call.state.urls.web);
    let mut body = json!({
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": full_name,
        "private": repository.private,
        "visibility": if repository.private { "private" } else { "public" },
        "owner": user(call, &repository.owner),
        "description": null,
        "homepage": null,
        "language": null,
        "license": null,
        "mirror_url": null,
        "html_url": format!("{web}/{full_name}"),
        "url": address(call, repository, ""),
        "clone_url": format!("{web}/{full_name}.git"),
        "git_url": format!("{web}/{full_name}.git"),
        "ssh_url": format!("{web}/{full_name}.git"),
        "svn_url": format!("{web}/{full_name}"),
        "default_branch": repository.default_branch,
        "fork": false,
        "archived": false,
        "disabled": false,
        "created_at": rfc3339(REPOSITORY_DATE),
        "updated_at": rfc3339(REPOSITORY_DATE),
        "pushed_at": rfc3339(REPOSITORY_DATE),
    });
    for feature in [
        "issues",
        "projects",
        "wiki",
        "pages",
        "discussions",
        "downloads",
    ] {
        fields::set(&mut body, &format!("has_{feature}"), false);
    }
    for count in [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "stargazers_count",
        "watchers",
        "watchers_count",
        "network_count",
        "subscribers_count",
        "size",
    ] {
        fields::set(&mut body, count, 0);
    }
    let own = address(call, repository, "");
    link(&mut body, &own, &REPOSITORY_LINKS);
    body
}

pub(crate) fn user(call: &ApiCall, login: &str) -> Value {
    let kind = if login.ends_with("[bot]") {
        "Bot"
    } else {
        "User"
    };
    let id = id_of(login);
    let own = format!("{}/users/{login}", call.state.urls.api);
    let mut body = json!({
        "login": login,
        "id": id,
        "node_id": node_id("U", id),
        "avatar_url": format!("{}/avatars/{login}", call.state.urls.web),
        "gravatar_id": "",
        "url": own,
        "html_url": format!("{}/{login}", call.state.urls.web),
        "type": kind,
        "site_admin": false,
    });
    link(&mut body, &own, &USER_LINKS);
    body
}

/// A label of an issue or a pull request.
pub(crate) fn label(call: &ApiCall, repository: &GitRepository, name: &str) -> Value {
    let id = id_of(name);
    json!({
        "id": id,
        "node_id": node_id("LA", id),
        "name": name,
        "color": "ededed",
        "default": false,
        "description": "",
        "url": address(call, repository, &format!("/labels/{name}")),
    })
}

/// A number that follows from a name; GitHub gives them out in order.
pub(crate) fn id_of(name: &str) -> u64 {
    name.bytes().fold(1_000_u64, |id, byte| {
        (id * 31 + u64::from(byte)) % 100_000_007
    })
}

/// An app, as check runs name it.
pub(crate) fn app(call: &ApiCall, slug: &str) -> Value {
    json!({
        "id": 15_368,
        "node_id": node_id("A", 15_368),
        "slug": slug,
        "name": slug,
        "owner": user(call, "github"),
        "description": "",
        "external_url": call.state.urls.web,
        "html_url": format!("{}/apps/{slug}", call.state.urls.web),
        "created_at": rfc3339(REPOSITORY_DATE),
        "updated_at": rfc3339(REPOSITORY_DATE),
        "permissions": {},
        "events": [],
    })
}

fn link(body: &mut Value, own: &str, links: &[(&str, &str)]) {
    for (name, rest) in links {
        fields::set(body, &format!("{name}_url"), format!("{own}{rest}"));
    }
}

/// An address below the repository's own in the API.
pub(crate) fn address(call: &ApiCall, repository: &GitRepository, rest: &str) -> String {
    format!(
        "{}/repos/{}{rest}",
        call.state.urls.api,
        repository.full_name()
    )
}

/// An address below the repository's own on the web host.
pub(crate) fn page(call: &ApiCall, repository: &GitRepository, rest: &str) -> String {
    format!("{}/{}{rest}", call.state.urls.web, repository.full_name())
}

/// An opaque id, as GraphQL uses them.
pub(crate) fn node_id(kind: &str, id: u64) -> String {
    use base64::Engine;
    let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id.to_be_bytes());
    format!("{kind}_{id}")
}
