//! `verify`: checks a published release against its evidence, its assets and its images, at any time later.

mod referrers;
mod signatures;
mod signed;

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{Code, Diagnostic};
use crate::domain::{Digest, Tag};
use crate::plan::{EVIDENCE, MAX_EVIDENCE, Mark, ReleasePlan, Statement};
use crate::protocol::{AssetState, Reader, SeenRelease, ServiceError};
use crate::protocol::{Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::release::image_reader::{ImageQuery, ImageState};
use crate::release::references::{row, row_of_many};
use crate::release::view::{ReleaseCache, ReleaseView, Trust};

/// [`PhaseId::Verify`]. It needs no plan: that is part of the evidence.
pub struct Verify {
    tag: Tag,
    cache: ReleaseCache,
}

/// A release and its evidence.
struct VerifyState {
    release: ReleaseView,
    evidence: Option<Bytes>,
    signed: signed::PublishedSignatures,
}

impl Verify {
    pub fn new(tag: Tag) -> Self {
        Self {
            tag,
            cache: ReleaseCache::new(Trust::DigestsOnly),
        }
    }

    async fn see(&mut self, reader: Reader<'_>) -> Result<VerifyState, ServiceError> {
        let mut view = self.cache.view(reader, &self.tag);
        view.tag().await?;
        view.releases().await?;
        let evidence = match view.so_far().evidence() {
            Some(asset) => Some(reader.github.read_asset(asset, MAX_EVIDENCE).await?),
            None => None,
        };
        view.digests(|_| true).await?;
        let statement = evidence
            .as_deref()
            .and_then(|bytes| Statement::from_bytes(bytes).ok());
        if let Some(statement) = &statement {
            let images = statement.predicate.plan.images();
            view.images(images.map(|(_, image)| ImageQuery {
                name: image.to_string(),
                image,
                platforms: vec![],
            }))
            .await?;
        }
        let release = view.finish();
        let signed = match &statement {
            Some(statement) => signed::see(reader, &release, statement).await?,
            None => signed::PublishedSignatures::default(),
        };
        Ok(VerifyState {
            release,
            evidence,
            signed,
        })
    }
}

#[async_trait]
impl Phase for Verify {
    fn id(&self) -> PhaseId {
        PhaseId::Verify
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        Ok(decide(&self.tag, &seen))
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_tag(&self.tag)
    }
}

fn decide(tag: &Tag, seen: &VerifyState) -> Step {
    let missing = |why: String| {
        let help = "only what `publish` of btp-release published can be verified";
        Step::Blocked(vec![Diagnostic::error(Code::EvidenceMissing, why, help)])
    };
    let releases = seen.release.releases.as_slice();
    let [release] = releases else {
        return missing(match releases.len() {
            0 => format!("{tag} has no release"),
            several => format!("{tag} has {several} releases"),
        });
    };
    if release.draft {
        return missing(format!("{tag} is a draft"));
    }
    let Some(bytes) = &seen.evidence else {
        return missing(format!("{tag} has no {EVIDENCE}"));
    };
    let statement = match Statement::from_bytes(bytes) {
        Ok(statement) => statement,
        Err(invalid) => return Step::Blocked(vec![invalid]),
    };
    let mut differences = Differences::of(tag);
    differences.in_release(seen, release, &statement.predicate.plan);
    differences.in_text(release, &statement, Digest::of(bytes));
    differences.in_images(seen);
    differences.in_subjects(seen, release, &statement);
    differences.in_assets(release, &statement);
    let signatures = signed::judge(seen, release, &statement);
    differences.found.extend(signatures.refused);
    if !differences.found.is_empty() {
        return Step::Blocked(differences.found);
    }
    let mut summary = format!(
        "{tag} is as it was published: {} subjects at {}",
        statement.subject.len(),
        statement.predicate.plan.wanted.commit.short()
    );
    if !signatures.verified.is_empty() {
        let verified = signatures.verified.join(", ");
        summary = format!("{summary}; signatures verified: {verified}");
    }
    let facts = ReleaseFacts::of_plan(&statement.predicate.plan)
        .with_release(release)
        .with_artifacts(&statement.predicate.artifacts);
    let mut report = PhaseReport::new(summary).knowing(facts);
    report.warnings = signatures.warnings;
    Step::Done(report.with("release-url", &release.url))
}

/// The differences from the state at the time of publication.
struct Differences<'a> {
    tag: &'a Tag,
    found: Vec<Diagnostic>,
}

