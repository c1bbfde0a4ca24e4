//! `verify`: checks a published release against its evidence and the world, at any time later.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, Digest, Tag};
use crate::plan::{EVIDENCE, MAX_EVIDENCE, Mark, Statement};
use crate::protocol::{AssetId, AssetState, Reader, SeenRelease, ServiceError};
use crate::protocol::{Phase, PhaseId, PhaseReport, Step};
use crate::release::image_check::{self, ImageProblem};
use crate::release::references::row;

pub struct Verify {
    tag: Tag,
}

struct Seen {
    tag: Option<CommitSha>,
    releases: Vec<SeenRelease>,
    evidence: Option<Bytes>,
    hashed: BTreeMap<AssetId, Digest>,
    /// What the tags of the evidence's images resolve to now.
    images: BTreeMap<String, Option<Digest>>,
    /// What of them cannot be pulled, and why.
    incomplete: Vec<String>,
}

impl Verify {
    pub fn new(tag: Tag) -> Self {
        Self { tag }
    }

    async fn see(&self, reader: Reader<'_>) -> Result<Seen, ServiceError> {
        let mut seen = Seen {
            tag: reader.github.tag(&self.tag).await?,
            releases: reader.github.releases(&self.tag).await?,
            evidence: None,
            hashed: BTreeMap::new(),
            images: BTreeMap::new(),
            incomplete: vec![],
        };
        for asset in seen.releases.iter().flat_map(|release| &release.assets) {
            if asset.name == EVIDENCE && asset.state == AssetState::Uploaded {
                seen.evidence = Some(reader.github.read_asset(asset, MAX_EVIDENCE).await?);
            }
            if asset.digest.is_none() && asset.state == AssetState::Uploaded {
                seen.hashed
                    .insert(asset.id, reader.github.hash_asset(asset).await?);
            }
        }
        let statement = seen
            .evidence
            .as_deref()
            .and_then(|bytes| Statement::from_bytes(bytes).ok());
        for (_, image) in statement
            .iter()
            .flat_map(|statement| statement.predicate.plan.images())
        {
            let digest = reader
                .registry
                .resolve(&image)
                .await?
                .map(|manifest| manifest.digest);
            seen.images.insert(image.to_string(), digest);
            let Some(digest) = digest else {
                continue;
            };
            match image_check::contents(reader, &image.repository().pinned(digest), &[]).await {
                Ok(_) => {}
                Err(ImageProblem::Incomplete(why)) => {
                    seen.incomplete.push(format!("{image}: {why}"))
                }
                Err(ImageProblem::Port(error)) => return Err(error),
            }
        }
        Ok(seen)
    }
}

#[async_trait]
impl Phase for Verify {
    fn id(&self) -> PhaseId {
        PhaseId::Verify
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        Ok(decide(&self.tag, &self.see(reader).await?))
    }
}

fn decide(tag: &Tag, seen: &Seen) -> Step {
    let missing = |why: String| {
        let help = "only what `publish` of btp-release published can be verified";
        Step::Blocked(vec![Diagnostic::error(Code::EvidenceMissing, why, help)])
    };
    let [release] = seen.releases.as_slice() else {
        return missing(format!("{tag} has {} releases", seen.releases.len()));
    };
    if release.draft {
        return missing(format!("{tag} is a draft"));
    }
    let Some(bytes) = &seen.evidence else {
        return missing(format!("{tag} has no {EVIDENCE}"));
    };
    let statement = match Statement::from_bytes(bytes) {
        Ok(statement) => statement,
        Err(invalid) => return Step::Blocked(vec![invalid.into()]),
    };
    let findings = differences(tag, seen, release, &statement);
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    let plan = &statement.predicate.plan;
    let so = format!(
        "{tag} is as it was published: {} subjects at {}",
        statement.subject.len(),
        plan.commit.short()
    );
    Step::Done(PhaseReport::new(so).with("release-url", &release.url))
}

