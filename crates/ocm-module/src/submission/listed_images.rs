//! Files with lists of images, in which the images of a release take the places of those of the same repository.

use serde_json::Value;

use crate::oci::ImageName;
use crate::yaml::{self, YamlPath, edit};
use crate::{Diagnostic, FormatCode};

/// A file that lists images.
pub(super) struct ListedImages<'a> {
    /// Its name, for diagnostics.
    name: &'a str,
    read: Value,
    file: Vec<u8>,
    /// Whether it lists any of the images that were to be in it.
    has_any: bool,
}

impl<'a> ListedImages<'a> {
    pub(super) fn read(name: &'a str, existing: &[u8]) -> Result<Self, Diagnostic> {
        let unreadable = |seen: String, position| {
            let help = "see the documentation of the file for an example";
            Diagnostic::error(FormatCode::ConfigUnreadable, seen, help).at(name, position)
        };
        let text = std::str::from_utf8(existing)
            .map_err(|_| unreadable("the file is not UTF-8".to_owned(), None))?;
        let read = yaml::document(text).map_err(|error| {
            unreadable(format!("the file is not YAML: {error}"), error.position)
        })?;
        Ok(Self {
            name,
            read,
            file: existing.to_vec(),
            has_any: false,
        })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.read.get(key).is_some()
    }

    /// Gives a key of the file this value, if it is there.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), Diagnostic> {
        if self.has(key) {
            self.edit(key, value)?;
        }
        Ok(())
    }

    /// Replaces the images that a key lists, if it is there. Images with a tag that moves stay.
    pub(super) fn replace(&mut self, key: &str, images: &[ImageName]) -> Result<(), Diagnostic> {
        let listed = self.read.get(key).and_then(Value::as_array);
        let listed: Vec<_> = listed
            .into_iter()
            .flatten()
            .map(|image| image.as_str().and_then(ImageName::parse))
            .collect();
        for new in images {
            let is_there = listed.iter().flatten().any(|image| image.text == new.text);
            let mut places = (0..).zip(&listed).filter(|(_, image)| {
                let image = image.as_ref();
                image.is_some_and(|image| image.repository() == new.repository() && !moves(image))
            });
            let another = images
                .iter()
                .any(|image| image.repository() == new.repository() && image.text != new.text);
            let places = (places.next(), places.next());
            self.has_any |= is_there || places.0.is_some();
            match places {
                (place, _) if is_there || place.is_none() => {}
                (Some((nth, _)), None) if !another => {
                    let nth: usize = nth;
                    self.edit(&format!("{key}[{nth}]"), &new.text)?;
                }
                _ => {
                    let seen = format!(
                        "{key} lists more than one image that {} could replace",
                        new.text
                    );
                    let help = format!(
                        "change the file by a path with the number of the image that is meant: {key}[0] = {}",
                        new.text
                    );
                    let twice = Diagnostic::error(FormatCode::ScanImageInvalid, seen, help);
                    return Err(twice.at(self.name, None));
                }
            }
        }
        Ok(())
    }

    /// The file, unless none of the images has a place in it: then nobody scans what is released.
    pub(super) fn into_file(self, key: &str, images: &[ImageName]) -> Result<Vec<u8>, Diagnostic> {
        match images.first() {
            Some(first) if !self.has_any => {
                let seen = format!("no image of the release is listed in {key}");
                let help = format!(
                    "list the images of the release there once, with any version, such as {}; from then on, each release replaces them",
                    first.text
                );
                let missing = Diagnostic::error(FormatCode::ScanImagesMissing, seen, help);
                Err(missing.at(self.name, None))
            }
            _ => Ok(self.file),
        }
    }

    fn edit(&mut self, path: &str, value: &str) -> Result<(), Diagnostic> {
        let path: YamlPath = path.parse().map_err(|error| {
            let help = "change the value by hand";
            Diagnostic::error(FormatCode::YamlEditRefused, format!("{error}"), help)
                .at(self.name, None)
        })?;
        let edited = edit(&self.file, &path, value);
        self.file = edited.map_err(|error| error.diagnostic(self.name))?;
        Ok(())
    }
}

/// Whether an image is listed for what is built between releases, such as `latest`.
fn moves(image: &ImageName) -> bool {
    let moving = image.moving();
    moving.is_some_and(|moving| moving.code == FormatCode::ImageTagMoving)
}
