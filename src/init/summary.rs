//! What a person is told beside the workflow: what was found, what was guessed, and what is left to do.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::LookedAt;
use super::facts::{ReleaseBranches, RepositoryFacts, SeenTags};
use super::image_builds::ImageBuild;
use super::names::listed;
use super::test_commands::TestCommand;

/// The pages of these documents.
const DOCS: &str = "https://github.com/kyma-project/btp-release-action/blob/main/docs";

/// A summary, one sentence an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitSummary {
    pub found: Vec<String>,
    pub guessed: Vec<String>,
    /// Secrets, variables and rules of the repository.
    pub to_set: Vec<String>,
    pub to_do: Vec<String>,
}

impl InitSummary {
    pub(super) fn of(looked_at: &LookedAt<'_>, facts: &RepositoryFacts<'_>) -> Self {
        let mut summary = Self::default();
        summary.repository(looked_at, facts);
        summary.files(looked_at, facts);
        summary.todays_release(facts);
        summary.settings(facts);
        summary
    }

    pub(super) fn guess(&mut self, guess: String) {
        self.guessed.push(guess);
    }

    pub(super) fn set(&mut self, setting: String) {
        self.to_set.push(setting);
    }

    pub(super) fn task(&mut self, task: String) {
        self.to_do.push(task);
    }

    fn repository(&mut self, looked_at: &LookedAt<'_>, facts: &RepositoryFacts<'_>) {
        let (git, rules) = (looked_at.git, &facts.rules);
        match &git.repository {
            Some(repository) => self.found.push(format!("repository {repository}, from the remote `origin`")),
            None if git.is_checkout => self.guess("the remote `origin` names no repository on GitHub: nothing depends on its name but the defaults for images".to_owned()),
            None => self.guess("this is no git checkout: branches and versions are the usual ones".to_owned()),
        }
        if git.is_elsewhere {
            self.task(format!("a GitHub other than github.com cannot call workflows of github.com: read {DOCS}/migrate/README.md#github-enterprise-server"));
        }
        let branch = &rules.default_branch;
        if rules.branch_is_guessed {
            self.guess(format!("`{branch}` is the default branch"));
        } else {
            self.found.push(format!("default branch `{branch}`"));
        }
        if rules.tags != SeenTags::None {
            self.found.push(format!(
                "tags of versions; the next patch is {}",
                rules.example
            ));
        } else if git.is_checkout {
            self.guess("there are no tags of versions: they will be written as they are typed, such as 1.0.0".to_owned());
        }
        if rules.release_branches != ReleaseBranches::None {
            self.found
                .push("releases from branches such as `release-1.2`".to_owned());
        }
        if let Some(folder) = &facts.folder {
            self.found.push(format!("the module's folder `{folder}`"));
        }
    }

    fn files(&mut self, looked_at: &LookedAt<'_>, facts: &RepositoryFacts<'_>) {
        if let Some(dockerfile) = &facts.dockerfile {
            let others = &facts.other_dockerfiles;
            let others = match others.as_slice() {
                [] => String::new(),
                others => format!(", beside {}", listed(others.iter().map(String::as_str))),
            };
            self.found.push(format!("`{dockerfile}`{others}"));
        }
        if let Some(makefile) = &facts.makefile {
            let targets = listed(makefile.targets());
            self.found
                .push(format!("`Makefile` with the targets {targets}"));
        }
        let module = &facts.module;
        let config = module.config.as_ref().map(|(path, _)| path);
        let found = [config, module.default_cr.as_ref(), module.security.as_ref()];
        for path in found.into_iter().flatten() {
            self.found.push(format!("`{path}`"));
        }
        if !facts.unreadable.is_empty() {
            let files = listed(facts.unreadable.iter().copied());
            self.guess(format!("{files} cannot be read as YAML: left out"));
        }
        if looked_at.files.is_cut {
            self.guess("the repository is large: not every file was looked at".to_owned());
        }
    }

