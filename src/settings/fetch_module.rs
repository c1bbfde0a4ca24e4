//! Parses the arguments of `fetch-module`.

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared};
use crate::cli::FetchModuleArgs;
use crate::domain::PinnedImage;
use crate::phases::FetchModule;
use crate::plan::Artifact;

impl PhaseSettings for FetchModuleArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let folder = parser.path("module-dir", self.module_dir.as_ref());
        let given: Option<PinnedImage> = parser.parse("module-image", self.module_image.as_ref());
        let awaited = parser.artifacts(&self.artifacts);
        let plan = parser.plan(&self.plan, &self.common)?;
        let image = given.or_else(|| match awaited?.0.remove("module-image") {
            Some(Artifact::Image { image, .. }) => Some(image),
            _ => None,
        });
        let Some(image) = image else {
            parser.missing(
                "artifacts",
                "pass the output of the phase `await` (artifacts: ${{ needs.await.outputs.artifacts }}), which has a module \
                 image if the plan has one; or give one by digest as `module-image`",
            );
            return None;
        };
        Some(Prepared::planned(plan, |plan| {
            FetchModule::new(plan, image, folder.unwrap_or_else(|| "module".into()))
        }))
    }
}
