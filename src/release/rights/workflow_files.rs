//! What the workflow files at the commit say: what waits for the tag and for the release, and which runs are dropped.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>

use ocm_module::yaml;
use serde_json::Value;

use super::remedies::with_yaml;
use super::tag_rules;
use crate::domain::{Code, Diagnostic, ReleaseToken, RightsOptions};
use crate::plan::{TagWhen, Wanted};
use crate::protocol::SeenWorkflows;

/// Longer files are not read; GitHub itself takes no longer ones.
const LONGEST: usize = 512 << 10;
/// The workflows of this repository, as callers name them.
const OURS: &str = "/btp-release-action/.github/workflows/";
/// The group of create-release.yaml. A caller with the same one would wait for itself.
const OUR_GROUP: &str = "create-release-${{ github.repository }}";

/// A file, with what it is started by.
struct WorkflowFile<'a> {
    name: &'a str,
    content: Value,
}

/// Everything that the files tell. A file that cannot be read as YAML is none that GitHub would start.
pub(super) fn findings(
    seen: &SeenWorkflows,
    options: &RightsOptions,
    wanted: &Wanted,
) -> Vec<Diagnostic> {
    let files: Vec<_> = seen
        .files
        .iter()
        .filter(|(name, text)| {
            let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
            is_yaml && text.len() <= LONGEST
        })
        .filter_map(|(name, text)| {
            let content = yaml::document(text).ok()?;
            Some(WorkflowFile { name, content })
        })
        .collect();
    let mut findings = Vec::new();
    if !seen.as_on_default_branch && wanted.tag_when == TagWhen::Publish {
        findings.push(workflows_differ(wanted));
    }
    if options.token == ReleaseToken::OfWorkflowRun {
        findings.extend(starts_nothing(&files, wanted));
    }
    let running = options.workflow.as_deref();
    let is_release = |file: &&WorkflowFile<'_>| running == Some(file.name) || file.calls_ours();
    findings.extend(files.iter().filter(is_release).filter_map(dropped));
    findings
}

fn workflows_differ(wanted: &Wanted) -> Diagnostic {
    Diagnostic::warning(
        Code::WorkflowsDiffer,
        format!(
            "the workflow files at {} are not those of the default branch: a token without `workflows: write` cannot name the commit as the target of the draft",
            wanted.commit.short()
        ),
        with_yaml(
            Code::WorkflowsDiffer,
            "let `publish` publish it, which creates the tag itself, and no person; or create the tag with the draft:",
        ),
    )
}

