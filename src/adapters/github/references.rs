//! References of git: branches and tags. A reference by its name does not lag behind a write; a list of them may.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use super::client::{ALL_PAGES, success};
use super::models::TagObject;
use super::{GitHub, models, origin};
use crate::domain::CommitSha;
use crate::protocol::Cause;

/// How many annotated tags are followed from one to the next. Git sets no limit.
const DEEPEST_TAG: usize = 5;
const TAGS: &str = "refs/tags/";

impl GitHub {
    /// The commit that a reference points to, through annotated tags.
    pub(super) async fn commit_of(&self, reference: &str) -> Result<Option<CommitSha>, Cause> {
        let url = self.url(&["git", "ref", reference]);
        let Some(found) = self.client.find::<models::Reference>(url).await? else {
            return Ok(None);
        };
        // Some servers answer with another reference that begins with this name.
        if found.name != format!("refs/{reference}") {
            return Ok(None);
        }
        let mut object = found.object;
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
                Some(link) => origin::next_page(&page, link)?,
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
