//! The attestations that the plan requires of images: such as the provenance that a builder signs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::referrers::{self, ReferredStatement};
use super::{Found, OR_NO_RIGHT, server_of};
use crate::domain::{Code, Diagnostic, Digest};
use crate::plan::{ReleasePlan, RequiredAttestation, Wanted};
use crate::protocol::{
    GITHUB_ISSUER, Reader, RefusedAttestation, ServiceError, Subject, SubjectRule,
    WantedAttestation, WantedSigner,
};

/// Whether an image has a required attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attested {
    Yes,
    /// There is none of its type.
    Missing,
    /// There are some, and none counts.
    Refused(Vec<RefusedAttestation>),
}

/// What was found for one required attestation.
#[derive(Clone, Debug)]
pub(crate) struct AttestedImage {
    pub(crate) required: RequiredAttestation,
    pub(crate) digest: Digest,
    pub(crate) attested: Attested,
}

impl AttestedImage {
    /// What is required, in words: "the attestation `https://slsa.dev/provenance/v1` of binary-image".
    pub(crate) fn what(&self) -> String {
        let RequiredAttestation {
            image, predicate, ..
        } = &self.required;
        format!("the attestation {predicate} of {image}")
    }

    /// Why the release may not be published with this image; nothing where it has its attestation.
    pub(crate) fn objections(&self, help_if_missing: &str) -> Vec<Diagnostic> {
        match &self.attested {
            Attested::Yes => vec![],
            Attested::Missing => {
                let seen = format!("{} ({}) does not exist", self.what(), self.digest.short());
                let help = format!("{help_if_missing}; {OR_NO_RIGHT}");
                let missing = Diagnostic::error(Code::AttestationMissing, seen, help);
                vec![missing.wanted(format!("signed by {}", self.required.signer))]
            }
            Attested::Refused(faults) => {
                let of = self.what();
                faults.iter().map(|fault| fault.diagnostic(&of)).collect()
            }
        }
    }
}

/// Looks for the required attestations of those images whose digests are known: at GitHub and, where it has none that counts, among
/// the referrers of the image. What GitHub has is said first.
pub(crate) async fn look_for(
    reader: Reader<'_>,
    plan: &ReleasePlan,
    digest_of: impl Fn(&str) -> Option<Digest>,
) -> Result<Vec<AttestedImage>, ServiceError> {
    let wanted = &plan.wanted;
    let mut all = Vec::new();
    // Several may be required of one image.
    let mut known: BTreeMap<String, Vec<ReferredStatement>> = BTreeMap::new();
    for required in &wanted.require_attestations {
        let Some(digest) = digest_of(&required.image) else {
            continue;
        };
        let mut found = reader.attestations(digest, &required.predicate).await?;
        let mut attested = judge(wanted, required, digest, &found);
        let image = plan.images().find(|(name, _)| *name == required.image);
        if let Some((name, image)) = image.filter(|_| attested != Attested::Yes) {
            let referred = match known.entry(name) {
                Entry::Occupied(referred) => referred.into_mut(),
                Entry::Vacant(new) => {
                    let image = image.repository().pinned(digest);
                    new.insert(referrers::read(reader, &image).await?)
                }
            };
            let of_type = referred
                .iter()
                .filter(|one| one.claims(&required.predicate));
            found.extend(of_type.map(|one| one.found.clone()));
            attested = judge(wanted, required, digest, &found);
        }
        all.push(AttestedImage {
            attested,
            required: required.clone(),
            digest,
        });
    }
    Ok(all)
}

/// One that counts is enough: whoever may write attestations could add others.
pub(super) fn judge(
    wanted: &Wanted,
    required: &RequiredAttestation,
    digest: Digest,
    found: &[Found],
) -> Attested {
    let subjects = [Subject {
        name: required.image.clone(),
        digest,
    }];
    let repository = format!("{}/{}", server_of(&required.signer), wanted.repository);
    let signer = WantedSigner {
        issuer: GITHUB_ISSUER.to_owned(),
        workflow: Some(required.signer.clone()),
        repository: Some(repository.clone()),
        commit: Some(wanted.commit.clone()),
    };
    let counts = WantedAttestation {
        subjects: &subjects,
        rule: SubjectRule::Among,
        predicate_type: &required.predicate,
        predicate: None,
        signer: &signer,
        run: None,
    };
    // A run that releases another commit than its own, such as the one that it has merged, signs for its own.
    let own = wanted.signing.as_ref().map(|signing| WantedSigner {
        commit: Some(signing.commit.clone()),
        ..signer.clone()
    });
    let run = format!("{repository}/actions/runs/{}", wanted.run);
    let counts_in_run = own.as_ref().map(|own| WantedAttestation {
        signer: own,
        run: Some(&run),
        ..counts.clone()
    });
    let is_of_run = |seen| {
        counts_in_run
            .as_ref()
            .is_some_and(|counts| counts.compare(seen).is_empty())
    };
    let mut refused = Vec::new();
    for one in found {
        match one {
            Err(fault) => refused.push(fault.clone()),
            Ok(seen) => match counts.compare(seen) {
                differences if differences.is_empty() || is_of_run(seen) => return Attested::Yes,
                differences => refused.extend(differences),
            },
        }
    }
    if refused.is_empty() {
        Attested::Missing
    } else {
        Attested::Refused(refused)
    }
}
