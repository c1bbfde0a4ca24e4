//! The pull requests: the bump that the release begins with, and after it the submission and the promotions.

use std::io;
use std::sync::Arc;

use stand_ins::{Fault, Pattern};

use super::builders::MODULE_CONFIG;
use super::repositories::{BUMP_TOKEN, MODULES_TOKEN};
use super::{NAME, Rehearsal};
use crate::domain::{ChannelName, Exit};
use crate::settings::{RehearsedMerge, RehearsedProposals};

/// Who approves and merges where a person is waited for.
const REVIEWER: &str = "grace";

/// The longest wait for a merge.
const TIMEOUT: &str = "2m";

const BUMP: &str = "bump";
const SUBMIT: &str = "submit";

/// The jobs before and after those of the release, by their names.
pub(super) fn jobs(proposals: &RehearsedProposals) -> (Vec<String>, Vec<String>) {
    let modules = proposals.modules.as_ref();
    let promotions = modules.into_iter().flat_map(|modules| &modules.channels);
    let promotions = promotions.map(promotion_job);
    let after = std::iter::once(SUBMIT.to_owned()).chain(promotions);
    (vec![BUMP.to_owned()], after.collect())
}

fn promotion_job(channel: &ChannelName) -> String {
    format!("promote-{channel}")
}

impl Rehearsal<'_> {
    /// The commit to release: the merge commit of the bump, or without one the commit of the run. The inner error is the exit code of
    /// the bump.
    pub(super) async fn commit_to_release(&self) -> io::Result<Result<String, Exit>> {
        let release = &self.settings.release;
        let began = &self.services.commit;
        let Some(bump) = &release.proposals.bump else {
            return Ok(Ok(began.clone()));
        };
        self.review(bump.merge, &self.services.repository);
        let named = release.plan.iter();
        let named = named.filter(|(input, _)| ["version", "tag-format"].contains(input));
        let named = named.map(|(input, value)| (*input, value.as_str()));
        let inputs = [
            ("kind", "bump"),
            ("commit", began),
            ("merge", bump.merge.word()),
            ("timeout", TIMEOUT),
            ("target-token", BUMP_TOKEN),
        ];
        let changes = bump.changes.iter();
        let changes = changes.map(|(input, value)| (*input, value.as_str()));
        let inputs: Vec<_> = named.chain(inputs).chain(changes).collect();
        let bumped = self.job(BUMP, "propose", &inputs).await?;
        Ok(match bumped.exit {
            Exit::Done => Ok(bumped.output("commit").to_owned()),
            exit => Err(exit),
        })
    }

    /// Submits the published version and promotes it, one channel after the other, until something fails. Returns the exit code of the
    /// last one.
    pub(super) async fn submit_and_promote(&self, plan: &str) -> io::Result<Exit> {
        let release = &self.settings.release;
        let Some(modules) = &release.proposals.modules else {
            return Ok(Exit::Done);
        };
        let repository = modules.repository.to_string();
        let inputs = [
            ("plan", plan),
            ("target-repository", &repository),
            ("target-token", MODULES_TOKEN),
            ("merge", modules.merge.word()),
            ("timeout", TIMEOUT),
        ];
        if modules.submits {
            self.write_module_config()?;
            self.review(modules.merge, &repository);
            let submission = [("kind", "submission"), ("module-config", MODULE_CONFIG)];
            let inputs = [&inputs[..], &submission].concat();
            let submitted = self.job(SUBMIT, "propose", &inputs).await?;
            if !submitted.succeeded() {
                return Ok(submitted.exit);
            }
        }
        for channel in &modules.channels {
            self.review(modules.merge, &repository);
            let promotion = [("kind", "promotion"), ("channel", channel.as_str())];
            let inputs = [&inputs[..], &promotion].concat();
            let job = promotion_job(channel);
            let promoted = self.job(&job, "propose", &inputs).await?;
            if !promoted.succeeded() {
                return Ok(promoted.exit);
            }
        }
        Ok(Exit::Done)
    }

    /// Says what does not follow on a release that failed.
    pub(super) fn skip_proposals(&self) {
        let release = &self.settings.release;
        if let Some(modules) = &release.proposals.modules {
            let what = format!(
                "{} is neither submitted nor promoted in {}, because its release did not succeed",
                release.tag, modules.repository
            );
            self.timeline.log(NAME, &what);
        }
    }

    /// What a checkout leaves where `build-module` and the submission look for it.
    fn write_module_config(&self) -> io::Result<()> {
        let module = self.settings.release.module.as_ref();
        let Some(text) = module.and_then(|module| module.config.as_ref()) else {
            return Ok(());
        };
        let path = self.services.workspace.join(MODULE_CONFIG);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)
    }

    /// Where a person is to merge, one does: what is open now, and what is opened next, before the answer to that request is sent.
    fn review(&self, merge: RehearsedMerge, repository: &str) {
        if merge != RehearsedMerge::Wait {
            return;
        }
        let github = Arc::clone(&self.services.github);
        let name = repository.to_owned();
        let merge_open = move || {
            let mut world = github.world();
            let repository = world.repository(&name);
            let pulls = repository.pulls.iter();
            let open = pulls.filter(|(_, pull)| pull.state == "open");
            let open: Vec<u64> = open.map(|(number, _)| *number).collect();
            for number in open {
                repository.review(number, REVIEWER, "APPROVED");
                repository.merge_by_hand(number, REVIEWER, "squash");
            }
        };
        merge_open();
        let opened = Pattern::new("POST", &format!("*/repos/{repository}/pulls"));
        let faults = self.services.github.faults();
        faults.when(opened, 1, Fault::call_after(move |_| merge_open()));
        let what = format!("approves and merges what is opened in {repository}");
        self.timeline.log(REVIEWER, &what);
    }
}
