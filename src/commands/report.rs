//! `report`: reads the evidence of a published release, and what else tells its times.

use crate::domain::{Code, Diagnostic, Digest, Tag};
use crate::plan::{EVIDENCE, MAX_EVIDENCE, Predicate, Record, Statement};
use crate::protocol::{
    AssetState, GitHubReader, SeenAsset, SeenCheck, SeenJob, SeenRelease, ServiceError,
};
use crate::release::page::ReleasePage;
use crate::report::Failure;

/// What messages of the command begin with.
pub const TITLE: &str = "report";

/// Where evidence comes from.
const ONLY_OURS: &str = "only what `publish` of btp-release published has a report";

/// The evidence of a release, with what else was read.
pub struct ReadRelease {
    pub statement: Statement,
    pub jobs: Vec<SeenJob>,
    /// What could not be read, for the log: the page is made without it.
    pub missing: Vec<String>,
}

/// Reads the evidence of the published release of a tag, and compares it with GitHub's digest.
///
/// # Errors
///
/// There is no such release, it has no evidence or one of another release, or GitHub does not answer.
pub async fn read_release(github: &impl GitHubReader, tag: &Tag) -> Result<ReadRelease, Failure> {
    let failed = |error: ServiceError| Failure::of_service(TITLE, &error, "run it again");
    let refused = |finding| Failure::refused(TITLE, vec![finding]);
    let releases = github.releases(tag).await.map_err(failed)?;
    let asset = evidence_of(&releases, tag).map_err(refused)?;
    let bytes = github.read_asset(asset, MAX_EVIDENCE).await;
    let bytes = bytes.map_err(failed)?;
    let statement = checked(asset, &bytes, tag).map_err(refused)?;
    let mut read = ReadRelease::of_file(statement);
    read.add_times(github).await;
    Ok(read)
}

/// The asset with the evidence, of the release that people see.
fn evidence_of<'a>(releases: &'a [SeenRelease], tag: &Tag) -> Result<&'a SeenAsset, Diagnostic> {
    let published = releases.iter().find(|release| !release.draft);
    let missing = |seen| Diagnostic::error(Code::EvidenceMissing, seen, ONLY_OURS);
    let release = published.ok_or_else(|| missing(format!("{tag} is not published")))?;
    let is_evidence =
        |asset: &&SeenAsset| asset.name == EVIDENCE && asset.state == AssetState::Uploaded;
    let asset = release.assets.iter().find(is_evidence);
    asset.ok_or_else(|| missing(format!("{tag} has no {EVIDENCE}")))
}

/// The evidence, if its bytes are those that were uploaded and it is of this release.
fn checked(asset: &SeenAsset, bytes: &[u8], tag: &Tag) -> Result<Statement, Diagnostic> {
    let digest = Digest::of(bytes);
    if let Some(wanted) = asset.digest.filter(|wanted| *wanted != digest) {
        let seen = format!("{EVIDENCE} of {tag} was downloaded with {digest}");
        let help =
            "nothing of it was used: run it again, or look what is between this machine and GitHub";
        let broken = Diagnostic::error(Code::ContentBroken, seen, help);
        return Err(broken.wanted(wanted.to_string()));
    }
    let statement = Statement::from_bytes(bytes)?;
    let of = &statement.predicate.plan.wanted.tag;
    if of != tag {
        let seen = format!("the evidence of {tag} is that of {of}");
        let help = "find out who changed it; nobody should have";
        return Err(Diagnostic::error(Code::EvidenceDiffers, seen, help));
    }
    Ok(statement)
}

impl ReadRelease {
    /// Evidence that was read already, and nothing else.
    pub fn of_file(statement: Statement) -> Self {
        Self {
            statement,
            jobs: vec![],
            missing: vec![],
        }
    }

    /// The page, and the timeline as an image. Links lead to the pages of GitHub at `server`.
    pub fn draw(&self, server: &str) -> (String, String) {
        let page = ReleasePage {
            predicate: &self.statement.predicate,
            server,
            evidence: Some(Digest::of(&self.statement.to_bytes())),
            jobs: &self.jobs,
        };
        (page.html(), page.svg())
    }

    /// Adds the times of the jobs and, where the evidence has none, those of the checks. A report without them is a report still.
    async fn add_times(&mut self, github: &impl GitHubReader) {
        let wanted = self.statement.predicate.plan.wanted.clone();
        if let Ok(run) = wanted.run.parse() {
            match github.jobs(&wanted.repository, run).await {
                Ok(jobs) => self.jobs = jobs,
                Err(error) => self.missing.push(format!("the times of the jobs: {error}")),
            }
        }
        let predicate = &mut self.statement.predicate;
        if !records(predicate).any(|record| record.ended.is_none()) {
            return;
        }
        match github.checks(&wanted.commit).await {
            Ok(checks) => records(predicate).for_each(|record| add_times(record, &checks)),
            Err(error) => self
                .missing
                .push(format!("the times of the checks: {error}")),
        }
    }
}

