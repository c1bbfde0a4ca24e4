//! The report as an asset: a page that is made of the evidence, which then names it.

use std::path::Path;

use super::{Candidate, LOGS, Publish, REPORT};
use crate::domain::{Code, Diagnostic, Digest, MAX_ASSETS};
use crate::plan::{Artifact, Statement};
use crate::protocol::{LocalFile, Reader, ServiceError};
use crate::release::asset_sync::temporary_name;
use crate::release::page::ReleasePage;

impl Publish {
    /// The file of the report, if there is to be one and it was written already.
    pub(super) async fn written_report(
        &self,
        reader: Reader<'_>,
    ) -> Result<Option<LocalFile>, ServiceError> {
        match self.inputs.report {
            Some(_) => reader.files.file(Path::new(REPORT)).await,
            None => Ok(None),
        }
    }
}

impl Candidate<'_> {
    /// Whether an asset of this name may be among the release's, because it has a report. A published release keeps the one that
    /// it was published with.
    pub(super) fn may_be_report(&self, name: &str) -> bool {
        let temporary = || REPORT.parse().map(|report| temporary_name(&report));
        match &self.inputs.report {
            Some(_) => name == REPORT || temporary().is_ok_and(|temporary| name == temporary),
            None => name == REPORT && !self.release.draft,
        }
    }

    /// Why the report cannot become an asset of a draft.
    pub(super) fn unusable_report(&self) -> Option<Diagnostic> {
        self.inputs.report.as_ref()?;
        let wanted = &self.plan.wanted;
        let logs = usize::from(self.inputs.logs.is_some());
        if wanted.assets.iter().any(|asset| asset.as_str() == REPORT) {
            return Some(Diagnostic::error(
                Code::AssetNameReserved,
                format!("the plan has an asset {REPORT}, which is also the name of the report"),
                "give it another name, or leave `report` out",
            ));
        }
        let full = || {
            let also = if logs == 0 { "" } else { " and " };
            let also = [also, if logs == 0 { "" } else { LOGS }].concat();
            Diagnostic::error(
                Code::AssetsTooMany,
                format!("there is no room for {REPORT}{also}: GitHub takes {MAX_ASSETS} assets"),
                "leave `report` out, or plan fewer assets",
            )
        };
        (wanted.asset_names().len() + logs >= MAX_ASSETS).then(full)
    }

    /// The statement that names the report beside everything else, and the report, if there is to be one. It is made of the
    /// statement without it, so that a later run makes the same bytes.
    pub(super) fn with_report(&self, statement: Statement) -> (Statement, Option<Vec<u8>>) {
        let Some(server) = &self.inputs.report else {
            return (statement, None);
        };
        let mut predicate = statement.without_report().predicate;
        let page = ReleasePage {
            predicate: &predicate,
            server,
            evidence: None,
            jobs: &[],
        };
        let bytes = page.html().into_bytes();
        let report = Artifact::Asset {
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
            waited: 0,
            ready_at: None,
        };
        predicate.artifacts.0.insert(REPORT.to_owned(), report);
        let named = Statement::new(predicate);
        // Evidence that is there stays as it is, byte for byte, with fields that this version does not know.
        let statement = if statement.says_the_same(&named) {
            statement
        } else {
            named
        };
        (statement, Some(bytes))
    }
}
