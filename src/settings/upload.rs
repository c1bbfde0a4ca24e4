//! Parses the arguments of `upload`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared, lines};
use crate::cli::UploadArgs;
use crate::domain::AssetName;
use crate::phases::Upload;

impl PhaseSettings for UploadArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let files = files(parser, &self.files);
        if self.files.is_empty() {
            parser.missing("files", "name the files to upload, one per line");
        }
        let plan = parser.plan(&self.plan, &self.common)?;
        Some(Prepared::planned(plan, |plan| Upload::new(plan, files)))
    }
}

/// Each line is a path, or `path=name`.
pub(super) fn files(
    parser: &mut InputParser<'_>,
    given: &[String],
) -> BTreeMap<AssetName, PathBuf> {
    let mut files = BTreeMap::new();
    for line in lines(given) {
        let (path, name) = match line.rsplit_once('=') {
            Some((path, name)) => (path, name),
            None => (line, line.rsplit('/').next().unwrap_or(line)),
        };
        if let Some(name) = parser.take("files", name.parse()) {
            files.insert(name, PathBuf::from(path));
        }
    }
    files
}
