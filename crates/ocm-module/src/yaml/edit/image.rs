//! The tag within an image's name.

use super::error::{EditError, EditRefusal};
use crate::diagnostic::shortened;
use crate::values::{Digest, ImageTag};

/// The image with another tag, or with another tag and digest where `new` is `tag@sha256:…`.
pub(super) fn with_tag(image: &str, new: &str) -> Result<String, EditError> {
    let refuse = |seen: String, help: &str| EditError::new(EditRefusal::Image, seen, help);
    let (tag, digest) = halves(new);
    let is_pinned = digest.is_some();
    if tag.parse::<ImageTag>().is_err()
        || digest.is_some_and(|text| text.parse::<Digest>().is_err())
    {
        let seen = format!("{:?} is no image tag", shortened(new));
        return Err(refuse(
            seen,
            "write a tag such as 1.2.0, or 1.2.0@sha256: and the digest",
        ));
    }
    let (name, old_digest) = halves(image);
    let (repository, old_tag) = match name.rsplit_once(':') {
        // The colon of a port has the path behind it.
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => ("", ""),
    };
    let is_image = !repository.is_empty()
        && !repository.contains(char::is_whitespace)
        && old_tag.parse::<ImageTag>().is_ok()
        && old_digest.is_none_or(|text| text.parse::<Digest>().is_ok());
    if !is_image {
        let seen = format!("{:?} is no image with a tag", shortened(image));
        return Err(refuse(
            seen,
            "leave :tag out of the path to replace the whole value",
        ));
    }
    if old_digest.is_some() && !is_pinned && tag != old_tag {
        return Err(EditError::new(
            EditRefusal::DigestKept,
            format!(
                "{} has a digest, which would be that of the old tag",
                shortened(image)
            ),
            format!("give the new digest too: {tag}@sha256: and the digest"),
        ));
    }
    if tag == old_tag && !is_pinned {
        return Ok(image.to_owned());
    }
    Ok(format!("{repository}:{new}"))
}

fn halves(text: &str) -> (&str, Option<&str>) {
    match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    }
}