fn differences(
    tag: &Tag,
    seen: &Seen,
    release: &SeenRelease,
    statement: &Statement,
) -> Vec<Diagnostic> {
    let plan = &statement.predicate.plan;
    let mut found = Vec::new();
    let mut compare = |what: &str, now: String, was: String| {
        if now != was {
            let why = format!("{what} is {now}, and was {was} when {tag} was published");
            found.push(Diagnostic::error(
                Code::EvidenceDiffers,
                why,
                "find out who changed it; nobody should have",
            ));
        }
    };
    let none = || "absent".to_owned();
    compare(
        "the tag of the evidence",
        tag.to_string(),
        plan.tag.to_string(),
    );
    compare(
        "the tag's commit",
        seen.tag.as_ref().map_or_else(none, ToString::to_string),
        plan.commit.to_string(),
    );
    compare(
        "prerelease",
        release.prerelease.to_string(),
        plan.prerelease.to_string(),
    );
    // Whoever alters the evidence has to alter the table in the release's text, too, and the other way round.
    let evidence = seen.evidence.as_deref().map(Digest::of);
    let rows = statement
        .subject
        .iter()
        .map(|s| (s.name.as_str(), s.digest()));
    for (name, digest) in rows.chain([(EVIDENCE, evidence)]) {
        let there = digest.is_some_and(|digest| release.body.contains(&row(name, digest)));
        let say = |there| {
            if there {
                "as in the evidence"
            } else {
                "another"
            }
        };
        compare(
            &format!("the line of {name} in the text"),
            say(there).into(),
            say(true).into(),
        );
    }
    for incomplete in &seen.incomplete {
        compare("an image", incomplete.clone(), "whole".into());
    }
    let mark = Mark::find(&release.body);
    compare(
        "the plan in the mark",
        mark.as_ref().map_or_else(none, |m| m.plan.to_string()),
        plan.digest().to_string(),
    );
    let digest = |name: &str| {
        let asset = release
            .assets
            .iter()
            .find(|a| a.name == name && a.state == AssetState::Uploaded)?;
        asset.digest.or_else(|| seen.hashed.get(&asset.id).copied())
    };
    for subject in &statement.subject {
        let now = match seen.images.get(&subject.name) {
            Some(digest) => *digest,
            None => digest(&subject.name),
        };
        let say = |digest: Option<Digest>| digest.map_or_else(none, |d| d.to_string());
        compare(&subject.name, say(now), say(subject.digest()));
    }
    let listed = statement.assets();
    for extra in release
        .assets
        .iter()
        .filter(|asset| !listed.contains(&asset.name))
    {
        compare(&format!("the asset {}", extra.name), "there".into(), none());
    }
    for asset in plan
        .assets
        .iter()
        .filter(|name| !statement.subject.iter().any(|s| s.name == name.as_str()))
    {
        compare(
            &format!("the asset {asset}"),
            "not among the subjects".into(),
            "planned".into(),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example;
    use crate::plan::{Artifact, Artifacts, Predicate};
    use crate::release::examples::{asset, other, our_draft, published};

    type Alter = fn(&mut Seen);

    /// A release as `publish` leaves it.
    fn seen() -> Seen {
        let plan = example();
        let image = plan.binary_image.clone().unwrap();
        let digest = Digest::of(b"m");
        let asset_of = |bytes: &[u8]| Artifact::Asset {
            digest: Digest::of(bytes),
            size: 1,
            waited: 0,
        };
        let pinned = Artifact::Image {
            digest,
            image: image.repository().pinned(digest),
            tagged: image.clone(),
            platforms: vec![],
            size: 0,
            waited: 0,
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
        Seen {
            tag: Some(plan.commit.clone()),
            releases: vec![published(SeenRelease {
                body,
                assets,
                ..our_draft(&plan)
            })],
            evidence: Some(bytes.into()),
            hashed: BTreeMap::new(),
            images: [(image.to_string(), Some(digest))].into(),
            incomplete: vec![],
        }
    }

    fn codes(seen: &Seen) -> Vec<Code> {
        match decide(&example().tag, seen) {
            Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
            Step::Done(_) => vec![],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn any_single_altered_fact_is_found() {
        assert_eq!(codes(&seen()), []);
        let table: [(Code, Alter); 14] = [
            (Code::EvidenceDiffers, |s| s.tag = None),
            (Code::EvidenceDiffers, |s| s.tag = Some(other())),
            (Code::EvidenceDiffers, |s| s.releases[0].prerelease = true),
            (Code::EvidenceDiffers, |s| {
                let body = &s.releases[0].body;
                s.releases[0].body = body.replace("btp-release: ", "");
            }),
            (Code::EvidenceDiffers, |s| {
                let body = &s.releases[0].body;
                s.releases[0].body = body.replace("rendered.yaml", "x");
            }),
            (Code::EvidenceDiffers, |s| {
                let text = String::from_utf8(s.evidence.as_ref().unwrap().to_vec()).unwrap();
                s.evidence = Some(
                    text.replace("draftedAt\": \"\"", "draftedAt\": \"2026\"")
                        .into(),
                );
            }),
            (Code::EvidenceDiffers, |s| {
                s.incomplete.push("an image".into())
            }),
            (Code::EvidenceDiffers, |s| {
                s.releases[0].assets[0].digest = Some(Digest::of(b"u"))
            }),
            (Code::EvidenceDiffers, |s| {
                drop(s.releases[0].assets.remove(0))
            }),
            (Code::EvidenceDiffers, |s| {
                s.releases[0].assets.push(asset(4, "x", b"x"))
            }),
            (Code::EvidenceDiffers, |s| {
                s.images
                    .values_mut()
                    .for_each(|d| *d = Some(Digest::of(b"n")))
            }),
            (Code::EvidenceDiffers, |s| {
                s.images.values_mut().for_each(|d| *d = None)
            }),
            (Code::EvidenceMissing, |s| s.evidence = None),
            (Code::EvidenceMissing, |s| s.releases[0].draft = true),
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
}
