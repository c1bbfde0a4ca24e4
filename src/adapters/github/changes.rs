//! What was changed since a release, who contributed before, and milestones: few GraphQL queries for many commits.
//!
//! `Ref.compare` gives the commits that the head has and the base has not
//! (<https://docs.github.com/en/graphql/reference/objects#comparison>), whether or not one is an ancestor of the other, in pages of a
//! hundred. `Commit.associatedPullRequests` gives the merged pull request that introduced a commit
//! (<https://docs.github.com/en/graphql/reference/objects#commit>).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::{GitHub, models};
use crate::domain::{CommitSha, Tag};
use crate::protocol::{Cause, SeenAuthor, SeenChanges, SeenCommit, SeenMilestone, SeenPull};

/// The most pages that are read since a release, of a hundred commits each.
const MOST_PAGES: usize = 100;
/// The most pages where there is no previous release.
const MOST_PAGES_OF_FIRST: usize = 5;
/// How many people are asked about in one query.
const PEOPLE_PER_QUERY: usize = 100;

/// A query for one page of commits: those since a release, or all up to the commit.
fn query_of_page(since_release: bool) -> String {
    let (variable, list) = if since_release {
        (
            "$base: String!, ",
            "ref(qualifiedName: $base) { compare(headRef: $head) { aheadBy page: commits",
        )
    } else {
        (
            "",
            "object(expression: $head) { ... on Commit { page: history",
        )
    };
    format!(
        "query($owner: String!, $name: String!, {variable}$head: String!, $yml: String!, $yaml: String!, $after: String) {{ \
         repository(owner: $owner, name: $name) {{ \
         yml: object(expression: $yml) {{ ... on Blob {{ text }} }} yaml: object(expression: $yaml) {{ ... on Blob {{ text }} }} \
         range: {list}(first: 100, after: $after) {{ pageInfo {{ endCursor hasNextPage }} nodes {{ \
         oid message committedDate parents(first: 1) {{ nodes {{ oid }} }} \
         authors(first: 10) {{ nodes {{ name user {{ __typename login }} }} }} \
         associatedPullRequests(first: 10) {{ nodes {{ number title mergedAt baseRefName mergeCommit {{ oid }} \
         author {{ __typename login }} labels(first: 100) {{ nodes {{ name }} }} }} }} }} }} }} }} }} }}"
    )
}

const MILESTONES: &str = "query($owner: String!, $name: String!, $title: String!) { \
    repository(owner: $owner, name: $name) { milestones(first: 100, query: $title) { nodes { title state url \
    issues(first: 100, states: [OPEN]) { totalCount nodes { url } } \
    pullRequests(first: 100, states: [OPEN]) { totalCount nodes { url } } } } } }";

impl GitHub {
    /// `None` if there is no such tag.
    pub(super) async fn changes_since(
        &self,
        previous: Option<&Tag>,
        commit: &CommitSha,
    ) -> Result<Option<SeenChanges>, Cause> {
        let query = query_of_page(previous.is_some());
        let base = previous.map(Tag::to_ref);
        let files = ["yml", "yaml"].map(|end| format!("{commit}:.github/release.{end}"));
        let mut pulls = BTreeMap::new();
        let mut found = SeenChanges::default();
        let mut after: Option<String> = None;
        loop {
            let variables = [
                ("head", commit.as_str()),
                ("yml", &files[0]),
                ("yaml", &files[1]),
            ];
            let more = [("base", base.as_deref()), ("after", after.as_deref())];
            let more = more
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            let variables = variables.into_iter().chain(more);
            let query = models::GraphQlQuery {
                query: &query,
                variables: self.variables(variables.map(|(name, value)| (name.to_owned(), value))),
            };
            let data = self.client.query_value(&query).await?;
            let range = data.pointer("/repository/range");
            let range = range.ok_or_else(|| incomplete("no commits"))?;
            if range.is_null() {
                return Ok(None);
            }
            let range = range.get("compare").unwrap_or(range);
            let page = range.get("page").ok_or_else(|| incomplete("no commits"))?;
            for commit in nodes(page, "") {
                pulls.extend(nodes(commit, "/associatedPullRequests").filter_map(pull));
                found
                    .commits
                    .push(seen_commit(commit).ok_or_else(|| incomplete("half a commit"))?);
            }
            let config = ["yml", "yaml"].map(|name| data.pointer(&format!("/repository/{name}")));
            let config = config.into_iter().flatten().find(|file| !file.is_null());
            found.config = config.map(|file| text(file, "/text").unwrap_or("\0").to_owned());
            let has_more = page.pointer("/pageInfo/hasNextPage") == Some(&Value::Bool(true));
            after = text(page, "/pageInfo/endCursor").map(str::to_owned);
            let pages = found.commits.len() / 100;
            found.is_complete = !has_more;
            if has_more && after.is_some() {
                match previous {
                    None if pages >= MOST_PAGES_OF_FIRST => break,
                    Some(_) if pages >= MOST_PAGES => {
                        return Err(incomplete(
                            "more than 10,000 commits since the previous release",
                        ));
                    }
                    _ => continue,
                }
            }
            // Nothing may be missing, whatever limits the service has.
            let all = range.get("aheadBy").and_then(Value::as_u64);
            let named: BTreeSet<_> = found.commits.iter().map(|commit| &commit.sha).collect();
            if all.is_some_and(|all| all != named.len() as u64) {
                return Err(incomplete(
                    "fewer commits than there are since the previous release",
                ));
            }
            break;
        }
        found.pulls = pulls.into_values().collect();
        Ok(Some(found))
    }

