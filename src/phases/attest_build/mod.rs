//! `attest-build`: signs how an image was built, for exactly the bytes that the registry has.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::domain::{Code, Diagnostic, Digest, IdToken, ImageRef, SignerPattern};
use crate::plan::{ReleasePlan, Signing};
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::protocol::{NewAttestation, Reader, ServiceError, SignatureFault, Waiting};
use crate::release::attestations::provenance::{
    BuildSigned, BuiltImage, PROVENANCE, build_signed, earlier_provenance,
};
use crate::release::attestations::sbom::{MAX_SBOM, Sbom};
use crate::release::attestations::{Found, SigningRun};
use ocm_module::oci::ImageDocument;

/// The most manifests that an index may list: more than there are platforms, and fewer than the subjects that GitHub takes.
const MOST_MANIFESTS: usize = 256;

/// [`PhaseId::AttestBuild`]. It is for a job of its own, which runs nothing of what is built: whoever can ask for an identity
/// token can sign anything.
pub struct AttestBuild {
    plan: ReleasePlan,
    build: BuildToAttest,
    /// The digest that was seen first.
    first: Option<Digest>,
}

/// What is known of the build of an image.
#[derive(Clone, Debug)]
pub struct BuildToAttest {
    /// By tag.
    pub image: ImageRef,
    /// What the build says that it pushed.
    pub digest: Option<Digest>,
    pub origin: BuildOrigin,
    /// What the caller of the workflow chose.
    pub parameters: Map<String, Value>,
    /// The workflow that built and signs, with its ref.
    pub builder: String,
    /// The number of the run.
    pub run: String,
    /// The attempt of the run that built, counted from 1.
    pub attempt: u64,
    pub sbom: Option<PathBuf>,
    /// Whether this job can sign.
    pub id_token: IdToken,
}

/// Which run built the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildOrigin {
    ThisRun,
    /// The image was there, and only the run that built it can say how.
    EarlierRun,
}

/// What was read.
struct SeenBuild {
    /// What the tag shows; `None` if there is no image.
    digest: Option<Digest>,
    /// What it shows once the image was read.
    again: Option<Digest>,
    /// The manifests of the platforms, or why they are not known.
    platforms: Result<Vec<Digest>, String>,
    provenance: Vec<Found>,
    sbom: Option<Result<Sbom, String>>,
    /// The signed statements of the type of the bill of materials.
    signed_sbom: Vec<Found>,
}

impl SeenBuild {
    /// That nothing was read, or that there is nothing to read.
    fn nothing() -> Self {
        Self {
            digest: None,
            again: None,
            platforms: Ok(vec![]),
            provenance: vec![],
            sbom: None,
            signed_sbom: vec![],
        }
    }
}

impl AttestBuild {
    pub fn new(plan: ReleasePlan, build: BuildToAttest) -> Self {
        Self {
            plan,
            build,
            first: None,
        }
    }

    fn signing(&self) -> Option<&Signing> {
        self.plan.wanted.signing.as_ref()
    }

    async fn see(&mut self, reader: Reader<'_>) -> Result<SeenBuild, ServiceError> {
        let mut seen = SeenBuild::nothing();
        let image = &self.build.image;
        let shown = async || reader.registry.resolve(image).await;
        let Some(digest) = shown().await?.map(|manifest| manifest.digest) else {
            return Ok(seen);
        };
        let pinned = image.repository().pinned(digest);
        let Some(bytes) = reader.registry.manifest(&pinned).await? else {
            return Ok(seen);
        };
        seen.digest = Some(digest);
        seen.platforms = platforms(&bytes);
        seen.provenance = reader.attestations(digest, PROVENANCE).await?;
        if self.build.origin == BuildOrigin::ThisRun
            && let Some(path) = &self.build.sbom
        {
            let size = reader.files.file(path).await?.map(|file| file.size);
            let sbom = match size {
                None => Err("is no file".to_owned()),
                Some(size) if size > MAX_SBOM => Err(format!(
                    "has {size} bytes, and {MAX_SBOM} are the most that can be signed"
                )),
                Some(_) => {
                    let bytes = reader.files.read(path, MAX_SBOM).await?;
                    Sbom::parse(&bytes.unwrap_or_default())
                }
            };
            if let Ok(sbom) = &sbom {
                let found = reader.attestations(digest, &sbom.predicate_type).await?;
                seen.signed_sbom = found;
            }
            seen.sbom = Some(sbom);
        }
        seen.again = shown().await?.map(|manifest| manifest.digest);
        Ok(seen)
    }