impl<'a> Differences<'a> {
    fn of(tag: &'a Tag) -> Self {
        Self { tag, found: vec![] }
    }

    fn compare(&mut self, what: &str, now: &str, was: &str) {
        if now != was {
            let difference = Diagnostic::error(
                Code::EvidenceDiffers,
                format!("{what} is {now}"),
                "find out who changed it; nobody should have",
            );
            let wanted = format!("{was}, as when {} was published", self.tag);
            self.found.push(difference.wanted(wanted));
        }
    }

    fn in_release(&mut self, seen: &VerifyState, release: &SeenRelease, plan: &ReleasePlan) {
        let or_absent =
            |found: Option<String>| -> String { found.unwrap_or_else(|| ABSENT.to_owned()) };
        let commit = or_absent(seen.release.tag.as_ref().map(ToString::to_string));
        let mark = Mark::find(&release.body);
        let in_mark = or_absent(mark.map(|mark| mark.plan.to_string()));
        let flag = |flag: bool| if flag { "true" } else { "false" };
        self.compare(
            "the tag of the evidence",
            self.tag.as_str(),
            plan.wanted.tag.as_str(),
        );
        self.compare("the tag's commit", &commit, plan.wanted.commit.as_str());
        self.compare(
            "prerelease",
            flag(release.prerelease),
            flag(plan.wanted.prerelease),
        );
        self.compare("the plan in the mark", &in_mark, &plan.digest().to_string());
    }

    /// The table in the release's text has to match the evidence, so that a change of only one of the two is detected. Where it
    /// would be too long, it has only the evidence.
    fn in_text(&mut self, release: &SeenRelease, statement: &Statement, evidence: Digest) {
        let subjects = statement.subject.iter();
        let count = subjects.len();
        let rows = subjects.map(|s| (s.name.as_str(), s.digest()));
        let is_short = release.body.contains(&row_of_many(count));
        let rows = rows.filter(|_| !is_short);
        for (name, digest) in rows.chain([(EVIDENCE, Some(evidence))]) {
            if !digest.is_some_and(|digest| release.body.contains(&row(name, digest))) {
                let what = format!("the line of {name} in the text");
                self.compare(&what, "missing or another", "as in the evidence");
            }
        }
    }

    fn in_images(&mut self, seen: &VerifyState) {
        for (name, image) in &seen.release.images {
            if let ImageState::Incomplete { why, .. } = image {
                self.compare(
                    &format!("the image {name}"),
                    &format!("incomplete: {why}"),
                    "complete",
                );
            }
        }
    }

    fn in_subjects(&mut self, seen: &VerifyState, release: &SeenRelease, statement: &Statement) {
        let asset = |name: &str| {
            let mut assets = release.assets.iter();
            let asset = assets.find(|a| a.name == name && a.state == AssetState::Uploaded)?;
            seen.release.digest(asset)
        };
        let or_absent =
            |digest: Option<Digest>| digest.map_or_else(|| ABSENT.to_owned(), |d| d.to_string());
        for subject in &statement.subject {
            let now = match seen.release.images.get(&subject.name) {
                Some(image) => image.digest(),
                None => asset(&subject.name),
            };
            self.compare(&subject.name, &or_absent(now), &or_absent(subject.digest()));
        }
    }

    /// The assets are those of the plan and the evidence, and every one of the plan's is among the subjects.
    fn in_assets(&mut self, release: &SeenRelease, statement: &Statement) {
        let listed = statement.assets();
        for asset in &release.assets {
            if !listed.contains(&asset.name) {
                self.compare(&format!("the asset {}", asset.name), "present", ABSENT);
            }
        }
        for asset in &statement.predicate.plan.wanted.assets {
            if !statement.subject.iter().any(|s| s.name == asset.as_str()) {
                let what = format!("the asset {asset}");
                self.compare(&what, "not among the subjects", "one of the subjects");
            }
        }
    }
}