fn records(predicate: &mut Predicate) -> impl Iterator<Item = &mut Record> {
    let verdicts = predicate.verdicts.iter_mut();
    let others = predicate.checks.iter_mut().chain(&mut predicate.builders);
    verdicts.chain(others)
}

/// Adds the times of the same check; one that was run again since then has another page.
fn add_times(record: &mut Record, checks: &[SeenCheck]) {
    let same = |check: &&SeenCheck| {
        check.name == record.name
            && check.url == record.url
            && check.state.to_string() == record.state
    };
    if let Some(check) = checks.iter().find(same) {
        record.began = record.began.or(check.times.began);
        record.ended = record.ended.or(check.times.ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example;
    use crate::protocol::{AssetId, CheckState, CheckTimes, ReleaseId};

    fn statement() -> Statement {
        Statement::new(Predicate {
            plan: example(),
            artifacts: crate::plan::Artifacts::default(),
            jobs: std::collections::BTreeMap::new(),
            verdicts: vec![],
            checks: vec![],
            builders: vec![],
            drafted_at: String::new(),
            publisher: String::new(),
            requests: vec![],
        })
    }

    fn asset(state: AssetState, digest: Option<Digest>) -> SeenAsset {
        SeenAsset {
            id: AssetId(7),
            name: EVIDENCE.into(),
            state,
            size: 3,
            digest,
            download_url: String::new(),
        }
    }

    fn release(draft: bool, assets: Vec<SeenAsset>) -> SeenRelease {
        SeenRelease {
            id: ReleaseId(1),
            tag: "v1.2.0".into(),
            name: "v1.2.0".into(),
            body: String::new(),
            target: String::new(),
            draft,
            prerelease: false,
            immutable: false,
            url: String::new(),
            created_at: String::new(),
            assets,
        }
    }

    #[test]
    fn evidence_is_that_of_a_published_release() {
        let tag: Tag = "v1.2.0".parse().unwrap();
        let there = || vec![asset(AssetState::Uploaded, None)];
        let missing = Some(Code::EvidenceMissing);
        for (releases, code) in [
            (vec![release(false, there())], None),
            (vec![release(true, vec![]), release(false, there())], None),
            (vec![], missing),
            (vec![release(true, there())], missing),
            (vec![release(false, vec![])], missing),
            (
                vec![release(false, vec![asset(AssetState::Unfinished, None)])],
                missing,
            ),
        ] {
            let found = evidence_of(&releases, &tag).err().map(|error| error.code);
            assert_eq!(found, code, "{releases:?}");
        }
    }

    #[test]
    fn evidence_has_its_digest_and_is_of_this_release() {
        let bytes = statement().to_bytes();
        let (right, wrong) = (Some(Digest::of(&bytes)), Some(Digest::of(b"x")));
        for (digest, tag, code) in [
            (right, "v1.2.0", None),
            (None, "v1.2.0", None),
            (wrong, "v1.2.0", Some(Code::ContentBroken)),
            (right, "v1.2.1", Some(Code::EvidenceDiffers)),
        ] {
            let asset = asset(AssetState::Uploaded, digest);
            let found = checked(&asset, &bytes, &tag.parse().unwrap());
            assert_eq!(found.err().map(|error| error.code), code, "{tag}");
        }
        let unreadable = checked(
            &asset(AssetState::Uploaded, None),
            b"{}",
            &"v1.2.0".parse().unwrap(),
        );
        assert_eq!(unreadable.unwrap_err().code, Code::EvidenceUnreadable);
    }

    #[test]
    fn times_are_added_of_the_same_check_only() {
        let check = |name: &str, state, url: &str| SeenCheck {
            name: name.into(),
            state,
            description: None,
            url: Some(url.into()),
            times: CheckTimes {
                began: Some(5),
                ended: Some(9),
            },
        };
        let success = CheckState::Success;
        for (seen, ended) in [
            (check("lint", success, "https://x.example/1"), Some(9)),
            (check("lint", success, "https://x.example/2"), None),
            (
                check("lint", CheckState::Failure, "https://x.example/1"),
                None,
            ),
            (check("scan", success, "https://x.example/1"), None),
        ] {
            let mut record = Record {
                name: "lint".into(),
                state: "success".into(),
                description: None,
                url: Some("https://x.example/1".into()),
                began: None,
                ended: None,
            };
            add_times(&mut record, &[seen]);
            assert_eq!(record.ended, ended);
        }
    }
}