    fn todays_release(&mut self, facts: &RepositoryFacts<'_>) {
        if !facts.calls_us.is_empty() {
            let files = listed(facts.calls_us.iter().copied());
            self.found.push(format!(
                "{files} with calls of btp-release-action: compare before you use two of them"
            ));
        }
        let images: BTreeSet<String> = facts.builds.calls.iter().map(ImageBuild::image).collect();
        if !images.is_empty() {
            let images = listed(images.iter().map(String::as_str));
            self.found
                .push(format!("calls of the image builder for {images}"));
        }
        if facts.replaced.is_empty() {
            return;
        }
        let files = listed(facts.replaced.iter().copied());
        self.found.push(format!("today's release in {files}"));
        self.task(format!(
            "delete {files} once a release with the new workflow is through: both make releases"
        ));
        let jobs = &facts.jobs;
        let names = |set: &BTreeSet<String>| listed(set.iter().map(String::as_str));
        if !jobs.replaced.is_empty() {
            self.found.push(format!(
                "jobs that the new workflow replaces: {}",
                names(&jobs.replaced)
            ));
        }
        if !facts.left_inputs.is_empty() {
            self.guess(format!(
                "nobody needs the inputs {} of today: they are left out, and where a test reads one, its default is written down",
                names(&facts.left_inputs)
            ));
        }
        if !jobs.bumps.is_empty() {
            let bumps = names(&jobs.bumps);
            // Builds of the caller are of the commit that the run was started for, which no pull request of the run can be.
            self.task(if facts.builds.calls.is_empty() {
                format!("{bumps} commits the version: the input `bump` opens that as a pull request before anything is built, and releases its merge commit ({DOCS}/propose.md)")
            } else {
                format!("{bumps} commits the version: merge that as a pull request before the release, since what is tagged is what was built and tested ({DOCS}/migrate/btp-manager.md#the-version-in-files)")
            });
        }
        if !jobs.others.is_empty() {
            self.task(format!(
                "carry over what else is in {}: as a workflow with `on: {{ release: {{ types: [released] }} }}`, or as a job that needs the last one",
                names(&jobs.others)
            ));
        }
    }

    fn settings(&mut self, facts: &RepositoryFacts<'_>) {
        let tokens = &facts.tokens;
        match (&tokens.app, &tokens.publish) {
            (Some((id, key)), _) => self.set(format!(
                "nothing for publishing: the App of the secrets {id} and {key} does it, as today"
            )),
            (None, Some(token)) => {
                self.set(format!(
                    "nothing for publishing: the secret {token} does it, as today"
                ));
                if let Some(environment) = &tokens.environment {
                    self.set(format!("if {token} is a secret of the environment `{environment}`: store it there as PUBLISH_TOKEN, and write `secrets: inherit` in the last job"));
                }
            }
            _ if !tokens.started_by_release.is_empty() => {
                let files = listed(tokens.started_by_release.iter().map(String::as_str));
                self.set(format!("the secret PUBLISH_TOKEN, or APP_ID and APP_PRIVATE_KEY of a GitHub App: a release starts {files}, but not one that the job's own token publishes"));
            }
            _ => {}
        }
        let tests = &facts.jobs.tests;
        let reads = tests
            .iter()
            .flat_map(|test| &test.reads)
            .map(String::as_str);
        let reads: BTreeSet<&str> = reads.collect();
        if !reads.is_empty() {
            self.set(format!(
                "nothing for the tests: they read the secrets {}, as today",
                listed(reads)
            ));
        }
        let branch = &facts.rules.default_branch;
        self.set(format!("protection of `{branch}`: required reviews and checks; a release takes its commit, and pushes nothing"));
        self.set("where a ruleset restricts who creates tags: let GitHub Actions, or the App that publishes, bypass it".to_owned());
    }

    /// What is said of tests that one command runs.
    pub(super) fn tests(&mut self, unit: &TestCommand, e2e: &TestCommand) {
        for (test, kind) in [(unit, "unit"), (e2e, "E2E")] {
            if !test.exists {
                self.task(format!("write the target for `{}`, or name your command: no {kind} tests were found, and without them nothing is published", test.command));
            }
        }
    }

    /// Tests of today that the new workflow does not call.
    pub(super) fn tests_stay_behind(&mut self, facts: &RepositoryFacts<'_>) {
        for (id, why) in &facts.jobs.left_tests {
            self.task(format!("carry over the test `{id}`: {why}"));
        }
    }

    /// For a terminal. `written` says where the workflow is.
    pub fn to_text(&self, written: &str) -> String {
        let mut text = String::new();
        let parts = [
            ("Found", &self.found),
            ("Guessed: look whether it is so", &self.guessed),
            ("To set", &self.to_set),
            ("To do", &self.to_do),
        ];
        for (title, items) in parts {
            if items.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{title}");
            for item in items {
                let _ = writeln!(text, "  - {item}");
            }
        }
        let _ = writeln!(text, "{written}");
        text
    }
}
