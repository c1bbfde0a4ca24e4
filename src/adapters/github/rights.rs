//! The rules for tags, and the workflow files of the repository.

use serde::Deserialize;
use serde_json::Value;

use super::{GitHub, models};
use crate::domain::CommitSha;
use crate::protocol::{Cause, SeenTagRuleset, SeenWorkflows};

const FOLDER: &str = ".github/workflows";

/// One request for the ids of both folders and for the texts of one.
const WORKFLOWS: &str = "query($owner: String!, $name: String!, $at: String!, $default: String!) { \
    repository(owner: $owner, name: $name) { default: object(expression: $default) { oid } \
    at: object(expression: $at) { oid ... on Tree { entries { name object { ... on Blob { text } } } } } } }";

/// An entry of the list of rulesets.
#[derive(Deserialize)]
struct ListedRuleset {
    id: u64,
    #[serde(default)]
    target: Option<String>,
    enforcement: String,
}

#[derive(Deserialize)]
struct Ruleset {
    name: String,
    #[serde(default)]
    conditions: Option<Conditions>,
    #[serde(default)]
    rules: Vec<RulesetRule>,
    #[serde(default)]
    current_user_can_bypass: Option<String>,
    #[serde(default, rename = "_links")]
    links: Value,
}

#[derive(Default, Deserialize)]
struct Conditions {
    #[serde(default)]
    ref_name: RefNames,
}

#[derive(Default, Deserialize)]
struct RefNames {
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Deserialize)]
struct RulesetRule {
    #[serde(rename = "type")]
    kind: String,
}

impl GitHub {
    /// The list has neither conditions nor rules, so that each ruleset for tags is read. Anyone who may read the repository may read them
    /// (<https://docs.github.com/en/rest/repos/rules#get-all-repository-rulesets>); servers before rulesets answer 404.
    pub(super) async fn rulesets_for_tags(&self) -> Result<Option<Vec<SeenTagRuleset>>, Cause> {
        let mut url = self.url(&["rulesets"]);
        url.query_pairs_mut().append_pair("targets", "tag");
        let listed: Vec<ListedRuleset> = match self.client.list(url, 1).await {
            Err(Cause::Denied { .. }) => return Ok(None),
            listed => listed?,
        };
        let mut rulesets = Vec::new();
        for one in listed {
            // Servers that do not know the parameter list those for branches, too.
            if one.enforcement != "active" || one.target.as_deref() != Some("tag") {
                continue;
            }
            let url = self.url(&["rulesets", &one.id.to_string()]);
            let Some(ruleset) = self.client.find::<Ruleset>(url).await? else {
                continue;
            };
            rulesets.push(ruleset.seen());
        }
        Ok(Some(rulesets))
    }

    pub(super) async fn workflow_files(
        &self,
        commit: &CommitSha,
        default_branch: &str,
    ) -> Result<SeenWorkflows, Cause> {
        let at = format!("{commit}:{FOLDER}");
        let default = format!("refs/heads/{default_branch}:{FOLDER}");
        let variables = [("at", at.as_str()), ("default", default.as_str())];
        let query = models::GraphQlQuery {
            query: WORKFLOWS,
            variables: self.variables(variables.map(|(name, value)| (name.to_owned(), value))),
        };
        let data = self.client.query_value(&query).await?;
        let at = |path: &str| data.pointer(path);
        let entries = at("/repository/at/entries").and_then(Value::as_array);
        let file = |entry: &Value| {
            let text = |path: &str| entry.pointer(path)?.as_str().map(str::to_owned);
            Some((text("/name")?, text("/object/text")?))
        };
        Ok(SeenWorkflows {
            files: entries.into_iter().flatten().filter_map(file).collect(),
            as_on_default_branch: at("/repository/at/oid") == at("/repository/default/oid"),
        })
    }
}

impl Ruleset {
    fn seen(self) -> SeenTagRuleset {
        let refs = self.conditions.unwrap_or_default().ref_name;
        let url = self.links.pointer("/html/href").and_then(Value::as_str);
        SeenTagRuleset {
            name: self.name,
            url: url.map(str::to_owned),
            include: refs.include,
            exclude: refs.exclude,
            restricts_creation: self.rules.iter().any(|rule| rule.kind == "creation"),
            // `pull_requests_only` does not help a tag.
            may_bypass: self
                .current_user_can_bypass
                .map(|may| matches!(may.as_str(), "always" | "exempt")),
        }
    }
}