fn starts_nothing(files: &[WorkflowFile<'_>], wanted: &Wanted) -> Vec<Diagnostic> {
    let names = |starts: &dyn Fn(&WorkflowFile<'_>) -> bool| {
        let found = files.iter().filter(|file| starts(file));
        found.map(|file| file.name).collect::<Vec<_>>().join(", ")
    };
    let mut findings = Vec::new();
    let by_tag = names(&|file| file.is_started_by_tag(wanted.tag.as_str()));
    if !by_tag.is_empty() {
        findings.push(Diagnostic::warning(
            Code::TagStartsNothing,
            format!(
                "{by_tag} would be started by {}, and a tag that the run's own token creates starts no workflow",
                wanted.tag
            ),
            with_yaml(
                Code::TagStartsNothing,
                "if the release needs them, let `draft` work as a GitHub App, or with the token of a bot as `github-token`; `has-release-token: true` says here that it does:",
            ),
        ));
    }
    let by_release = names(&|file| file.is_started_by_release());
    if !by_release.is_empty() {
        findings.push(Diagnostic::warning(
            Code::ReleaseStartsNothing,
            format!(
                "{by_release} would be started by the published release, and what the run's own token publishes starts no workflow"
            ),
            with_yaml(
                Code::ReleaseStartsNothing,
                "if they are needed, let `publish` work as a GitHub App, or give it `publish-token`; `has-release-token: true` says here that it does:",
            ),
        ));
    }
    findings
}

/// Releases that GitHub cancels because of the file's `concurrency`
/// (<https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency>).
fn dropped(file: &WorkflowFile<'_>) -> Option<Diagnostic> {
    let concurrency = file.content.get("concurrency")?;
    let text = |key: &str| concurrency.get(key).and_then(Value::as_str);
    let group = concurrency.as_str().or_else(|| text("group"));
    let cancels = concurrency.get("cancel-in-progress") == Some(&Value::Bool(true));
    let why = if cancels {
        "cancels the release that runs when another one is started"
    } else if group == Some(OUR_GROUP) && file.calls_ours() {
        "has the group of create-release.yaml, so that the run waits for itself and is cancelled"
    } else if text("queue") != Some("max") {
        "keeps one waiting run: a third one cancels it"
    } else {
        return None;
    };
    let name = file.name;
    Some(Diagnostic::warning(
        Code::RunsDropped,
        format!("`concurrency` in .github/workflows/{name} {why}"),
        with_yaml(
            Code::RunsDropped,
            "let every release wait for its turn, in a group of its own:",
        ),
    ))
}

impl WorkflowFile<'_> {
    /// The events and their filters. Some readers of YAML take the key for a truth value.
    fn event(&self, name: &str) -> Option<&Value> {
        let on = self
            .content
            .get("on")
            .or_else(|| self.content.get("true"))?;
        match on {
            Value::String(one) if one == name => Some(&Value::Null),
            Value::Array(several) if several.iter().any(|one| one == name) => Some(&Value::Null),
            on => on.get(name),
        }
    }

    /// Whether it names tags of this form. A `push` without filters is meant for branches.
    fn is_started_by_tag(&self, tag: &str) -> bool {
        let tags = self.event("push").and_then(|push| push.get("tags"));
        let patterns = match tags {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => return false,
        };
        let fits = |pattern: &&str| tag_rules::matches(pattern, tag) != Some(false);
        let is_plain = |pattern: &&&str| !pattern.starts_with('!');
        patterns.iter().filter(is_plain).any(fits)
    }

    fn is_started_by_release(&self) -> bool {
        let of_publishing = |kind: &Value| {
            matches!(
                kind.as_str(),
                Some("published" | "released" | "prereleased")
            )
        };
        match self.event("release") {
            None => false,
            Some(event) => match event.get("types") {
                None => true,
                Some(Value::Array(kinds)) => kinds.iter().any(of_publishing),
                Some(kind) => of_publishing(kind),
            },
        }
    }

    /// Whether a job of it is a release of ours.
    fn calls_ours(&self) -> bool {
        let jobs = self.content.get("jobs").and_then(Value::as_object);
        let uses = |job: &Value| job.get("uses").and_then(Value::as_str).map(str::to_owned);
        let mut called = jobs.into_iter().flatten().filter_map(|(_, job)| uses(job));
        called.any(|uses| uses.contains(OURS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example_wanted;

    fn of(text: &str, options: &RightsOptions, tag_when: TagWhen, same: bool) -> Vec<&'static str> {
        let seen = SeenWorkflows {
            files: vec![("release.yaml".into(), text.into())],
            as_on_default_branch: same,
        };
        let wanted = Wanted {
            tag_when,
            ..example_wanted()
        };
        let findings = findings(&seen, options, &wanted);
        assert!(findings.iter().all(|finding| !finding.is_error()));
        findings
            .iter()
            .map(|finding| finding.code.as_str())
            .collect()
    }

    #[test]
    fn triggers_matter_to_the_token_of_the_run_only() {
        let own = RightsOptions {
            token: ReleaseToken::OfWorkflowRun,
            ..RightsOptions::default()
        };
        for (on, expected) in [
            ("on: {push: {tags: ['v*']}}", vec!["tag-starts-nothing"]),
            ("on: {push: {tags: 'v1.*'}}", vec!["tag-starts-nothing"]),
            (
                "on: {push: {tags: ['v[0-9]+.*']}}",
                vec!["tag-starts-nothing"],
            ),
            ("on: {push: {tags: ['api/*', '!v*']}}", vec![]),
            ("on: {push: {branches: [main]}}", vec![]),
            ("on: push", vec![]),
            ("on: release", vec!["release-starts-nothing"]),
            ("on: [push, release]", vec!["release-starts-nothing"]),
            (
                "'on': {release: {types: [published]}}",
                vec!["release-starts-nothing"],
            ),
            ("on: {release: {types: [created]}}", vec![]),
            ("on: {release: null}", vec!["release-starts-nothing"]),
            ("on: workflow_dispatch", vec![]),
            ("on: [unclosed", vec![]),
            ("just a text", vec![]),
        ] {
            assert_eq!(of(on, &own, TagWhen::Draft, true), expected, "{on}");
            let other = of(on, &RightsOptions::default(), TagWhen::Draft, true);
            assert_eq!(other, [""; 0], "{on}");
        }
    }

    #[test]
    fn concurrency_of_the_release_has_to_let_all_runs_wait() {
        const CALL: &str = "jobs: {r: {uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1}}";
        let running = RightsOptions {
            workflow: Some("release.yaml".into()),
            ..RightsOptions::default()
        };
        for (text, drops) in [
            ("concurrency: release", true),
            ("concurrency: {group: release}", true),
            ("concurrency: {group: release, queue: single}", true),
            (
                "concurrency: {group: release, cancel-in-progress: true}",
                true,
            ),
            ("concurrency: {group: release, queue: max}", false),
            (
                "concurrency: {group: release, queue: max, cancel-in-progress: false}",
                false,
            ),
            ("{}", false),
        ] {
            let expected: &[&str] = if drops { &["runs-dropped"] } else { &[] };
            assert_eq!(of(text, &running, TagWhen::Draft, true), expected, "{text}");
            let other = of(text, &RightsOptions::default(), TagWhen::Draft, true);
            assert_eq!(other, [""; 0], "{text}");
            if text != "{}" {
                let calls = format!("{text}\n{CALL}");
                let called = of(&calls, &RightsOptions::default(), TagWhen::Draft, true);
                assert_eq!(called, expected, "{calls}");
            }
        }
        let own = format!("concurrency: {{group: '{OUR_GROUP}', queue: max}}\n{CALL}");
        let found = of(&own, &RightsOptions::default(), TagWhen::Draft, true);
        assert_eq!(found, ["runs-dropped"]);
    }

    #[test]
    fn other_workflow_files_matter_to_a_late_tag_only() {
        let options = RightsOptions::default();
        for (tag_when, same, expected) in [
            (TagWhen::Draft, false, &[][..]),
            (TagWhen::Publish, true, &[]),
            (TagWhen::Publish, false, &["workflows-differ"]),
        ] {
            assert_eq!(of("{}", &options, tag_when, same), expected);
        }
    }
}