    /// Those of these people who had a pull request merged before the time that stands beside them.
    pub(super) async fn contributors_before(
        &self,
        people: &[(String, String)],
    ) -> Result<BTreeSet<String>, Cause> {
        let mut known = BTreeSet::new();
        for people in people.chunks(PEOPLE_PER_QUERY) {
            let (mut parameters, mut fields) = (String::new(), String::new());
            let mut searches = BTreeMap::new();
            for (nth, (login, time)) in people.iter().enumerate() {
                // Writing to memory cannot fail.
                let _ = write!(parameters, "$q{nth}: String! ");
                let _ = write!(
                    fields,
                    "q{nth}: search(query: $q{nth}, type: ISSUE, first: 1) {{ issueCount }} "
                );
                let author = match login.strip_suffix("[bot]") {
                    Some(app) => format!("app/{app}"),
                    None => login.clone(),
                };
                let repository = &self.repository;
                searches.insert(
                    format!("q{nth}"),
                    format!("repo:{repository} is:pr is:merged author:{author} merged:<{time}"),
                );
            }
            let searches = searches.iter();
            let query = models::GraphQlQuery {
                query: &format!("query({parameters}) {{ {fields} }}"),
                variables: searches
                    .map(|(name, text)| (name.clone(), text.as_str()))
                    .collect(),
            };
            let data = self.client.query_value(&query).await?;
            for (nth, (login, _)) in people.iter().enumerate() {
                let count = data.pointer(&format!("/q{nth}/issueCount"));
                let count = count.and_then(Value::as_u64);
                if count.ok_or_else(|| incomplete("not every count"))? > 0 {
                    known.insert(login.clone());
                }
            }
        }
        Ok(known)
    }

    /// The milestones whose titles hold a text.
    pub(super) async fn milestones_named(&self, title: &str) -> Result<Vec<SeenMilestone>, Cause> {
        let query = models::GraphQlQuery {
            query: MILESTONES,
            variables: self.variables([("title".to_owned(), title)]),
        };
        let data = self.client.query_value(&query).await?;
        let found = data.pointer("/repository/milestones");
        let found = found.ok_or_else(|| incomplete("no milestones"))?;
        let milestone = |milestone: &Value| {
            let parts = ["/issues", "/pullRequests"];
            let open = parts.map(|part| milestone.pointer(part)?.get("totalCount")?.as_u64());
            let urls = parts.into_iter().flat_map(|part| nodes(milestone, part));
            Some(SeenMilestone {
                title: text(milestone, "/title")?.to_owned(),
                is_closed: text(milestone, "/state")? == "CLOSED",
                url: text(milestone, "/url")?.to_owned(),
                open: open.into_iter().sum::<Option<u64>>()?,
                open_urls: urls
                    .filter_map(|item| Some(text(item, "/url")?.to_owned()))
                    .collect(),
            })
        };
        let found = nodes(found, "").map(milestone);
        found
            .collect::<Option<_>>()
            .ok_or_else(|| incomplete("half a milestone"))
    }
}

fn incomplete(what: &str) -> Cause {
    Cause::Broken {
        detail: format!("GitHub's GraphQL names {what}"),
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// The nodes of the connection at a pointer.
fn nodes<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    let list = value.pointer(pointer).and_then(|list| list.get("nodes"));
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter(|node| !node.is_null())
}

/// An account's name; GraphQL leaves out the `[bot]` at the end of an app's.
fn login(actor: Option<&Value>) -> Option<String> {
    let actor = actor?;
    let login = text(actor, "/login")?;
    let is_app = text(actor, "/__typename") == Some("Bot") && !login.ends_with("[bot]");
    Some(format!("{login}{}", if is_app { "[bot]" } else { "" }))
}

fn seen_commit(commit: &Value) -> Option<SeenCommit> {
    let author = |author: &Value| SeenAuthor {
        name: text(author, "/name").unwrap_or_default().to_owned(),
        login: login(author.get("user")),
    };
    let parent = nodes(commit, "/parents").next();
    let message = text(commit, "/message")?;
    Some(SeenCommit {
        sha: text(commit, "/oid")?.to_owned(),
        parent: parent.and_then(|parent| Some(text(parent, "/oid")?.to_owned())),
        subject: message.lines().next().unwrap_or_default().to_owned(),
        date: text(commit, "/committedDate")?.to_owned(),
        authors: nodes(commit, "/authors").map(author).collect(),
    })
}

/// `None` for one that is not merged.
fn pull(pull: &Value) -> Option<(u64, SeenPull)> {
    let number = pull.get("number")?.as_u64()?;
    let labels = nodes(pull, "/labels").filter_map(|label| Some(text(label, "/name")?.to_owned()));
    let seen = SeenPull {
        number,
        title: text(pull, "/title")?.to_owned(),
        login: login(pull.get("author")),
        labels: labels.collect(),
        base: text(pull, "/baseRefName")?.to_owned(),
        merge_commit: text(pull, "/mergeCommit/oid").map(str::to_owned),
        merged_at: text(pull, "/mergedAt")?.to_owned(),
    };
    Some((number, seen))
}