const ABSENT: &str = "absent";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::plan::tests::example;
    use crate::plan::{Artifact, Artifacts, Predicate, REPORT};
    use crate::release::examples::{asset, other, our_draft, published};
    use crate::release::image_check::Contents;

    type AlterRelease = fn(&mut VerifyState);

    /// A release in the state after `publish`.
    fn seen() -> VerifyState {
        let plan = example();
        let image = plan.wanted.binary_image.clone().unwrap();
        let digest = Digest::of(b"m");
        let asset_of = |bytes: &[u8]| Artifact::Asset {
            digest: Digest::of(bytes),
            size: 1,
            waited: 0,
            ready_at: None,
        };
        let pinned = Artifact::Image {
            digest,
            image: image.repository().pinned(digest),
            tagged: image.clone(),
            platforms: vec![],
            size: 0,
            waited: 0,
            expected: false,
            ready_at: None,
        };
        let artifacts = BTreeMap::from([
            ("template.yaml".into(), asset_of(b"t")),
            ("rendered.yaml".into(), asset_of(b"r")),
            ("binary-image".into(), pinned),
        ]);
        let artifacts = Artifacts::from(artifacts);
        let statement = Statement::new(Predicate {
            plan: plan.clone(),
            artifacts,
            jobs: BTreeMap::new(),
            verdicts: vec![],
            checks: vec![],
            builders: vec![],
            drafted_at: String::new(),
            publisher: String::new(),
            requests: vec![],
        });
        let bytes = statement.to_bytes();
        let assets = vec![
            asset(1, "template.yaml", b"t"),
            asset(2, "rendered.yaml", b"r"),
            asset(3, EVIDENCE, &bytes),
        ];
        let subjects = statement.subject.iter();
        let mut rows: Vec<_> = subjects
            .map(|s| row(&s.name, s.digest().unwrap()))
            .collect();
        rows.push(row(EVIDENCE, Digest::of(&bytes)));
        let body = plan.mark(false).put(&rows.join("\n"));
        let contents = Arc::new(Contents::default());
        let complete = ImageState::Complete { digest, contents };
        VerifyState {
            release: ReleaseView {
                tag: Some(plan.wanted.commit.clone()),
                releases: vec![published(SeenRelease {
                    body,
                    assets,
                    ..our_draft(&plan)
                })],
                images: [(image.to_string(), complete)].into(),
                ..ReleaseView::default()
            },
            evidence: Some(bytes.into()),
            signed: signed::PublishedSignatures::default(),
        }
    }

    fn codes(seen: &VerifyState) -> Vec<Code> {
        match decide(&example().wanted.tag, seen) {
            Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
            Step::Done(_) => vec![],
            other => panic!("{other:?}"),
        }
    }

    /// The same with a report, which has these bytes where the evidence names it.
    fn with_report(named: &[u8]) -> VerifyState {
        let mut seen = seen();
        let before = seen.evidence.take().unwrap();
        let mut predicate = Statement::from_bytes(&before).unwrap().predicate;
        let report = Artifact::Asset {
            digest: Digest::of(named),
            size: 1,
            waited: 0,
            ready_at: None,
        };
        predicate.artifacts.0.insert(REPORT.into(), report);
        let bytes = Statement::new(predicate).to_bytes();
        let release = &mut seen.release.releases[0];
        release.assets.truncate(2);
        release.assets.push(asset(3, EVIDENCE, &bytes));
        release.assets.push(asset(4, REPORT, b"page"));
        let rows = row(EVIDENCE, Digest::of(&bytes)) + "\n" + &row(REPORT, Digest::of(named));
        let old = row(EVIDENCE, Digest::of(&before));
        release.body = release.body.replace(&old, &rows);
        seen.evidence = Some(bytes.into());
        seen
    }

    #[test]
    fn report_is_one_of_the_assets_if_the_evidence_names_it() {
        assert_eq!(codes(&with_report(b"page")), []);
        assert_eq!(codes(&with_report(b"other")), [Code::EvidenceDiffers]);
        let mut unnamed = seen();
        let assets = &mut unnamed.release.releases[0].assets;
        assets.push(asset(4, REPORT, b"page"));
        assert_eq!(codes(&unnamed), [Code::EvidenceDiffers]);
    }

    #[test]
    fn each_altered_fact_is_found() {
        assert_eq!(codes(&seen()), []);
        let table: [(Code, AlterRelease); 14] = [
            (Code::EvidenceDiffers, |s| s.release.tag = None),
            (Code::EvidenceDiffers, |s| s.release.tag = Some(other())),
            (Code::EvidenceDiffers, |s| {
                s.release.releases[0].prerelease = true
            }),
            (Code::EvidenceDiffers, |s| {
                let body = &s.release.releases[0].body;
                s.release.releases[0].body = body.replace("btp-release: ", "");
            }),
            (Code::EvidenceDiffers, |s| {
                let body = &s.release.releases[0].body;
                s.release.releases[0].body = body.replace("rendered.yaml", "x");
            }),
            (Code::EvidenceDiffers, |s| {
                let text = String::from_utf8(s.evidence.as_ref().unwrap().to_vec()).unwrap();
                s.evidence = Some(
                    text.replace("draftedAt\": \"\"", "draftedAt\": \"2026\"")
                        .into(),
                );
            }),
            (Code::EvidenceDiffers, |s| {
                for image in s.release.images.values_mut() {
                    let digest = image.digest().unwrap();
                    let why = "a part is missing".into();
                    *image = ImageState::Incomplete { digest, why };
                }
            }),
            (Code::EvidenceDiffers, |s| {
                s.release.releases[0].assets[0].digest = Some(Digest::of(b"u"))
            }),
            (Code::EvidenceDiffers, |s| {
                drop(s.release.releases[0].assets.remove(0))
            }),
            (Code::EvidenceDiffers, |s| {
                s.release.releases[0].assets.push(asset(4, "x", b"x"))
            }),
            (Code::EvidenceDiffers, |s| {
                let (digest, contents) = (Digest::of(b"n"), Arc::default());
                for image in s.release.images.values_mut() {
                    let contents = Arc::clone(&contents);
                    *image = ImageState::Complete { digest, contents };
                }
            }),
            (Code::EvidenceDiffers, |s| {
                for image in s.release.images.values_mut() {
                    *image = ImageState::Absent;
                }
            }),
            (Code::EvidenceMissing, |s| s.evidence = None),
            (Code::EvidenceMissing, |s| {
                s.release.releases[0].draft = true
            }),
        ];
        for (nth, (code, alter)) in table.into_iter().enumerate() {
            let mut seen = seen();
            alter(&mut seen);
            assert_eq!(codes(&seen), [code], "row {nth}");
        }
        let mut altered = seen();
        altered.evidence = Some("{}".into());
        assert_eq!(codes(&altered), [Code::EvidenceUnreadable]);
    }

    #[test]
    fn table_that_would_be_too_long_has_only_the_evidence() {
        let with_body = |rows: &[String]| {
            let mut seen = seen();
            let release = &mut seen.release.releases[0];
            release.body = example().mark(false).put(&rows.join("\n"));
            codes(&seen)
        };
        let bytes = seen().evidence.unwrap();
        let count = Statement::from_bytes(&bytes).unwrap().subject.len();
        let evidence = row(EVIDENCE, Digest::of(&bytes));
        assert_eq!(with_body(&[row_of_many(count), evidence.clone()]), []);
        for rows in [
            vec![row_of_many(count)],
            vec![row_of_many(count + 1), evidence.clone()],
            vec![row_of_many(count), row(EVIDENCE, Digest::of(b"other"))],
            vec![evidence],
        ] {
            let found = with_body(&rows);
            assert!(
                found.contains(&Code::EvidenceDiffers),
                "{rows:?}: {found:?}"
            );
        }
    }
}
