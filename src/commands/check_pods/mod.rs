//! `check-pods`: whether the pods of a cluster run the images that were awaited.
//!
//! A tag may have been moved, or a node may have another image under it: images are compared by the digest that the node reports.

mod pods;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::commands::CommandReport;
use crate::domain::{Code, Diagnostic, PinnedImage};
use crate::plan::{Artifact, Artifacts, MODULE_IMAGE, SECOND_MODULE_IMAGE};
use pods::{Container, repository};

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
    /// Compares every container with the images of the release. Containers of other images are ignored.
    ///
    /// # Errors
    ///
    /// Lists every container that runs other bytes of one of the images or has none yet, and the binary image if no container
    /// runs it.
    pub fn check(&self, pods: &Pods) -> Result<CommandReport, Vec<Diagnostic>> {
        let images = self.images();
        let mut report = CommandReport::default();
        let mut findings = Vec::new();
        let mut running = Vec::new();
        for container in pods.containers() {
            match judge(&container, &images) {
                Judgement::Runs(image) => {
                    running.push(image.digest);
                    report = report.line(format!("{container} runs {image}"));
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

/// The result for one container.
enum Judgement<'a> {
    /// It runs this image.
    Runs(&'a PinnedImage),
    Refused(Diagnostic),
    /// It has an image that the release does not name.
    Unrelated,
}

fn judge<'a>(container: &Container<'_>, images: &[(&str, &'a PinnedImage)]) -> Judgement<'a> {
    let digest = container.digest();
    let runs = |(_, image): &&(&str, &PinnedImage)| image.digest.to_string() == digest;
    if let Some((_, image)) = images.iter().find(runs) {
        return Judgement::Runs(image);
    }
    let named = container.images().map(repository).collect::<Vec<_>>();
    let ours = |(_, image): &&(&str, &PinnedImage)| {
        let wanted = image.repository.to_string();
        named.iter().any(|seen| *seen == wanted)
    };
    // Several images may share a repository; any of them would have done.
    let awaited: Vec<String> = images
        .iter()
        .filter(ours)
        .map(|(_, image)| image.to_string())
        .collect();
    match (awaited.as_slice(), container.image_id) {
        ([], _) => Judgement::Unrelated,
        (_, "") => Judgement::Refused(
            Diagnostic::error(
                Code::PodNotStarted,
                format!("{container} has not started, so that its image has no digest yet"),
                format!("wait until it runs, and compare again: {}", container.describe()),
            )
            .wanted(awaited.join(" or ")),
        ),
        (_, other) => Judgement::Refused(
            Diagnostic::error(
                Code::PodImageDiffers,
                format!("{container} runs {other}"),
                format!(
                    "find out where this image comes from: a tag that was moved, a mirror, or a manifest that names another tag ({})",
                    container.describe()
                ),
            )
            .wanted(awaited.join(" or ")),
        ),
    }
}

fn not_running(image: &PinnedImage) -> Diagnostic {
    Diagnostic::error(
        Code::ImageNotRunning,
        format!("no pod runs {image}"),
        "look whether the module's manifest names the release's image, and whether its deployment was rolled out: kubectl get pods --all-namespaces -o wide",
    )
}
