//! Releases: found by their tag, read by their id.
//!
//! REST finds no draft by its tag. The list of all releases is no way to find one either: its order is not documented, it has
//! pages, and a repository may have thousands. GraphQL finds a release of a tag, drafts included, but only one of several. The
//! same query gives the newest releases by the time at which they were created, and so the duplicates: one that somebody makes
//! beside ours is among them, and of older ones the query by tag finds one. Both may lag behind a write.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::client::ALL_PAGES;
use super::{GitHub, models};
use crate::domain::Tag;
use crate::protocol::{Cause, CountedReleases, ReleaseId, SeenRelease};

/// A release comes with its first 30 assets; with as many, it may have more.
const FULL_RELEASE: usize = 30;
/// `first` may ask for a hundred
/// (<https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api>).
const RELEASES_OF_TAG: &str = "query($owner: String!, $name: String!, $tag: String!) { \
    repository(owner: $owner, name: $name) { \
    release(tagName: $tag) { databaseId tagName } \
    releases(first: 100, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { databaseId tagName } } } }";
/// How many tags are asked for in one query.
pub(super) const TAGS_PER_QUERY: usize = 50;
/// What is asked of the release of a tag.
const STATE: &str = ") { isDraft isPrerelease }";

impl GitHub {
    /// All releases of a tag, each as it is now: what finds them may lag behind.
    pub(super) async fn releases_of(&self, tag: &Tag) -> Result<Vec<SeenRelease>, Cause> {
        let query = models::GraphQlQuery {
            query: RELEASES_OF_TAG,
            variables: self.variables([("tag".to_owned(), tag.as_str())]),
        };
        let found = self.in_repository(&query).await?;
        let newest = found.releases.ok_or_else(|| incomplete("no releases"))?;
        let mut ids = BTreeSet::new();
        for release in found.release.into_iter().chain(newest.nodes) {
            let id = release.database_id;
            let id = id.ok_or_else(|| incomplete("a release without its id"))?;
            if release.tag_name.as_deref() == Some(tag.as_str()) {
                ids.insert(id);
            }
        }
        let mut releases = Vec::new();
        for id in ids {
            let release = self.see_release(ReleaseId(id)).await?;
            releases.extend(release.filter(|release| release.tag == tag.as_str()));
        }
        Ok(releases)
    }

    pub(super) async fn see_release(&self, id: ReleaseId) -> Result<Option<SeenRelease>, Cause> {
        let number = id.to_string();
        let url = self.url(&["releases", &number]);
        let Some(mut release) = self.client.find::<models::Release>(url).await? else {
            return Ok(None);
        };
        self.upload_urls().insert(id, release.upload_url.clone());
        if release.assets.len() >= FULL_RELEASE {
            let url = self.url(&["releases", &number, "assets"]);
            release.assets = self.client.list(url, ALL_PAGES).await?;
        }
        Ok(Some(release.seen()))
    }

    /// The first of these tags that has a published release which counts, asked for many at once.
    pub(super) async fn first_published(
        &self,
        tags: &[String],
        counted: CountedReleases,
    ) -> Result<Option<String>, Cause> {
        for tags in tags.chunks(TAGS_PER_QUERY) {
            let name = |nth: usize| format!("t{nth}");
            let numbered = tags.iter().enumerate();
            let query = models::GraphQlQuery {
                query: &query_of_tags(tags.len(), "release(tagName: ", STATE),
                variables: self
                    .variables(numbered.clone().map(|(nth, tag)| (name(nth), tag.as_str()))),
            };
            let found = self.in_repository(&query).await?.named;
            for (nth, tag) in numbered {
                let release = found.get(&name(nth));
                let release = release.ok_or_else(|| incomplete("not every release"))?;
                if self.is_published(tag, release.as_ref(), counted).await? {
                    return Ok(Some(tag.clone()));
                }
            }
        }
        Ok(None)
    }

    async fn is_published(
        &self,
        tag: &str,
        found: Option<&models::GraphQlRelease>,
        counted: CountedReleases,
    ) -> Result<bool, Cause> {
        let counts = |prerelease: bool| counted == CountedReleases::All || !prerelease;
        let Some(found) = found else {
            return Ok(false);
        };
        match (found.is_draft, found.is_prerelease) {
            (Some(false), Some(prerelease)) => Ok(counts(prerelease)),
            // It may hide a published one. REST finds only that.
            (Some(true), _) => {
                let url = self.url(&["releases", "tags", tag]);
                let published = self.client.find::<models::Release>(url).await?;
                Ok(published.is_some_and(|release| counts(release.prerelease)))
            }
            _ => Err(incomplete("a release without its state")),
        }
    }

    /// The variables of a query: the repository's, and these.
    pub(super) fn variables<'a>(
        &'a self,
        more: impl IntoIterator<Item = (String, &'a str)>,
    ) -> BTreeMap<String, &'a str> {
        let repository = [
            ("owner".to_owned(), self.repository.owner()),
            ("name".to_owned(), self.repository.name()),
        ];
        repository.into_iter().chain(more).collect()
    }

    async fn in_repository(
        &self,
        query: &models::GraphQlQuery<'_>,
    ) -> Result<models::GraphQlRepository, Cause> {
        let data = self.client.query(query).await?;
        data.repository
            .ok_or_else(|| incomplete("no repository and no reason"))
    }
}

/// A query for `t0`, `t1` … of as many tags, each a field with its tag between `before` and `after`.
pub(super) fn query_of_tags(count: usize, before: &str, after: &str) -> String {
    let (mut parameters, mut fields) = (String::new(), String::new());
    for nth in 0..count {
        // Writing to memory cannot fail.
        let _ = write!(parameters, ", $t{nth}: String!");
        let _ = write!(fields, " t{nth}: {before}$t{nth}{after}");
    }
    format!(
        "query($owner: String!, $name: String!{parameters}) {{ repository(owner: $owner, name: $name) {{{fields} }} }}"
    )
}

fn incomplete(what: &str) -> Cause {
    Cause::Broken {
        detail: format!("GitHub's GraphQL names {what}"),
    }
}
