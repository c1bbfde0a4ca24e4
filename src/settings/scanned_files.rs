//! The files of the security scanners, in which a bump sets the images of the release.

use ocm_module::oci::ImageName;

use super::input_parser::InputParser;
use super::lines;
use super::proposed_release::ProposedRelease;
use crate::cli::ScannedFilesInput;
use crate::domain::{Code, ImageRef, RepositoryPath};
use crate::phases::{LocalChange, ScannedFile, ScannedFormat};
use crate::plan::{ImageInputs, Names};

impl ScannedFilesInput {
    /// Each input, and whether it is given.
    pub(super) fn given(&self) -> [(&'static str, bool); 4] {
        [
            ("security-config", self.security_config.is_some()),
            ("component-config", self.component_config.is_some()),
            ("binary-image", self.binary_image.is_some()),
            ("extra-images", lines(&self.extra_images).next().is_some()),
        ]
    }

    fn has_files(&self) -> bool {
        self.security_config.is_some() || self.component_config.is_some()
    }
}

/// The files, each once, with the images that were typed or that the plan names.
pub(super) fn scanned_files(
    parser: &mut InputParser<'_>,
    input: &ScannedFilesInput,
    release: &ProposedRelease,
    files: &[LocalChange],
) -> Vec<ScannedFile> {
    let images = images(parser, input, release);
    let mut scanned: Vec<ScannedFile> = Vec::new();
    for (format, path) in [
        (ScannedFormat::SecurityConfig, &input.security_config),
        (ScannedFormat::ComponentConfig, &input.component_config),
    ] {
        let path: Option<RepositoryPath> = parser.parse(format.input(), path.as_ref());
        let Some(path) = path else { continue };
        let another = scanned.iter().find(|file| file.path == path);
        let another = another.map(|file| file.format.input());
        let is_written = files.iter().any(|file| file.to == path);
        if let Some(another) = another.or(is_written.then_some("files")) {
            parser.refuse(
                Code::InputsExclusive,
                format!("{} and {another} both name {path}", format.input()),
                "name each file once",
            );
            continue;
        }
        scanned.push(ScannedFile {
            path,
            format,
            tag: release.tag.clone(),
            images: images.clone(),
        });
    }
    scanned
}

fn images(
    parser: &mut InputParser<'_>,
    input: &ScannedFilesInput,
    release: &ProposedRelease,
) -> Vec<ImageName> {
    let typed = ImageInputs {
        binary: input.binary_image.clone(),
        extra: lines(&input.extra_images).map(str::to_owned).collect(),
        ..ImageInputs::default()
    };
    let is_typed = typed.binary.is_some() || !typed.extra.is_empty();
    match (input.has_files(), is_typed, release.images.is_empty()) {
        (false, true, _) => {
            let help = "a bump sets `binary-image` and `extra-images` in a file of the security scanners: name it here or in `security-config`, or leave the images out";
            parser.missing("component-config", help);
        }
        (true, true, false) => {
            parser.refuse(
                Code::InputsExclusive,
                "images are given, and the plan names those of the release".into(),
                "leave `binary-image` and `extra-images` out, or leave `plan` out",
            );
        }
        (true, false, true) => {
            let help = "name the images that are set in the file: the manager's here, and further ones in `extra-images`";
            parser.missing("binary-image", help);
        }
        _ => {}
    }
    let names = Names {
        tag: &release.tag,
        version: &release.version,
    };
    let typed = typed.named(names, &mut parser.findings);
    let typed = typed.binary.into_iter().chain(typed.extra);
    let all: Vec<ImageRef> = typed.chain(release.images.iter().cloned()).collect();
    let images = all
        .iter()
        .filter_map(|image| ImageName::parse(&image.to_string()));
    images.collect()
}