    fn decide(&self, seen: &SeenBuild) -> Step {
        let image = &self.build.image;
        let Some(signing) = self.signing() else {
            let why = "the plan has no `signing`";
            let report = PhaseReport::new(format!("nothing is signed about {image}, since {why}"));
            return Step::Done(report.knowing(self.known()));
        };
        let Some(digest) = seen.digest else {
            return Step::Wait(Waiting {
                on: vec![format!("{image} is not in the registry yet")],
                poll_after: Duration::from_secs(10),
                time: crate::protocol::WaitTime::Counted,
            });
        };
        if let Some(refusal) = self.other_digest(digest, seen.again) {
            return Step::Blocked(vec![refusal]);
        }
        if self.build.origin == BuildOrigin::EarlierRun {
            return self.decide_earlier(signing, digest, &seen.provenance);
        }
        let platforms = match &seen.platforms {
            Ok(platforms) => platforms,
            Err(why) => return Step::Blocked(vec![self.unreadable(why)]),
        };
        if let (Some(Err(why)), Some(path)) = (&seen.sbom, &self.build.sbom) {
            return Step::Blocked(vec![sbom_invalid(&path.display().to_string(), why)]);
        }
        let run = SigningRun::new(signing, &self.build.run);
        let invocation = run.attempt_url(self.build.attempt);
        let built = BuiltImage {
            plan: &self.plan,
            image,
            digest,
            platforms,
            parameters: &self.build.parameters,
            builder: &self.build.builder,
            invocation: &invocation,
        };
        let provenance = (built.provenance(), seen.provenance.as_slice());
        let sbom = seen.sbom.as_ref().and_then(|sbom| sbom.as_ref().ok());
        let sbom = sbom.map(|sbom| (built.bill_of_materials(sbom), seen.signed_sbom.as_slice()));
        let statements: Vec<_> = [provenance].into_iter().chain(sbom).collect();
        self.decide_statements(signing, &run, statements, digest)
    }

    /// Signs those of the statements that are not signed yet.
    fn decide_statements(
        &self,
        signing: &Signing,
        run: &SigningRun,
        statements: Vec<(NewAttestation, &[Found])>,
        digest: Digest,
    ) -> Step {
        let builder = &self.build.builder;
        let kinds: Vec<_> = statements
            .iter()
            .map(|(statement, _)| statement.predicate_type.clone())
            .collect();
        let mut missing = Vec::new();
        for (statement, found) in statements {
            match build_signed(&statement, run, builder, found) {
                BuildSigned::Yes => {}
                BuildSigned::No => missing.push(Action::Attest(statement)),
                BuildSigned::ByOther(signer) => {
                    return Step::Blocked(vec![self.other_builder(&signer)]);
                }
            }
        }
        if missing.is_empty() {
            let (image, kinds) = (&self.build.image, kinds.join(" and "));
            let short = digest.short();
            return self.done(format!("{image} ({short}) is attested: {kinds}"));
        }
        match (self.build.id_token, signing.is_required()) {
            (IdToken::Granted, _) => Step::Act(missing),
            (_, true) => Step::Blocked(vec![self.cannot_sign(Diagnostic::error)]),
            (_, false) => self.unsigned(self.cannot_sign(Diagnostic::warning)),
        }
    }

    /// What the run that built the image has signed is enough; this run did not build it, and says nothing about it.
    fn decide_earlier(&self, signing: &Signing, digest: Digest, found: &[Found]) -> Step {
        let BuildToAttest { image, builder, .. } = &self.build;
        let path = builder.split_once('@').map_or(&**builder, |(path, _)| path);
        let any_ref = format!("{path}@*").parse::<SignerPattern>().ok();
        let earlier = any_ref
            .as_ref()
            .and_then(|builder| earlier_provenance(&self.plan, signing, builder, digest, found));
        if let Some(seen) = earlier {
            let run = seen.signer.run_invocation_uri.as_deref();
            let run = run.unwrap_or("an earlier run");
            let short = digest.short();
            return self.done(format!("{image} ({short}) was built and attested by {run}"));
        }
        let seen = format!(
            "{image} ({}) was there before this run, and no provenance of {path} for this commit says how it was built",
            digest.short()
        );
        let help = format!(
            "re-run only the failed jobs of the run that built it; or delete {image} from the registry, so that it is built anew"
        );
        if signing.is_required() {
            let missing = Diagnostic::error(Code::AttestationMissing, seen, help);
            return Step::Blocked(vec![missing]);
        }
        self.unsigned(Diagnostic::warning(Code::AttestationMissing, seen, help))
    }

