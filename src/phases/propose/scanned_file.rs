//! The files of the security scanners, in which a bump sets what is released.

use bytes::Bytes;
use ocm_module::oci::ImageName;
use ocm_module::submission::{component_config, scanners_config};

use crate::domain::{Code, Diagnostic, RepositoryPath, Tag};

/// A file of the repository, and the images of the release, which take the places of those of the same repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedFile {
    pub path: RepositoryPath,
    pub format: ScannedFormat,
    pub tag: Tag,
    pub images: Vec<ImageName>,
}

/// Which of the two files it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScannedFormat {
    /// `sec-scanners-config.yaml`, which has the tag as well.
    SecurityConfig,
    /// `component-config.yaml`.
    ComponentConfig,
}

impl ScannedFormat {
    /// The input that names the file.
    pub fn input(self) -> &'static str {
        match self {
            Self::SecurityConfig => "security-config",
            Self::ComponentConfig => "component-config",
        }
    }
}

impl ScannedFile {
    /// The bytes that it makes of those before it. A new file would need what no release knows, such as the team.
    ///
    /// # Errors
    ///
    /// If there is no file, if it is not YAML, or if it lists none of the images.
    pub fn apply(&self, before: Option<&Bytes>) -> Result<Bytes, Diagnostic> {
        let path = self.path.as_str();
        let before = before.ok_or_else(|| self.not_there())?;
        let made = match self.format {
            ScannedFormat::SecurityConfig => {
                scanners_config(path, before, self.tag.as_str(), &self.images)
            }
            ScannedFormat::ComponentConfig => component_config(path, before, &self.images),
        };
        let made = made.map_err(ocm_module::Diagnostic::with_code)?;
        Ok(made.into())
    }

    /// All that makes it another change, for the digest.
    pub(super) fn parts(&self) -> Vec<Vec<u8>> {
        let own = [
            self.format.input(),
            self.path.as_str(),
            // The other file does not have it.
            match self.format {
                ScannedFormat::SecurityConfig => self.tag.as_str(),
                ScannedFormat::ComponentConfig => "",
            },
        ];
        let images = self.images.iter().map(|image| image.text.as_str());
        let parts = own.into_iter().chain(images);
        parts.map(|part| part.as_bytes().to_vec()).collect()
    }

    fn not_there(&self) -> Diagnostic {
        let (path, input) = (&self.path, self.format.input());
        Diagnostic::error(
            Code::FileMissing,
            format!("{path} is not there, and `{input}` sets the images of the release in it"),
            format!(
                "correct the path, or commit {path} once with the module's name and its images; each release sets their versions"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(format: ScannedFormat, before: Option<&str>) -> Result<String, String> {
        let images = [
            "r.example/prod/btp-manager:v1.3.0",
            "r.example/prod/probe:v1.3.0",
        ];
        let file = ScannedFile {
            path: "scanned.yaml".parse().unwrap(),
            format,
            tag: "v1.3.0".parse().unwrap(),
            images: images.map(|text| ImageName::parse(text).unwrap()).into(),
        };
        let before = before.map(|text| Bytes::copy_from_slice(text.as_bytes()));
        let made = file.apply(before.as_ref());
        let made = made.map_err(|finding| finding.code.to_string())?;
        Ok(String::from_utf8(made.to_vec()).unwrap())
    }

    #[test]
    fn file_has_the_images_of_the_release_and_stays_as_it_is() {
        let component = "name: n\nteam: t\nimages:\n- r.example/prod/btp-manager:v1.2.9 # ours\n- r.example/prod/external/controller:v0.11.6\n- r.example/prod/probe:v1.2.9\n";
        let security =
            "module-name: n\nrc-tag: v1.2.9\nbdba:\n  - r.example/prod/btp-manager:v1.2.9\n";
        let missing = || Err("file-missing".to_owned());
        let unlisted = || Err("scan-images-missing".to_owned());
        for (format, before, after) in [
            (
                ScannedFormat::ComponentConfig,
                Some(component),
                Ok(component.replace("v1.2.9", "v1.3.0")),
            ),
            (
                ScannedFormat::SecurityConfig,
                Some(security),
                Ok(security.replace("v1.2.9", "v1.3.0")),
            ),
            (ScannedFormat::ComponentConfig, Some(security), unlisted()),
            (ScannedFormat::SecurityConfig, Some(component), unlisted()),
            (ScannedFormat::ComponentConfig, None, missing()),
            (ScannedFormat::SecurityConfig, None, missing()),
        ] {
            assert_eq!(applied(format, before), after, "{format:?}");
        }
    }
}
