//! References of git: branches and tags. A reference by its name does not lag behind a write; a list of them may.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use serde_json::Value;

use super::client::{ALL_PAGES, success};
use super::models::{GitObject, TagObject};
use super::releases::{TAGS_PER_QUERY, query_of_tags};
use super::{GitHub, models};
use crate::adapters::http::next_page;
use crate::domain::CommitSha;
use crate::protocol::Cause;

/// How many annotated tags are followed from one to the next. Git sets no limit.
const DEEPEST_TAG: usize = 5;
const TAGS: &str = "refs/tags/";
/// What a tag points at, and the tags that it points at
/// (<https://docs.github.com/en/graphql/reference/objects#tag>).
const TARGETS: &str =
    ") { target { oid ... on Tag { target { oid ... on Tag { target { oid } } } } } }";

impl GitHub {
    /// What a reference points to: a commit, or the object of an annotated tag.
    pub(super) async fn object_of(&self, reference: &str) -> Result<Option<GitObject>, Cause> {
        let url = self.url(&["git", "ref", reference]);
        let found = self.client.find::<models::Reference>(url).await?;
        // Some servers answer with another reference that begins with this name.
        let found = found.filter(|found| found.name == format!("refs/{reference}"));
        Ok(found.map(|found| found.object))
    }

    /// Whether a list has a reference. Unlike a 404, a list without it is confirmed by 304, which costs nothing of the quota.
    pub(super) async fn is_listed(&self, reference: &str) -> Result<bool, Cause> {
        let url = self.url(&["git", "matching-refs", reference]);
        let found: Vec<models::ReferenceName> = self.client.list(url, ALL_PAGES).await?;
        let name = format!("refs/{reference}");
        Ok(found.iter().any(|found| found.name == name))
    }

    /// The commit that a reference points to, through annotated tags.
    pub(super) async fn commit_of(&self, reference: &str) -> Result<Option<CommitSha>, Cause> {
        let Some(mut object) = self.object_of(reference).await? else {
            return Ok(None);
        };
        for _ in 0..DEEPEST_TAG {
            if object.kind != "tag" {
                break;
            }
            object = self.tag_object(&object.sha).await?.object;
        }
        if object.kind != "commit" {
            return Err(Cause::Broken {
                detail: format!(
                    "{reference} points at a {} and not at a commit",
                    object.kind
                ),
            });
        }
        let commit = object.sha.parse().map_err(|error| Cause::Broken {
            detail: format!("{reference} points at something unknown: {error}"),
        })?;
        Ok(Some(commit))
    }

    /// An annotated tag's object, which is named by its content and therefore read once.
    pub(super) async fn tag_object(&self, sha: &str) -> Result<TagObject, Cause> {
        let known = self.tag_objects().get(sha).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let object: TagObject = self.client.get(self.url(&["git", "tags", sha])).await?;
        self.tag_objects().insert(sha.to_owned(), object.clone());
        Ok(object)
    }

    /// Those of these tags that point at a commit, themselves or through annotated tags, asked for many at once.
    pub(super) async fn tags_of_commit(
        &self,
        commit: &CommitSha,
        tags: &[String],
    ) -> Result<Vec<String>, Cause> {
        let mut at_commit = Vec::new();
        for tags in tags.chunks(TAGS_PER_QUERY) {
            let numbered = tags.iter().enumerate();
            let named: Vec<_> = numbered
                .map(|(nth, tag)| (format!("t{nth}"), format!("{TAGS}{tag}")))
                .collect();
            let variables = named.iter().map(|(name, tag)| (name.clone(), tag.as_str()));
            let query = models::GraphQlQuery {
                query: &query_of_tags(tags.len(), "ref(qualifiedName: ", TARGETS),
                variables: self.variables(variables),
            };
            let found = self.client.query_value(&query).await?;
            for ((name, _), tag) in named.iter().zip(tags) {
                let object = found.pointer(&format!("/repository/{name}"));
                let object = object.ok_or_else(|| Cause::Broken {
                    detail: "GitHub's GraphQL names not every tag".into(),
                })?;
                let mut target = object.get("target");
                while let Some(object) = target {
                    if object.get("oid").and_then(Value::as_str) == Some(commit.as_str()) {
                        at_commit.push(tag.clone());
                    }
                    target = object.get("target");
                }
            }
        }
        Ok(at_commit)
    }

    /// <https://docs.github.com/en/rest/git/refs#list-matching-references>: all of them in one answer. Older servers give
    /// pages of a hundred, with links.
    pub(super) async fn tags_beginning_with(&self, prefix: &str) -> Result<Vec<String>, Cause> {
        let mut first = self.url(&["git", "matching-refs", &format!("tags/{prefix}")]);
        first.query_pairs_mut().append_pair("per_page", "100");
        let mut tags = Vec::new();
        let mut next = Some(first);
        for _ in 0..ALL_PAGES {
            let Some(page) = next else { break };
            // Not kept for a conditional request: it is read hardly ever again, and may be large.
            let answer = self.client.read(&page).await?;
            let references: Vec<models::ReferenceName> = success(&answer)?.json()?;
            let names = references
                .iter()
                .filter_map(|it| it.name.strip_prefix(TAGS));
            tags.extend(names.map(str::to_owned));
            next = match answer.header("link") {
                Some(link) => next_page(&page, link)?,
                None => None,
            };
        }
        Ok(tags)
    }

    pub(super) fn tag_objects(&self) -> MutexGuard<'_, HashMap<String, TagObject>> {
        self.tag_objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
