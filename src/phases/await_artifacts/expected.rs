//! What builders say that they built: the digest that the tag of an image has to show.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::domain::{Code, Diagnostic, Digest, ImageRef, ImageRepository};
use crate::plan::ReleasePlan;
use crate::release::image_check;
use crate::release::image_reader::ImageState;

/// The name of the input.
const INPUT: &str = "expected-digests";
/// The most bytes of JSON that are read: some hundred images.
const MAX_BYTES: usize = 64 << 10;

/// The expected digests, by the images' names among the artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedDigests(pub(super) BTreeMap<String, ExpectedDigest>);

/// What a builder says that it built as an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExpectedDigest {
    pub(super) digest: Digest,
    /// How the input names the image.
    key: String,
}

/// The members of a JSON object in order. A key that comes twice is kept, so that a contradiction is noticed.
struct Members(Vec<(String, Option<String>)>);

impl ExpectedDigests {
    /// Reads a JSON object: an image's name → its digest. An image is named as the plan names it, by its repository alone, which
    /// means all of its tags, or by its name among the artifacts; the value may also be a whole reference with a digest. An empty
    /// text and an empty object expect nothing.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: it is no such object, names no image of the plan, has an empty value or one that is no
    /// digest, or contradicts itself.
    pub fn from_json(text: &str, plan: &ReleasePlan) -> Result<Self, Vec<Diagnostic>> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let Members(members) = read(text).map_err(|finding| vec![finding])?;
        let images: Vec<(String, ImageRef)> = plan.images().collect();
        let mut expected = BTreeMap::new();
        let mut findings = Vec::new();
        for (key, value) in members {
            match member(&images, &key, value.as_deref().unwrap_or_default()) {
                Ok((names, digest)) => {
                    for name in names {
                        let key = key.trim().to_owned();
                        let new = ExpectedDigest { digest, key };
                        let known = expected.insert(name, new.clone());
                        findings.extend(known.and_then(|known| known.contradicts(&new)));
                    }
                }
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() {
            Ok(Self(expected))
        } else {
            Err(findings)
        }
    }

    pub(super) fn of(&self, name: &str) -> Option<&ExpectedDigest> {
        self.0.get(name)
    }
}

fn read(text: &str) -> Result<Members, Diagnostic> {
    let invalid = |why: String| {
        Diagnostic::value(
            Code::ExpectedDigestsUnreadable,
            INPUT,
            text.chars().take(80).collect::<String>(),
            why,
            "write a JSON object: expected-digests: '{\"registry.example/kyma-project/btp-manager\": \"${{ needs.build.outputs.digest }}\"}'",
        )
    };
    if text.len() > MAX_BYTES {
        return Err(invalid(format!("has more than {MAX_BYTES} bytes")));
    }
    serde_json::from_str(text)
        .map_err(|error| invalid(format!("is no JSON object of texts: {error}")))
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The artifacts that a member is about, and their digest.
fn member(
    images: &[(String, ImageRef)],
    key: &str,
    value: &str,
) -> Result<(Vec<String>, Digest), Diagnostic> {
    let (key, value) = (key.trim(), value.trim());
    let named: Vec<_> = named(images, key).collect();
    if named.is_empty() {
        let known = images.iter().map(|(name, image)| match name.as_str() {
            own if own == image.to_string() => image.to_string(),
            own => format!("{image} ({own})"),
        });
        let known = known.collect::<Vec<_>>().join(", ");
        return Err(Diagnostic::value(
            Code::ExpectedImageUnknown,
            INPUT,
            key,
            "names no image of the plan",
            format!("name one of {known}, or leave it out"),
        ));
    }
    let invalid = |why: String, help: String| {
        let seen = format!("{INPUT} has {value:?} for {key}, which {why}");
        Diagnostic::error(Code::ExpectedDigestInvalid, seen, help)
    };
    if value.is_empty() {
        return Err(invalid(
            "is no digest: the job that builds it was skipped, or has no output of this name"
                .into(),
            format!(
                "let the job that builds it hand over its digest, or leave {key} out where nobody builds it: an empty object, {{}}, expects nothing"
            ),
        ));
    }
    let digest = match value.rsplit_once('@') {
        None => value,
        Some((image, _)) if !named.iter().any(|(_, known)| is_named(known, image)) => {
            let wanted = named.iter().map(|(_, image)| image.to_string());
            let wanted = wanted.collect::<Vec<_>>().join(", ");
            let help = "hand over what the builder of this image says";
            return Err(invalid("is a digest of another image".into(), help.into()).wanted(wanted));
        }
        Some((_, digest)) => digest,
    };
    let digest = digest.parse().map_err(|_| {
        let help = "write sha256: and 64 lower-case hexadecimal digits, alone or as image@sha256:…";
        invalid("is no SHA-256 digest".into(), help.into())
    })?;
    let artifacts = named.into_iter().map(|(name, _)| name.clone());
    Ok((artifacts.collect(), digest))
}

/// The images that a key names.
fn named<'a>(
    images: &'a [(String, ImageRef)],
    key: &'a str,
) -> impl Iterator<Item = &'a (String, ImageRef)> {
    images
        .iter()
        .filter(move |(name, image)| name == key || is_named(image, key))
}

/// Whether a text is an image's whole reference, or its repository.
fn is_named(image: &ImageRef, text: &str) -> bool {
    let repository = text.parse::<ImageRepository>();
    image.to_string() == text || repository.is_ok_and(|named| named == *image.repository())
}

impl ExpectedDigest {
    fn contradicts(&self, other: &Self) -> Option<Diagnostic> {
        let differs = || {
            let seen = format!(
                "{INPUT} has two digests for one image: {} for {}, and {} for {}",
                self.digest, self.key, other.digest, other.key
            );
            let help =
                "name each image once, with the digest of the build whose result is to be released";
            Diagnostic::error(Code::ExpectedDigestInvalid, seen, help)
        };
        (self.digest != other.digest).then(differs)
    }

    /// Why what the tag shows will never be what was built for this release. What the builder built may not be there yet, and then
    /// there is nothing to say.
    pub(super) fn findings(
        &self,
        plan: &ReleasePlan,
        image: &ImageRef,
        found: &ImageState,
    ) -> Vec<Diagnostic> {
        let Some(digest) = found.digest() else {
            return vec![];
        };
        let contents = match found {
            ImageState::Complete { contents, .. } => Some(contents),
            _ => None,
        };
        if digest == self.digest {
            let of_other_commit =
                contents.map(|contents| image_check::other_commit(plan, contents));
            let help = format!(
                "let the job that builds it check out the release's commit, {}, which `plan` gives out as `commit`, and build it again",
                plan.wanted.commit
            );
            let subject = format!("{image}, which its builder built as {digest}");
            return of_other_commit
                .into_iter()
                .flatten()
                .map(|mismatch| mismatch.diagnostic(&subject, &help))
                .collect();
        }
        let listed = contents.is_some_and(|contents| contents.listed.contains(&self.digest));
        let help = if listed {
            format!(
                "{} is the image of one platform in the index {digest}: hand over the digest of the index, which is what was pushed under the tag",
                self.digest
            )
        } else {
            format!(
                "another build has pushed to {image} since, or the tag was moved: look who did, build it again for {}, and run this again with the new digest",
                plan.wanted.tag
            )
        };
        let seen = format!("{image} is {digest}");
        let wanted = format!("{}, as {INPUT} says for {}", self.digest, self.key);
        vec![Diagnostic::error(Code::ImageUnexpected, seen, help).wanted(wanted)]
    }
}
