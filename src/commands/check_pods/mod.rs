//! `check-pods`: whether the pods of a cluster run the images that were awaited.
//!
//! A tag may have been moved, or a node may have another image under it: images are compared by the digest that the node reports.

mod pods;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::commands::CommandReport;
use crate::domain::{Code, Diagnostic, PinnedImage};
use crate::plan::{Artifact, Artifacts, MODULE_IMAGE, SECOND_MODULE_IMAGE};
use pods::{PodImage, Purpose, repository};

pub use pods::{LARGEST, Pods};

/// The image that at least one pod must run.
const BINARY_IMAGE: &str = "binary-image";
/// Artifacts for Lifecycle Manager, which no pod runs.
const MODULE_IMAGES: [&str; 2] = [MODULE_IMAGE, SECOND_MODULE_IMAGE];

/// What `check-pods` was asked for.
pub struct CheckPods {
    pub artifacts: Artifacts,
    /// A file with the pods; standard input where there is none.
    pub pods: Option<PathBuf>,
}

impl CheckPods {
    /// Compares every container and every image volume with the images of the release. Other images are ignored, and so are
    /// pods that are being deleted.
    ///
    /// # Errors
    ///
    /// Lists every container that runs other bytes of one of the images or has none yet, every volume whose image is not known,
    /// and the binary image if no container runs it.
    pub fn check(&self, pods: &Pods) -> Result<CommandReport, Vec<Diagnostic>> {
        let images = self.images();
        let mut report = CommandReport::default();
        let mut findings = Vec::new();
        let mut running = Vec::new();
        for used in pods.images() {
            match judge(&used, &images) {
                Judgement::Runs(image) => {
                    if used.purpose == Purpose::Container {
                        running.push(image.digest);
                    }
                    report = report.line(format!("{used} runs {image}"));
                }
                Judgement::Refused(finding) => findings.push(finding),
                Judgement::Unrelated => {}
            }
        }
        let idle = images
            .iter()
            .filter(|(name, image)| *name == BINARY_IMAGE && !running.contains(&image.digest));
        findings.extend(idle.map(|(_, image)| not_running(image)));
        if !findings.is_empty() {
            return Err(findings);
        }
        if images.is_empty() {
            report = report.line("the release has no image that a pod could run");
        }
        Ok(report)
    }

    fn images(&self) -> Vec<(&str, &PinnedImage)> {
        let images = self.artifacts.0.iter();
        images
            .filter_map(|(name, artifact)| match artifact {
                Artifact::Image { image, .. } if !MODULE_IMAGES.contains(&name.as_str()) => {
                    Some((name.as_str(), image))
                }
                _ => None,
            })
            .collect()
    }
}

/// The result for one image of a pod.
enum Judgement<'a> {
    /// It runs this image.
    Runs(&'a PinnedImage),
    Refused(Diagnostic),
    /// It has an image that the release does not name.
    Unrelated,
}

/// What a container is to run is in its pod's specification, and what it runs is in the node's `imageID`.
///
/// A node that has the same content under several names reports the first of them in the order of the alphabet, whichever it was
/// pulled by (seen with containerd 1.6 and Kubernetes 1.34 and 1.36). So where `imageID` names another repository, a digest in the
/// specification decides: by a digest, no node starts other content.
fn judge<'a>(used: &PodImage<'_>, images: &[(&str, &'a PinnedImage)]) -> Judgement<'a> {
    let of_digest = |digest: &str| {
        let images = images.iter().map(|(_, image)| *image);
        images
            .into_iter()
            .find(|image| image.digest.to_string() == digest)
    };
    if let Some(image) = of_digest(used.digest()) {
        return Judgement::Runs(image);
    }
    if used.purpose == Purpose::Container
        && used.is_reported_by_another_name()
        && let Some(image) = used.wanted_digest().and_then(of_digest)
    {
        return Judgement::Runs(image);
    }
    let wanted = repository(used.wanted);
    let ours =
        |(_, image): &&(&str, &PinnedImage)| repository(&image.repository.to_string()) == wanted;
    // Several images may share a repository; any of them would have done.
    let awaited: Vec<String> = images
        .iter()
        .filter(ours)
        .map(|(_, image)| image.to_string())
        .collect();
    if awaited.is_empty() || used.image_id.is_empty() && used.has_ended() {
        return Judgement::Unrelated;
    }
    let refused = match (used.image_id, used.purpose, used.wanted_digest()) {
        ("", Purpose::Container, _) => not_started(used),
        // Most nodes do not say which image a volume has; one that is named by digest has no other.
        ("", Purpose::Volume, Some(digest)) => match of_digest(digest) {
            Some(image) => return Judgement::Runs(image),
            None => differs(used, used.wanted),
        },
        ("", Purpose::Volume, None) => volume_unknown(used),
        (other, ..) => differs(used, other),
    };
    Judgement::Refused(refused.wanted(awaited.join(" or ")))
}

fn not_started(used: &PodImage<'_>) -> Diagnostic {
    Diagnostic::error(
        Code::PodNotStarted,
        format!("{used} has not started, so that its image has no digest yet"),
        format!("wait until it runs, and compare again: {}", used.describe()),
    )
}

fn volume_unknown(used: &PodImage<'_>) -> Diagnostic {
    Diagnostic::error(
        Code::PodVolumeUnknown,
        format!(
            "{used} names {} by tag, and the node does not report its digest",
            used.wanted
        ),
        "name it by digest in the manifest, as `pin-images: true` of the phase `build-module` does",
    )
}

fn differs(used: &PodImage<'_>, other: &str) -> Diagnostic {
    let describe = used.describe();
    let another_name = if used.is_reported_by_another_name() {
        "; if the node has this content under both names, name the image by digest in the manifest, as `pin-images: true` of the phase `build-module` does"
    } else {
        ""
    };
    Diagnostic::error(
        Code::PodImageDiffers,
        format!("{used} runs {other}"),
        format!(
            "find out where this image comes from: a tag that was moved, a mirror, or a manifest that names another tag ({describe}){another_name}"
        ),
    )
}

fn not_running(image: &PinnedImage) -> Diagnostic {
    Diagnostic::error(
        Code::ImageNotRunning,
        format!("no pod runs {image}"),
        "look whether the module's manifest names the release's image, and whether its deployment was rolled out: kubectl get pods --all-namespaces -o wide",
    )
}
