//! Milestones with their issues and pull requests.
//! <https://docs.github.com/en/graphql/reference/objects#milestone>

use super::connection;
use super::document::RequestedField;
use super::object::{FieldResult, Object, ResolveContext};
use super::resolve_pulls::state_of;
use crate::github::model::{GitRepository, StoredMilestone};
use crate::github::rest::objects::{node_id, page};
use crate::text::rfc3339;
use serde_json::json;

/// When every milestone was created, in seconds since 1970: nobody asks for more than a date.
const CREATED_AT: u64 = 1_736_154_000;

/// Those whose titles hold the text of `query`.
pub(crate) fn milestones<'a>(
    repository: &'a GitRepository,
    field: &RequestedField,
) -> FieldResult<'a> {
    let (query, states) = (field.text("query").to_lowercase(), field.words("states"));
    let found = (1..).zip(&repository.milestones).filter(|(_, found)| {
        found.title.to_lowercase().contains(&query)
            && states
                .as_ref()
                .is_none_or(|states| states.contains(&found.state.to_uppercase().as_str()))
    });
    let all = found.map(|(number, found)| Object::Milestone(repository, number, found));
    let page = connection::new("MilestoneConnection", "MilestoneEdge", all.collect(), field)?;
    Ok(Some(page.into()))
}

pub(crate) fn milestone<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    number: u64,
    milestone: &'a StoredMilestone,
    field: &RequestedField,
) -> FieldResult<'a> {
    let states = field.words("states");
    let is_asked = |state: &str| states.as_ref().is_none_or(|asked| asked.contains(&state));
    let is_closed = milestone.state == "closed";
    Ok(Some(match field.name.as_str() {
        "id" => json!(node_id("MI", repository.id * 1_000_000 + number)).into(),
        "number" => json!(number).into(),
        "title" => json!(milestone.title).into(),
        "description" | "dueOn" => json!(null).into(),
        "creator" => Object::actor("octocat").into(),
        "createdAt" | "updatedAt" => json!(rfc3339(CREATED_AT)).into(),
        "closedAt" => json!(is_closed.then(|| rfc3339(CREATED_AT))).into(),
        "state" => json!(milestone.state.to_uppercase()).into(),
        "closed" => json!(is_closed).into(),
        "url" => {
            let path = format!("/milestone/{number}");
            json!(page(context.call, repository, &path)).into()
        }
        "issues" => {
            let found = milestone.items.iter().filter_map(|number| {
                let issue = repository.issues.get(number)?;
                is_asked(&issue.state.to_uppercase())
                    .then_some(Object::Issue(repository, *number, issue))
            });
            connection::new("IssueConnection", "IssueEdge", found.collect(), field)?.into()
        }
        "pullRequests" => {
            let found = milestone.items.iter().filter_map(|number| {
                let pull = repository.pulls.get(number)?;
                is_asked(state_of(pull)).then_some(Object::Pull(repository, *number, pull))
            });
            let all = found.collect();
            connection::new("PullRequestConnection", "PullRequestEdge", all, field)?.into()
        }
        _ => return Ok(None),
    }))
}
