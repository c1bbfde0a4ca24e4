//! Which branches have a commit: one GraphQL query for all of them. `Ref.compare` counts the commits that a commit has and the
//! branch has not (<https://docs.github.com/en/graphql/reference/objects#comparison>); where there are none, it is on the branch.

use std::fmt::Write as _;

use serde_json::Value;

use super::{GitHub, models};
use crate::domain::CommitSha;
use crate::protocol::Cause;

impl GitHub {
    /// Whether each branch has the commit; `None` for a branch that does not exist.
    pub(super) async fn branches_with(
        &self,
        commit: &CommitSha,
        branches: &[String],
    ) -> Result<Vec<Option<bool>>, Cause> {
        if branches.is_empty() {
            return Ok(Vec::new());
        }
        let (mut parameters, mut fields) = (String::new(), String::new());
        let mut names = Vec::new();
        for (nth, branch) in branches.iter().enumerate() {
            // Writing to memory cannot fail.
            let _ = write!(parameters, ", $b{nth}: String!");
            let _ = write!(
                fields,
                " b{nth}: ref(qualifiedName: $b{nth}) {{ compare(headRef: $head) {{ aheadBy }} }}"
            );
            names.push((format!("b{nth}"), format!("refs/heads/{branch}")));
        }
        let filled = names
            .iter()
            .map(|(name, full)| (name.clone(), full.as_str()));
        let query = models::GraphQlQuery {
            query: &format!(
                "query($owner: String!, $name: String!, $head: String!{parameters}) {{ \
                 repository(owner: $owner, name: $name) {{{fields} }} }}"
            ),
            variables: self.variables(filled.chain([("head".to_owned(), commit.as_str())])),
        };
        let data = self.client.query_value(&query).await?;
        let repository = data.get("repository");
        let has_commit = |(name, _): &(String, String)| match repository?.get(name)? {
            Value::Null => Some(None),
            branch => {
                let ahead = branch.pointer("/compare/aheadBy")?.as_u64()?;
                Some(Some(ahead == 0))
            }
        };
        let found: Option<_> = names.iter().map(has_commit).collect();
        found.ok_or_else(|| Cause::Broken {
            detail: "GitHub's GraphQL does not compare every branch".into(),
        })
    }
}
