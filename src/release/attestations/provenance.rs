//! How an image was built, as a signed statement
//! ([SLSA provenance, version 1](https://slsa.dev/spec/v1.2/build-provenance)).

use serde_json::{Map, Value, json};

use super::sbom::Sbom;
use super::{Found, SigningRun, server};
use crate::domain::{Digest, ImageRef, SignerPattern};
use crate::plan::{ReleasePlan, Signing};
use crate::protocol::{
    GITHUB_ISSUER, NewAttestation, SeenAttestation, Subject, SubjectRule, WantedAttestation,
    WantedSigner,
};

/// The type of the predicate.
pub(crate) const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// What the fields of `buildDefinition` mean: the address of the page that says so. What it says of this version stays as it is.
const BUILD_TYPE: &str =
    "https://github.com/kyma-project/btp-release-action/blob/main/docs/build-type-v1.md";

/// An image of the release, and what is known of its build.
#[derive(Clone, Debug)]
pub(crate) struct BuiltImage<'a> {
    pub(crate) plan: &'a ReleasePlan,
    /// By tag.
    pub(crate) image: &'a ImageRef,
    pub(crate) digest: Digest,
    /// The manifests of its platforms, where it is an index.
    pub(crate) platforms: &'a [Digest],
    /// What the caller of the workflow chose.
    pub(crate) parameters: &'a Map<String, Value>,
    /// The workflow that built and signs, with its ref.
    pub(crate) builder: &'a str,
    /// The address of the attempt of the run that built.
    pub(crate) invocation: &'a str,
}

impl BuiltImage<'_> {
    /// The index by its tag, and the manifest of each platform, which is what a node pulls.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        let whole = Subject {
            name: self.image.to_string(),
            digest: self.digest,
        };
        let repository = self.image.repository();
        let platforms = self.platforms.iter().map(|digest| Subject {
            name: repository.pinned(*digest).to_string(),
            digest: *digest,
        });
        [whole].into_iter().chain(platforms).collect()
    }

    /// The provenance as a statement to sign. Nothing is in it that is not known: neither base images nor times.
    pub(crate) fn provenance(&self) -> NewAttestation {
        let wanted = &self.plan.wanted;
        let commit = wanted.commit.as_str();
        let source = format!("git+{}/{}@{commit}", server(wanted), wanted.repository);
        let workflow = wanted.signing.as_ref().map(|signing| &signing.workflow);
        let predicate = json!({
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "image": self.image,
                    "inputs": self.parameters,
                    "source": source,
                    "workflow": workflow,
                },
                "internalParameters": {
                    "plan": {"sha256": self.plan.digest().hex()},
                    "tag": wanted.tag,
                },
                "resolvedDependencies": [
                    {"uri": source, "digest": {"gitCommit": commit}},
                ],
            },
            "runDetails": {
                "builder": {"id": self.builder},
                "metadata": {"invocationId": self.invocation},
            },
        });
        NewAttestation {
            subjects: self.subjects(),
            predicate_type: PROVENANCE.to_owned(),
            predicate,
        }
    }

    /// The bill of materials as a statement to sign.
    pub(crate) fn bill_of_materials(&self, sbom: &Sbom) -> NewAttestation {
        NewAttestation {
            subjects: self.subjects(),
            predicate_type: sbom.predicate_type.clone(),
            predicate: sbom.document.clone(),
        }
    }
}

/// Whether this run has signed a statement about its build already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildSigned {
    Yes,
    No,
    /// By this workflow, which is not the one that the provenance names.
    ByOther(String),
}

/// Whether the statement is among those that were found.
pub(crate) fn build_signed(
    wanted: &NewAttestation,
    run: &SigningRun,
    builder: &str,
    found: &[Found],
) -> BuildSigned {
    let mut signed = BuildSigned::No;
    for seen in found.iter().flatten() {
        let is_same = seen.predicate == wanted.predicate
            && run
                .differences(seen, &wanted.subjects, &wanted.predicate_type)
                .is_empty();
        if is_same && seen.signer.subject == builder {
            return BuildSigned::Yes;
        }
        if is_same {
            signed = BuildSigned::ByOther(seen.signer.subject.clone());
        }
    }
    signed
}

/// The provenance that an earlier run of the builder, from any ref of its repository, has signed for the same repository and commit.
/// The oldest, so that every process takes the same.
pub(crate) fn earlier_provenance<'f>(
    plan: &ReleasePlan,
    signing: &Signing,
    builder: &SignerPattern,
    digest: Digest,
    found: &'f [Found],
) -> Option<&'f SeenAttestation> {
    let subjects = [Subject {
        name: String::new(),
        digest,
    }];
    let signer = WantedSigner {
        issuer: GITHUB_ISSUER.to_owned(),
        workflow: Some(builder.clone()),
        repository: Some(signing.repository().to_owned()),
        commit: None,
    };
    let counts = WantedAttestation {
        subjects: &subjects,
        rule: SubjectRule::Among,
        predicate_type: PROVENANCE,
        predicate: None,
        signer: &signer,
        run: None,
    };
    let of_commit = |seen: &&SeenAttestation| {
        let source = "/buildDefinition/resolvedDependencies/0";
        let text = |field: &str| {
            let value = seen.predicate.pointer(&format!("{source}/{field}"));
            value.and_then(Value::as_str)
        };
        text("digest/gitCommit") == Some(plan.wanted.commit.as_str())
            && text("uri").is_some_and(|uri| is_of(uri, plan))
    };
    let all = found.iter().flatten();
    let theirs = all.filter(|seen| counts.compare(seen).is_empty());
    theirs
        .filter(of_commit)
        .min_by_key(|seen| (seen.signed_at, seen.bundle.clone()))
}

/// Whether the address of a source is one of the release's repository.
fn is_of(uri: &str, plan: &ReleasePlan) -> bool {
    let (server, repository) = (server(&plan.wanted), &plan.wanted.repository);
    let wanted = format!("git+{server}/{repository}@");
    let start = uri.get(..wanted.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(&wanted))
}