    fn done(&self, summary: String) -> Step {
        let report = PhaseReport::new(summary);
        Step::Done(report.knowing(self.known()))
    }

    fn unsigned(&self, why: Diagnostic) -> Step {
        let image = &self.build.image;
        let mut report = PhaseReport::new(format!("nothing is signed about {image}"));
        report.warnings.push(why);
        Step::Done(report.knowing(self.known()))
    }

    /// Only the bytes that the build pushed are attested.
    fn other_digest(&self, digest: Digest, again: Option<Digest>) -> Option<Diagnostic> {
        let image = &self.build.image;
        if let Some(built) = self.build.digest.filter(|built| *built != digest) {
            let seen = format!("{image} is {digest}, and the build pushed {built}");
            let help = "find out who pushed to the tag after the build; delete the image, and build it anew";
            return Some(Diagnostic::error(Code::ImageUnexpected, seen, help));
        }
        let before = self.first.unwrap_or(digest);
        let looks = [Some(digest), again];
        let moved = looks.into_iter().find(|look| *look != Some(before))?;
        let now = moved.map_or("nothing".to_owned(), |now| now.to_string());
        let seen = format!("the tag of {image} moved from {before} to {now} while it was read");
        let help = "let only one build push to the tag, and run this job again";
        Some(Diagnostic::error(Code::ImageDiffers, seen, help))
    }

    fn unreadable(&self, why: &str) -> Diagnostic {
        let seen = format!("{} {why}", self.build.image);
        let help = "push an image manifest, or an index of the images of its platforms";
        Diagnostic::error(Code::ImageIncomplete, seen, help)
    }

    fn other_builder(&self, signer: &str) -> Diagnostic {
        let BuildToAttest { image, builder, .. } = &self.build;
        Diagnostic::error(
            SignatureFault::OtherSigner.code(),
            format!(
                "the provenance of {image} was signed by {signer}, and names the builder {builder}"
            ),
            format!(
                "give the workflow of the job that signs, {signer}: job-workflow: ${{{{ job.workflow_ref }}}}"
            ),
        )
    }

    fn cannot_sign(&self, make: fn(Code, String, String) -> Diagnostic) -> Diagnostic {
        make(
            Code::SigningImpossible,
            format!(
                "nothing is signed about {}: this job may not ask for an identity token",
                self.build.image
            ),
            "give the job `permissions: id-token: write` and `attestations: write`".to_owned(),
        )
    }
}

fn sbom_invalid(path: &str, why: &str) -> Diagnostic {
    let help = "give a file with SPDX 2 or 3, or CycloneDX, as JSON, which the build wrote; or leave `sbom` out";
    Diagnostic::value(Code::SbomInvalid, "bill of materials", path, why, help)
}

/// The manifests of the images that an index lists; none for the manifest of one image.
fn platforms(bytes: &[u8]) -> Result<Vec<Digest>, String> {
    let index = match ImageDocument::parse(bytes) {
        Ok(ImageDocument::Index(index)) => index,
        Ok(ImageDocument::Manifest(_)) => return Ok(vec![]),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    // BuildKit lists attestations as images for `unknown/unknown`.
    let images = index.manifests.iter().filter(|entry| {
        let platform = entry.platform.as_ref();
        platform.is_none_or(|on| (&*on.os, &*on.architecture) != ("unknown", "unknown"))
    });
    let mut digests: Vec<Digest> = images.map(|entry| entry.manifest.digest).collect();
    digests.sort();
    digests.dedup();
    if digests.is_empty() {
        return Err("lists no image".to_owned());
    }
    if digests.len() > MOST_MANIFESTS {
        let count = digests.len();
        return Err(format!(
            "lists {count} images, and {MOST_MANIFESTS} are the most that are attested"
        ));
    }
    Ok(digests)
}

#[async_trait]
impl Phase for AttestBuild {
    fn id(&self) -> PhaseId {
        PhaseId::AttestBuild
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = match self.signing() {
            Some(_) => self.see(reader).await?,
            None => SeenBuild::nothing(),
        };
        let step = self.decide(&seen);
        self.first = self.first.or(seen.digest);
        Ok(step)
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_plan(&self.plan)
    }
}
