//! The logs of the run as an asset: uploaded before the evidence, which names them, is written.

use super::{Candidate, LOGS};
use crate::domain::{Code, Diagnostic, MAX_ASSETS};
use crate::plan::{Artifact, Artifacts};
use crate::protocol::Action;
use crate::release::asset_sync::{room, sync_asset, temporary_name};

impl Candidate<'_> {
    /// Whether an asset of this name may be among the release's, because it has the logs. A published release keeps those that it
    /// was published with.
    pub(super) fn may_be_logs(&self, name: &str) -> bool {
        let temporary = || LOGS.parse().map(|logs| temporary_name(&logs));
        match &self.inputs.logs {
            Some(_) => name == LOGS || temporary().is_ok_and(|temporary| name == temporary),
            None => name == LOGS && !self.release.draft,
        }
    }

    /// Why the file cannot become an asset of a draft.
    pub(super) fn unusable_logs(&self) -> Option<Diagnostic> {
        let path = self.inputs.logs.as_ref()?.display();
        let (code, seen, help) = match &self.seen.logs {
            None => (
                Code::FileMissing,
                format!("the file for {LOGS}, {path}, does not exist, or is no regular file"),
                "run `download-logs` with this path as its `output` before, or leave `logs` out",
            ),
            Some(file) if file.size == 0 => (
                Code::FileEmpty,
                format!("the file for {LOGS}, {path}, is empty, which GitHub does not take"),
                "look at the step that makes it, or leave `logs` out",
            ),
            Some(_) if self.plan.wanted.asset_names().len() >= MAX_ASSETS => (
                Code::AssetsTooMany,
                format!("there is no room for {LOGS}: GitHub takes {MAX_ASSETS} assets"),
                "leave `logs` out, or plan fewer assets",
            ),
            Some(_) => return None,
        };
        Some(Diagnostic::error(code, seen, help))
    }

    /// What is still to be done until the draft has the file's bytes as an asset.
    pub(super) fn missing_logs(&self) -> Vec<Action> {
        let Some((file, name)) = self.seen.logs.as_ref().zip(LOGS.parse().ok()) else {
            return vec![];
        };
        let mut room = room(
            self.release,
            [LOGS]
                .into_iter()
                .chain(self.plan.wanted.own_assets().iter().copied()),
        );
        sync_asset(&self.seen.release, self.release, &name, file, &mut room)
    }

    /// What the evidence names: the artifacts that were tested, and the logs.
    pub(super) fn named_in_evidence(&self) -> Artifacts {
        let mut artifacts = self.inputs.artifacts.clone();
        if let Some(file) = &self.seen.logs {
            let logs = Artifact::Asset {
                digest: file.digest,
                size: file.size,
                waited: 0,
                ready_at: None,
            };
            artifacts.0.insert(LOGS.to_owned(), logs);
        }
        artifacts
    }
}
